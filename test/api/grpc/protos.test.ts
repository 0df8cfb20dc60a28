// `proto/` and the SDK's codecs mean the same: what one writes, the other reads.

import { LegacyA2AService } from '@a2a-js/sdk/compat/v0_3/server/grpc';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import {
  ScalarType,
  type DescField,
  type DescMessage,
  type DescMethod,
  type JsonObject,
  type JsonValue,
} from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { Codec } from '../../../src/api/grpc/codec';
import { loadDescriptors } from '../../../src/api/grpc/descriptors';

const { registry } = loadDescriptors();
const codec = new Codec(registry);

/** Of the most members that a `oneof` has; each is sampled once. */
const VARIANTS = 6;

const WELL_KNOWN: Readonly<Record<string, JsonValue>> = {
  'google.protobuf.Struct': { key: [1.5, 'text', true, { inner: {} }, []] },
  'google.protobuf.Value': ['in a list', 2, { more: false }],
  'google.protobuf.Timestamp': '2026-01-02T03:04:05.678Z',
};

/** What the SDK's codec of 0.3 does not have; of parts we mend it, and our card has no icon. */
const NOT_IN_THE_SDK: readonly string[] = [
  ...['a2a.v1.Part.metadata', 'a2a.v1.FilePart.name'],
  'a2a.v1.AgentCard.icon_url',
];

/** A message with something in every field, and in the member of each `oneof` of that number. */
function sample(message: DescMessage, variant: number): JsonValue {
  const wellKnown = WELL_KNOWN[message.typeName];
  if (wellKnown !== undefined) return wellKnown;
  const fields = message.fields.filter(({ oneof, name }) => {
    if (NOT_IN_THE_SDK.includes(`${message.typeName}.${name}`)) return false;
    if (oneof === undefined || oneof.fields.length === 1) return true;
    return oneof.fields[variant % oneof.fields.length]!.name === name;
  });
  return Object.fromEntries(fields.map((field) => [field.jsonName, valueOf(field, variant)]));
}

function valueOf(field: DescField, variant: number): JsonValue {
  const one = (): JsonValue => {
    if (field.message !== undefined) return sample(field.message, variant);
    if (field.enum !== undefined) return field.enum.values.at(-1)!.name;
    if (field.scalar === ScalarType.STRING) return `${field.name} ✓`;
    if (field.scalar === ScalarType.BYTES) return Buffer.from(field.name).toString('base64');
    return field.scalar === ScalarType.BOOL ? true : field.number + 100;
  };
  switch (field.fieldKind) {
    case 'list':
      return [one(), one()];
    case 'map':
      return { some: one(), other: one() };
    case 'scalar':
    case 'enum':
    case 'message':
      return one();
  }
}

interface Row {
  readonly path: string;
  readonly method: DescMethod;
  readonly sdk: MethodDefinition<unknown, unknown>;
}

function rows(service: string, definition: object): readonly Row[] {
  const methods = Object.values(definition as ServiceDefinition);
  return registry.getService(service)!.methods.map((method) => {
    const path = `/${service}/${method.name}`;
    return { path, method, sdk: methods.find((m) => m.path === path)! };
  });
}

const ROWS = [
  ...rows('lf.a2a.v1.A2AService', A2AService),
  ...rows('a2a.v1.A2AService', LegacyA2AService),
];
const TABLE = ROWS.flatMap((row) =>
  Array.from({ length: VARIANTS }, (_, variant) => ({ ...row, variant })),
);

test('every method of the SDK is in proto/', () => {
  const paths = [A2AService, LegacyA2AService].flatMap((service) =>
    Object.values(service as ServiceDefinition).map(({ path }) => path),
  );
  expect(ROWS.map(({ path }) => path).sort()).toEqual(paths.sort());
});

describe.each(TABLE)('$path, variant $variant', ({ method, sdk, variant }) => {
  test('streams as the SDK has it', () => {
    expect(method.methodKind === 'server_streaming').toBe(sdk.responseStream);
  });

  test('its request goes through the SDK unchanged', () => {
    const given = sample(method.input, variant);
    const read = sdk.requestDeserialize(codec.toBytes(method.input, given));
    expect(codec.toJson(method.input, sdk.requestSerialize(read))).toEqual(given);
  });

  test('its answer goes through the SDK unchanged', () => {
    const given = sample(method.output, variant) as JsonObject;
    const read = sdk.responseDeserialize(codec.toBytes(method.output, given));
    expect(codec.toJson(method.output, sdk.responseSerialize(read))).toEqual(given);
  });
});
