// Bodies that are made to cost: far too deep, far too many, far longer than they look, and not text at all.

import { gzipSync } from 'node:zlib';
import { nestedLists } from '../../test/harness/nested-lists';
import { LEAVING } from '../../test/harness/calls';
import { V1, toBytes } from '../../test/harness/grpc';
import { askHttp, framed } from './ask';
import type { Said } from './said';
import type { TargetsOptions } from './targets';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface Heavy {
  readonly name: string;
  /** Makes the body, which is too long to be kept. */
  readonly send: () => Promise<Said>;
}

const DEPTH = 1_000_000;

/** Just under what a body may have by default. */
const BODY_BYTES = 10_400_000;

/** What a bomb comes to, of a few kilobytes. */
const BOMB_BYTES = 100_000_000;

function filled(piece: string): string {
  return piece.repeat(Math.floor(BODY_BYTES / piece.length));
}

/** By what they are: the text of a value, to be put where a good body has one. */
const VALUES: Readonly<Record<string, () => string>> = {
  'lists in lists, a million': () => '['.repeat(DEPTH) + ']'.repeat(DEPTH),
  'objects in objects, a million': () => '{"a":'.repeat(DEPTH) + '1' + '}'.repeat(DEPTH),
  'a million open brackets': () => '['.repeat(DEPTH),
  'millions of numbers': () => `[${filled('0,')}0]`,
  'as many numbers as are taken': () => `[${'0,'.repeat(990_000)}0]`,
  'millions of empty lists': () => `[${filled('[],')}0]`,
  'millions of names': () => `{${filled('"a":1,')}"b":1}`,
  'as many different names as are taken': () =>
    `{${Array.from({ length: 49_000 }, (_, i) => `"k${i}":${i}`).join(',')}}`,
  'as many empty lists as are taken': () => `[${'[],'.repeat(190_000)}0]`,
  'a long text': () => `"${filled('x')}"`,
  'a long text of escapes': () => `"${filled('\\u0041')}"`,
  'a number of a million digits': () => '1'.repeat(DEPTH),
  'a key of a million letters': () => `{"${'k'.repeat(DEPTH)}":1}`,
  '__proto__ in a long list': () => `[${'{},'.repeat(100_000)}{"__proto__":{"a":1}}]`,
};

/** Whole bodies, with the header that goes with them. */
const BODIES: Readonly<
  Record<string, { readonly encoding?: string; readonly make: () => Buffer }>
> = {
  'a gzip bomb': { encoding: 'gzip', make: () => gzipSync(Buffer.alloc(BOMB_BYTES, '[')) },
  'a gzip bomb that says nothing of it': { make: () => gzipSync(Buffer.alloc(BOMB_BYTES)) },
  'a bomb of an unknown encoding': { encoding: 'gzip, br', make: () => Buffer.alloc(1_000) },
  'a long body of no UTF-8': { make: () => Buffer.alloc(BODY_BYTES, 0xff) },
  'UTF-16': { make: () => Buffer.from('\ufeff{"jsonrpc":"2.0"}', 'utf16le') },
  'a body longer than is taken': { make: () => Buffer.alloc(BODY_BYTES + 1_000_000, ' ') },
};

const LEAVE = JSON.stringify(LEAVING).slice(1, -1);

const messageWith = (data: string): string =>
  `{"messageId":"m","role":"ROLE_USER","metadata":{"skillId":"silence"},"parts":[{"data":${data}}]}`;

/** Over JSON-RPC and REST of 1.0, and over gRPC: 0.3 passes the same checks. */
export function heavyBodies({ url, grpc }: TargetsOptions): readonly Heavy[] {
  const headers = { 'A2A-Version': '1.0' };
  const overRpc = (body: Buffer, more = {}): Promise<Said> =>
    askHttp({ binding: 'JSON-RPC', url, headers: { ...headers, ...more }, body });
  const overRest = (body: Buffer, more = {}): Promise<Said> =>
    askHttp({ binding: 'REST 1.0', url: `${url}/message:send`, headers: more, body });
  const values = Object.entries(VALUES).flatMap(([name, make]) => [
    {
      name: `${name} over JSON-RPC`,
      send: () => {
        const params = `{"message":${messageWith(make())},${LEAVE}}`;
        const head = '{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":';
        return overRpc(Buffer.from(`${head}${params}}`));
      },
    },
    {
      name: `${name} over REST`,
      send: () => overRest(Buffer.from(`{"message":${messageWith(make())},${LEAVE}}`)),
    },
    { name: `${name} alone`, send: () => overRpc(Buffer.from(make())) },
  ]);
  const bodies = Object.entries(BODIES).flatMap(([name, { encoding, make }]) => {
    const more = encoding === undefined ? {} : { 'Content-Encoding': encoding };
    return [
      { name: `${name} over JSON-RPC`, send: () => overRpc(make(), more) },
      { name: `${name} over REST`, send: () => overRest(make(), more) },
    ];
  });
  const sendMessage = `/${V1}/SendMessage`;
  const overGrpc = Object.entries(FRAMES).map(([name, { encoding, make }]) => ({
    name: `${name} over gRPC`,
    send: () =>
      grpc.ask(sendMessage, make(), encoding === undefined ? {} : { 'grpc-encoding': encoding }),
  }));
  return [...values, ...bodies, ...overGrpc];
}

/** The number of `metadata` in a send of 1.0. */
const METADATA_FIELD = 4;

const good = (): Buffer =>
  toBytes(V1, 'SendMessage', { message: JSON.parse(messageWith('1')) as object, ...LEAVING });

/** What comes where a framed message is to come. */
const FRAMES: Readonly<
  Record<string, { readonly encoding?: string; readonly make: () => Buffer }>
> = {
  'lists in lists, a million': {
    make() {
      const writer = new BinaryWriter().tag(METADATA_FIELD, WireType.LengthDelimited);
      const nested = writer.bytes(nestedLists(DEPTH)).finish();
      return framed(Buffer.concat([good(), nested]));
    },
  },
  'a gzip bomb': {
    encoding: 'gzip',
    make: () => framed(gzipSync(Buffer.alloc(BOMB_BYTES)), true),
  },
  'an unknown encoding': { encoding: 'br', make: () => framed(good(), true) },
  'compression without its name': { make: () => framed(good(), true) },
  'a frame of a wrong length': { make: () => framed(good()).fill(0xff, 1, 5) },
  'half a frame': { make: () => framed(good()).subarray(0, 20) },
  'two frames': { make: () => Buffer.concat([framed(good()), framed(good())]) },
  'no frame': { make: () => Buffer.alloc(0) },
  'millions of empty fields': {
    make: () => framed(Buffer.alloc(BODY_BYTES, Buffer.from([10, 0]))),
  },
  'a long message of nothing': { make: () => framed(Buffer.alloc(BODY_BYTES)) },
  'a message longer than is taken': { make: () => framed(Buffer.alloc(BODY_BYTES + 1_000_000)) },
};
