// The size of a part as it is counted, beside that of the message that it becomes.

import { fromJson, toBinary, type JsonValue } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { partSize } from '../../../src/api/grpc/part-size';
import type { Json } from '../../../src/workflows/task';

const NOTHING = partSize({ data: null }) - 2;

test('data takes what it takes as google.protobuf.Value, to the byte', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (data) => {
      const bytes = toBinary(ValueSchema, fromJson(ValueSchema, data as JsonValue)).length;
      expect(partSize({ data: data as Json }) - NOTHING).toBe(bytes);
    }),
    { numRuns: 1_000 },
  );
});

test('a million numbers are counted at eleven bytes each', () => {
  const data = Array.from({ length: 1_000_000 }, (_, i) => i % 10);
  expect(partSize({ data })).toBeGreaterThan(11_000_000);
});
