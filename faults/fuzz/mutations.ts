// Changes to a good body that make it a bad one, or another good one: of its JSON and of its bytes, by a seed.

import type { Seeded } from '../../test/harness/seeded';

type Json = unknown;

/** Where a value stands in its object or list. */
interface Place {
  readonly holder: Record<string, Json> | Json[];
  readonly key: string;
}

/** Changes of one body. */
const MAX_CHANGES = 3;

/** The share of JSON bodies whose bytes are changed instead of their values. */
const BYTES_PERCENT = 30;

/** As code makes it: a literal would set the prototype. */
const PROTO: Json = JSON.parse(
  '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"a":1}}}',
);

const VALUES: readonly Json[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, -0, '0', 'null', [], {}, [[]], [null], [{}]],
  ...['', ' ', '\0', '\ud800', '\u202e', 'a\r\nb: c', '../../etc/passwd', '%00', '__proto__'],
  ...['TASK_STATE_WORKING', 'ROLE_AGENT', 'agent', 'user', 'x'.repeat(256), '😀'.repeat(40)],
  ...['9999-12-31T23:59:59Z', '0000-00-00T00:00:00Z', 'AAAA', '=', '${7*7}', "' OR 1=1 --"],
  ...['x'.repeat(100_000), Array.from({ length: 2_000 }, () => null), PROTO, deep(70), deep(60)],
  ...['constructor', 'toString', 'http://127.0.0.1:1/', 'file:///etc/passwd', 'a'.repeat(70_000)],
];

const KEYS = [
  '__proto__',
  'constructor',
  'kind',
  'id',
  'taskId',
  'task_id',
  'data',
  'raw',
  '',
  '\0',
];

/** No UTF-8: a lone start, an overlong one, a surrogate, one past the end; and bytes that parsers trip over. */
const BYTES = ['ff', 'c0af', 'eda080', 'f5808080', '00', 'efbbbf', '0a0d', '7b', '5b', '22', '5c'];

function deep(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** @param good JSON. */
export function mutateJson(good: Buffer, seed: Seeded): Buffer {
  if (seed.between(1, 100) <= BYTES_PERCENT) return mutateBytes(good, seed);
  const root = { value: JSON.parse(good.toString()) as Json };
  for (let left = seed.between(1, MAX_CHANGES); left > 0; left -= 1) change(root, seed);
  return Buffer.from(JSON.stringify(root.value) ?? '');
}

/** @param good bytes of any kind. */
export function mutateBytes(good: Buffer, seed: Seeded): Buffer {
  let bytes = good;
  for (let left = seed.between(1, MAX_CHANGES); left > 0; left -= 1) {
    const at = seed.between(0, bytes.length);
    const end = Math.min(bytes.length, at + seed.between(1, 16));
    const [before, cut, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, end),
      bytes.subarray(end),
    ];
    const strange = Buffer.from(pick(BYTES, seed), 'hex');
    const changed = [
      () => [before, strange, cut, after],
      () => [before, strange, after],
      () => [before, after],
      () => [before, cut, cut, after],
      () => [before],
      () => [before, cut.map((byte) => byte ^ (1 << seed.between(0, 7))), after],
      () => [after, before],
    ];
    bytes = Buffer.concat(pick(changed, seed)());
  }
  return bytes;
}

function change(root: { value: Json }, seed: Seeded): void {
  const places = placesIn(root);
  // The change before has taken everything away.
  if (places.length === 0) return;
  const { holder, key } = pick(places, seed);
  const value = (holder as Record<string, Json>)[key];
  const set = (name: string, to: Json): void => {
    // An assignment to `__proto__` would change the prototype.
    Object.defineProperty(holder, name, {
      ...{ value: to, enumerable: true, configurable: true, writable: true },
    });
  };
  const ways = [
    () => set(key, pick(VALUES, seed)),
    () => set(key, pick(VALUES, seed)),
    () => set(key, [value]),
    () => set(key, { [pick(KEYS, seed)]: value }),
    () => set(key, String(value)),
    () => Reflect.deleteProperty(holder, key),
    () => (Array.isArray(holder) ? holder.push(value) : set(pick(KEYS, seed), value)),
  ];
  pick(ways, seed)();
}

/** All but the holder of the root itself. */
function placesIn(root: { value: Json }): readonly Place[] {
  const found: Place[] = [];
  const walk = (holder: Place['holder']): void => {
    for (const [key, value] of Object.entries(holder)) {
      found.push({ holder, key });
      // What a change has put there is no place for others: it may be long.
      if (typeof value === 'object' && value !== null && !VALUES.includes(value)) {
        walk(value as Place['holder']);
      }
    }
  };
  walk(root);
  return found;
}

/** @param from not empty. */
function pick<T>(from: readonly T[], seed: Seeded): T {
  return from[seed.between(0, from.length - 1)] as T;
}
