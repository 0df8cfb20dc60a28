// What is refused of the bytes of a request before anything decodes them.

import { A2AService } from '@a2a-js/sdk/server/grpc';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { Codec } from '../../../src/api/grpc/codec';
import { loadDescriptors } from '../../../src/api/grpc/descriptors';
import { FaultError } from '../../../src/api/wire/error-table';
import { nestedLists } from '../../harness/nested-lists';

const codec = new Codec(loadDescriptors().registry);
const request = codec.message('lf.a2a.v1.SendMessageRequest');

const read = (bytes: Uint8Array): unknown => codec.readRequest(request, Buffer.from(bytes));

const good = { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hello' }] } };

/** What lies in `metadata`, field 4, of the request. */
const withMetadata = (metadata: Uint8Array): Uint8Array =>
  new BinaryWriter().tag(4, WireType.LengthDelimited).bytes(metadata).finish();

const entry = (key: string, value: Uint8Array): Uint8Array =>
  new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .bytes(
      new BinaryWriter()
        .tag(1, WireType.LengthDelimited)
        .string(key)
        .tag(2, WireType.LengthDelimited)
        .bytes(value)
        .finish(),
    )
    .finish();

describe('the depth of a request', () => {
  // The request and its metadata are levels too.
  test('of 64 levels is read', () => {
    expect(read(withMetadata(nestedLists(62)))).toHaveProperty('metadata.deep');
  });

  test.each([63, 1_000, 1_000_000])('of 2 and %i levels is refused', (levels) => {
    expect(() => read(withMetadata(nestedLists(levels)))).toThrow(/nested deeper than 64/);
  });

  test('is that of each branch, not of all together', () => {
    const branches = Array.from({ length: 50 }, () => nestedLists(40));
    expect(() => read(withMetadata(Buffer.concat(branches)))).not.toThrow();
  });
});

test('more values than fit a body as numbers are refused before they are made', () => {
  const empty = Buffer.from([0x0a, 0]);
  const list = Buffer.alloc(1_000_001 * empty.length, empty);
  const value = new BinaryWriter().tag(6, WireType.LengthDelimited).bytes(list).finish();
  expect(() => read(withMetadata(entry('key', value)))).toThrow(/more than 1000000 values/);
});

describe('what takes little to send and much to hold is refused before it is made', () => {
  const bytes = codec.toBytes(request, good);

  /** `count` times the same field behind a good request. */
  const followedBy = (count: number, field: Uint8Array): Uint8Array =>
    Buffer.concat([bytes, Buffer.alloc(count * field.length, field)]);

  test('fields that nobody knows, two bytes each', () => {
    const unknown = Buffer.from([15 * 8, 0]);
    expect(() => read(followedBy(5_200_000, unknown))).toThrow(/more than 2100000 fields/);
  });

  test('such fields are not kept', () => {
    const unknown = Buffer.from([15 * 8, 0]);
    const before = process.memoryUsage().heapUsed;
    expect(read(followedBy(2_000_000, unknown))).toEqual(good);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
  });

  test('names', () => {
    const entries = (count: number): Uint8Array =>
      Buffer.concat(
        Array.from({ length: count }, (_, i) => entry(i.toString(36), Buffer.from([8, 0]))),
      );
    expect(read(withMetadata(entries(50_000)))).toHaveProperty('metadata.a', null);
    expect(() => read(withMetadata(entries(50_001)))).toThrow(/more than 50000 names/);
  });

  test('objects', () => {
    const object = Buffer.from([0x0a, 2, 0x2a, 0]);
    const list = Buffer.alloc(object.length * 200_000, object);
    const value = new BinaryWriter().tag(6, WireType.LengthDelimited).bytes(list).finish();
    expect(() => read(withMetadata(entry('key', value)))).toThrow(/objects and lists/);
  });
});

test('a message that comes twice is refused: decoders differ on what it is then', () => {
  const [message, tenant] = [{ message: good.message }, { tenant: 'acme' }];
  const [first, second] = [message, tenant].map((one) => codec.toBytes(request, one));
  expect(read(Buffer.concat([first!, second!]))).toEqual({ ...message, ...tenant });
  expect(() => read(Buffer.concat([first!, first!]))).toThrow(/has field 2 twice/);
});

test('the key __proto__ is refused, the text is not', () => {
  const one = codec.toBytes(request, { ...good, metadata: { nested: [{ key: '__proto__' }] } });
  expect(read(one)).toMatchObject({ metadata: { nested: [{ key: '__proto__' }] } });
  expect(() => read(withMetadata(entry('__proto__', new Uint8Array())))).toThrow(/key __proto__/);
});

describe('bytes that are not protobuf of the type', () => {
  const decode = A2AService.sendMessage.requestDeserialize;
  const bytes = codec.toBytes(request, good);

  test.each<[string, Uint8Array]>([
    ['a length beyond the end', Buffer.from([0x12, 0x7f])],
    ['a length beyond the message around it', Buffer.from([0x12, 0x02, 0x0a, 0x05, 1, 1, 1, 1, 1])],
    ['a group', Buffer.from([0x0b, 0x0c])],
    ['groups in groups', Buffer.alloc(1_000_000, 0x0b)],
    ['the field 0', Buffer.from([0x02, 0x00])],
    ['a number where a message is', Buffer.from([0x10, 0x01])],
    ['a number without an end', Buffer.alloc(12, 0xff)],
    ['a number cut off', Buffer.from([0x18, 0xff])],
    ['eight bytes cut off', Buffer.from([0x39, 1, 2, 3])],
    ['a message cut off', bytes.subarray(0, bytes.length - 1)],
  ])('are refused: %s', (_what, wrong) => {
    expect(() => read(wrong)).toThrow(/is not protobuf of its type/);
  });

  test('are refused: text that is not UTF-8', () => {
    expect(() => read(Buffer.from([0x0a, 0x02, 0xc3, 0x28]))).toThrow(/not UTF-8/);
  });

  test('are refused: NaN as a value', () => {
    const value = new BinaryWriter().tag(2, WireType.Bit64).double(Number.NaN).finish();
    expect(() => read(withMetadata(entry('key', value)))).toThrow(/none that JSON can say/);
  });

  const outcomeOf = (broken: Buffer): unknown => {
    try {
      read(broken);
    } catch (err) {
      return err;
    }
    // What is let through must be sound for the SDK's decoder too.
    return decode(broken) === undefined;
  };

  test('are refused as such, or are what every decoder reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(bytes.length - 1), (noise, at) => {
        const broken = Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
        const outcome = outcomeOf(broken);
        expect(outcome === false || outcome instanceof FaultError).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});

test('a value without a kind is null', () => {
  expect(read(withMetadata(entry('key', new Uint8Array())))).toEqual({ metadata: { key: null } });
});

test('fields that nobody knows are skipped', () => {
  const more = new BinaryWriter().tag(99, WireType.LengthDelimited).string('new').finish();
  expect(read(Buffer.concat([codec.toBytes(request, good), more]))).toEqual(good);
});
