// Between the bytes of a message and its ProtoJSON, by the descriptors of `proto/`.

import {
  ScalarType,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type FileRegistry,
  type JsonValue,
} from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { FaultError } from '../wire/error-table';
import { scanRequest } from './scan';
import { shapeOf, type Shape } from './shape';

const READING = {
  /**
   * A level of JSON takes up to three messages here (entry, `Value`, `Struct`), and there are 64 of
   * them in a request. The library's own limit is 100.
   */
  recursionLimit: 256,
  /** Of two bytes each in a request, and of more than a hundred here. */
  readUnknownFields: false,
};

const NO_BYTES = new Uint8Array();

export class Codec {
  private readonly registry: FileRegistry;
  private readonly shapes = new Map<string, Shape>();

  constructor(registry: FileRegistry) {
    this.registry = registry;
  }

  /** @throws Error for a name that no file of `proto/` has. */
  message(typeName: string): DescMessage {
    const message = this.registry.getMessage(typeName);
    if (message === undefined) throw new Error(`there is no message ${typeName} in proto/`);
    return message;
  }

  /**
   * The ProtoJSON of what a client sent, with the content of files left out: it is to be checked,
   * not kept. The bytes are sound for any other decoder then.
   * @throws FaultError `invalidRequest`, or `invalidParams` for a value that JSON cannot say.
   */
  readRequest(message: DescMessage, bytes: Buffer): JsonValue {
    scanRequest(bytes, shapeOf(message, this.shapes));
    try {
      const read = fromBinary(message, bytes, READING);
      replaceBytes(reflect(message, read), () => NO_BYTES);
      return toJson(message, read);
    } catch {
      // NaN, or a time outside the years that RFC 3339 has.
      throw new FaultError('invalidParams', 'a number or time is none that JSON can say');
    }
  }

  /** The message with its ProtoJSON changed; the content of files stays and is not part of that. */
  changed(message: DescMessage, bytes: Uint8Array, change: (json: JsonValue) => JsonValue): Buffer {
    const kept: Uint8Array[] = [];
    const read = fromBinary(message, bytes, READING);
    // The library's base64 takes half a second for 2 MiB.
    replaceBytes(reflect(message, read), (content) => {
      kept.push(content);
      return NO_BYTES;
    });
    const made = fromJson(message, change(toJson(message, read)));
    replaceBytes(reflect(message, made), () => kept.shift() ?? NO_BYTES);
    return Buffer.from(toBinary(message, made));
  }

  toJson(message: DescMessage, bytes: Uint8Array): JsonValue {
    return toJson(message, fromBinary(message, bytes, READING));
  }

  /** `Any` may hold every message of `proto/`. */
  toBytes(message: DescMessage, json: JsonValue): Buffer {
    const { registry } = this;
    return Buffer.from(toBinary(message, fromJson(message, json, { registry })));
  }
}

/** In the order of the fields; the messages of google.protobuf have none of interest. */
function replaceBytes(message: ReflectMessage, by: (bytes: Uint8Array) => Uint8Array): void {
  if (message.desc.file.proto.package === 'google.protobuf') return;
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === 'message') replaceBytes(message.get(field), by);
    else if (field.fieldKind === 'list' && field.listKind === 'message') {
      for (const item of message.get(field)) replaceBytes(item as ReflectMessage, by);
    } else if (field.fieldKind === 'scalar' && field.scalar === ScalarType.BYTES) {
      message.set(field, by(message.get(field)));
    }
  }
}
