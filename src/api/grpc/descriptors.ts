// The services and messages of `proto/`, as the codecs and the reflection service take them.

import {
  create,
  createFileRegistry,
  fromBinary,
  toBinary,
  type FileRegistry,
} from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type DescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import { join } from 'node:path';

/** Beside `src` and beside `dist`. */
const PROTO_DIR = join(__dirname, '../../../proto');

const FILES = ['lf/a2a/v1/a2a.proto', 'a2a/v1/a2a.proto', 'google/rpc/status.proto', healthProto];

/** The loader knows no `json_name`; these are the ones that differ from the field's own name. */
const JSON_NAMES: Readonly<Record<string, string>> = {
  'a2a.v1.SendMessageRequest.request': 'message',
  'a2a.v1.SendMessageResponse.msg': 'message',
  'a2a.v1.StreamResponse.msg': 'message',
  'a2a.v1.TaskStatus.update': 'message',
};

export interface Descriptors {
  readonly registry: FileRegistry;
  /** Every file by itself, encoded. */
  readonly files: readonly Buffer[];
}

/** @throws Error when a file of `proto/` is missing or wrong. */
export function loadDescriptors(): Descriptors {
  const definitions = Object.values(loadSync(FILES, { includeDirs: [PROTO_DIR], keepCase: true }));
  const [encoded = []] = definitions.flatMap((definition) =>
    Array.isArray(definition.fileDescriptorProtos) ? [definition.fileDescriptorProtos] : [],
  );
  const files = encoded.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  complete(files);
  return {
    registry: createFileRegistry(create(FileDescriptorSetSchema, { file: files })),
    files: files.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file))),
  };
}

/**
 * The loader leaves out which file imports which, and names types as the source does. Readers of
 * descriptors need full names, and files in the order of their imports.
 */
function complete(files: FileDescriptorProto[]): void {
  for (const message of files.flatMap((file) => file.messageType)) renameEntries(message);
  const homes = new Map(files.flatMap((file) => typesIn(file).map((type) => [type, file])));
  for (const file of files) {
    const imports = new Set<string>();
    const resolve = (name: string, scope: string): string => {
      const full = candidates(name, scope).find((type) => homes.has(type)) ?? name;
      const home = homes.get(full);
      if (home !== undefined && home !== file) imports.add(home.name);
      return `.${full}`;
    };
    for (const message of file.messageType) qualify(message, file.package, resolve);
    for (const method of file.service.flatMap((service) => service.method)) {
      method.inputType = resolve(method.inputType, file.package);
      method.outputType = resolve(method.outputType, file.package);
    }
    file.dependency = [...imports];
  }
  const rank = ({ dependency }: FileDescriptorProto): number => dependency.length;
  files.sort((a, b) => rank(a) - rank(b));
}

/** `map<…> some_names` has entries of the type `SomeNamesEntry`. */
function renameEntries(message: DescriptorProto): void {
  for (const field of message.field) {
    const named = message.nestedType.find(({ name }) => name === field.typeName);
    if (named?.options?.mapEntry !== true) continue;
    const [first = '', ...rest] = camelCased(field.name);
    named.name = `${first.toUpperCase()}${rest.join('')}Entry`;
    field.typeName = named.name;
  }
}

type Resolve = (name: string, scope: string) => string;

function qualify(message: DescriptorProto, outer: string, resolve: Resolve): void {
  const scope = `${outer}.${message.name}`;
  for (const field of message.field) {
    field.jsonName = JSON_NAMES[`${scope}.${field.name}`] ?? camelCased(field.name);
    // A oneof of that name stands for `optional`, which the loader does not pass on.
    field.proto3Optional = message.oneofDecl[field.oneofIndex]?.name === `_${field.name}`;
    if (field.typeName !== '') field.typeName = resolve(field.typeName, scope);
  }
  for (const nested of message.nestedType) qualify(nested, scope, resolve);
}

function camelCased(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

/** The innermost scope first, as the language has it. */
function candidates(name: string, scope: string): readonly string[] {
  if (name.startsWith('.')) return [name.slice(1)];
  const segments = scope.split('.');
  const scopes = segments.map((_segment, i) => segments.slice(0, segments.length - i).join('.'));
  return [...scopes.map((within) => `${within}.${name}`), name];
}

function typesIn(file: FileDescriptorProto): readonly string[] {
  const enums = file.enumType.map(({ name }) => `${file.package}.${name}`);
  return [...enums, ...file.messageType.flatMap((message) => messagesIn(message, file.package))];
}

function messagesIn(message: DescriptorProto, outer: string): readonly string[] {
  const name = `${outer}.${message.name}`;
  const enums = message.enumType.map((inner) => `${name}.${inner.name}`);
  return [name, ...enums, ...message.nestedType.flatMap((nested) => messagesIn(nested, name))];
}
