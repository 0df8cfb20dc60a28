// Between the bytes of a message and its ProtoJSON, by the descriptors of `proto/`.

import {
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type DescMessage,
  type FileRegistry,
  type JsonValue,
} from '@bufbuild/protobuf';
import { FaultError } from '../wire/error-table';
import { scanRequest, shapeOf, type Shape } from './scan';

/**
 * A level of JSON takes up to three messages here (entry, `Value`, `Struct`), and there are 64 of
 * them in a request. The library's own limit is 100.
 */
const RECURSION = { recursionLimit: 256 };

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
   * The ProtoJSON of what a client sent; its bytes are sound for any other decoder then.
   * @throws FaultError `invalidRequest`, or `invalidParams` for a value that JSON cannot say.
   */
  readRequest(message: DescMessage, bytes: Buffer): JsonValue {
    scanRequest(bytes, shapeOf(message, this.shapes));
    try {
      return toJson(message, fromBinary(message, bytes, RECURSION));
    } catch {
      // NaN, or a time outside the years that RFC 3339 has.
      throw new FaultError('invalidParams', 'a number or time is none that JSON can say');
    }
  }

  toJson(message: DescMessage, bytes: Uint8Array): JsonValue {
    return toJson(message, fromBinary(message, bytes, RECURSION));
  }

  /** `Any` may hold every message of `proto/`. */
  toBytes(message: DescMessage, json: JsonValue): Buffer {
    const { registry } = this;
    return Buffer.from(toBinary(message, fromJson(message, json, { registry })));
  }
}
