// What is too big for Temporal, given by a skill or sent by a client: each case is tried and judged by itself.

import { createHash } from 'node:crypto';
import { answerTo, envelope, http, messageFor, request, send } from '../test/harness/calls';
import { textOf, type WireError, type WirePart, type WireTask } from '../test/harness/wire';

const MB = 1_000_000;
const ARTIFACT_BYTES = 50 * MB;
const RESULT_BYTES = 5 * MB;
const INPUT_BYTES = 3 * MB;
/** Over what a gateway reads of one body by default. */
const BODY_BYTES = 12 * MB;

export interface BigCase {
  readonly name: string;
  /** Milliseconds that a clear error took; undefined for what completed. @throws Error that says what is wrong. */
  run(url: string): Promise<number | undefined>;
}

const long = (bytes: number): string => 'x'.repeat(bytes);
const text = long(INPUT_BYTES);

/** A skill gives so much in this way: the digest that it tells is that of what the client has. */
function given(way: string, bytes: number, more: object = {}): BigCase {
  return {
    name: `${way} of ${bytes / MB} MB ${JSON.stringify(more)}`,
    async run(url) {
      const task = await send(url, messageFor('gives', {}, optionsFirst({ way, bytes, ...more })));
      const { message } = expectState(task, 'COMPLETED');
      const { digest } = (message?.['metadata'] ?? {}) as { readonly digest?: string };
      const told = digest ?? textOf(message?.parts);
      const parts = way === 'message' || way === 'data' ? message?.parts : artifactParts(task);
      // What a step gives is nobody's but its skill's.
      if (way !== 'step') expectDigest(await contentOf(parts ?? []), told);
      return undefined;
    },
  };
}

/** The skill reads the options from the first data part. */
const optionsFirst = (options: object): object => ({ parts: [{ data: options }] });

/** A client sends it with a new task. */
function taken(name: string, part: WirePart): BigCase {
  return {
    name: `input of 3 MB: ${name}`,
    async run(url) {
      const task = await send(url, messageFor('takes', {}, { parts: [part] }));
      expectDigest(await contentOf([part]), textOf(expectState(task, 'COMPLETED').message?.parts));
      return undefined;
    },
  };
}

/** And as the answer to a question. */
const answered: BigCase = {
  name: 'input of 3 MB: an answer',
  async run(url) {
    const asking = await send(url, messageFor('waits'));
    const task = await send(url, answerTo(asking, text));
    const { message } = expectState(task, 'COMPLETED');
    expectDigest(await contentOf([{ text }]), textOf(message?.parts));
    return undefined;
  },
};

/** What no store takes. @param named what the error must say. */
function refused(name: string, more: object, named: RegExp): BigCase {
  return {
    name: `refused: ${name}`,
    async run(url) {
      const message = messageFor('takes', {}, more);
      const { body, ms } = await http<{ readonly error?: WireError }>(url, {
        body: envelope('SendMessage', { message }),
      });
      const said = body.error?.message ?? 'no error';
      if (!named.test(said)) throw new Error(`answered: ${said.slice(0, 200)}`);
      return ms;
    },
  };
}

/** The same of what a skill returns: its task fails, and says why. */
const failed: BigCase = {
  name: 'failed: metadata of 5 MB in a result',
  async run(url) {
    const from = Date.now();
    const options = { way: 'metadata', bytes: RESULT_BYTES };
    const task = await send(url, messageFor('gives', {}, optionsFirst(options)));
    const ms = Date.now() - from;
    const said = textOf(expectState(task, 'FAILED').message?.parts);
    if (!said.includes('metadata')) throw new Error(`failed with: ${said.slice(0, 200)}`);
    return ms;
  },
};

export const BIG_CASES: readonly BigCase[] = [
  given('artifact', ARTIFACT_BYTES),
  given('file', ARTIFACT_BYTES),
  given('stream', ARTIFACT_BYTES, { pieceBytes: MB }),
  given('chunks', ARTIFACT_BYTES, { pieceBytes: MB }),
  given('message', RESULT_BYTES),
  given('data', RESULT_BYTES),
  given('step', RESULT_BYTES),
  taken('text', { text }),
  taken('raw', { raw: Buffer.from(text).toString('base64') }),
  taken('data', { data: { text } }),
  answered,
  refused('metadata of 3 MB', { metadata: { skillId: 'takes', text } }, /^message\.metadata: /),
  refused('a url of 3 MB', { parts: [{ url: `https://a.example/${text}` }] }, /parts\[0\]\.url: /),
  refused('a body of 12 MB', { parts: [{ text: long(BODY_BYTES) }] }, /longer than \d+ bytes/),
  failed,
];

function expectState({ status }: WireTask, state: string): WireTask['status'] {
  if (status.state === `TASK_STATE_${state}`) return status;
  throw new Error(`${status.state}: ${textOf(status.message?.parts).slice(0, 200)}`);
}

function expectDigest(content: Buffer, told: string): void {
  if (createHash('sha256').update(content).digest('hex') === told) return;
  throw new Error(`${content.length} bytes with another digest than ${told.slice(0, 100)}`);
}

function artifactParts({ artifacts = [] }: WireTask): readonly WirePart[] {
  return artifacts.flatMap(({ parts }) => parts);
}

/** One after the other; what is given by its address is fetched. */
async function contentOf(parts: readonly WirePart[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const part of parts) pieces.push(await bytesOf(part));
  return Buffer.concat(pieces);
}

async function bytesOf({ text, raw, url, data }: WirePart): Promise<Buffer> {
  if (text !== undefined) return Buffer.from(text);
  if (raw !== undefined) return Buffer.from(raw, 'base64');
  if (url === undefined) return Buffer.from(JSON.stringify(data));
  const { origin, pathname } = new URL(url);
  const response = await request(origin, { path: pathname });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
