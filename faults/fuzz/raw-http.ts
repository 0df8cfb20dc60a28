// Bytes as they are to one HTTP port, and every answer that comes back on the connection.

import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names and their values, as they came. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export interface Conversation {
  readonly answers: readonly RawAnswer[];
  /** What could not be read as an answer; empty when all could. */
  readonly rest: string;
  /** By the server, within the time for it. */
  readonly isClosed: boolean;
}

/** A server that has answered says nothing for so long: whatever else came would be another answer. */
const QUIET_MS = 300;

/** What takes longer is no answer. */
const ANSWER_MS = 15_000;

/** Sends all at once, and reads until the server closes, or has answered and falls quiet. */
export function converse(port: number, bytes: Buffer): Promise<Conversation> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let received = Buffer.alloc(0);
    let isClosed = false;
    let timer = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (readAnswers(received).rest !== '') return;
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), QUIET_MS);
    });
    socket.on('error', () => undefined);
    socket.on('end', () => {
      isClosed = true;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ ...readAnswers(received), isClosed });
    });
    socket.write(bytes);
  });
}

function readAnswers(bytes: Buffer): Pick<Conversation, 'answers' | 'rest'> {
  const answers: RawAnswer[] = [];
  let rest = bytes.toString('latin1');
  while (rest !== '') {
    const read = readAnswer(rest);
    if (read === undefined) break;
    // 100 Continue is not the answer yet.
    if (read.answer.status >= 200) answers.push(read.answer);
    ({ rest } = read);
  }
  return { answers, rest };
}

/** Undefined while it is not whole. */
function readAnswer(
  text: string,
): { readonly answer: RawAnswer; readonly rest: string } | undefined {
  const [, code = '', head = ''] = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(
    text,
  ) ?? [undefined];
  if (code === '') return undefined;
  const behind = text.slice(text.indexOf('\r\n\r\n') + 4);
  const headers = head
    .split('\r\n')
    .slice(0, -1)
    .map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
  const valueOf = (name: string): string | undefined =>
    headers.find(([known]) => known === name)?.[1];
  const status = Number(code);
  const read =
    valueOf('transfer-encoding') === 'chunked'
      ? readChunks(behind)
      : readLength(behind, Number(valueOf('content-length') ?? 0));
  return read && { answer: { status, headers, body: read.body }, rest: read.rest };
}

interface Read {
  readonly body: string;
  readonly rest: string;
}

function readLength(text: string, length: number): Read | undefined {
  if (text.length < length) return undefined;
  return { body: text.slice(0, length), rest: text.slice(length) };
}

function readChunks(text: string): Read | undefined {
  let body = '';
  for (let rest = text; ;) {
    const [line = '', size = ''] = /^([\da-f]+)\r\n/i.exec(rest) ?? [];
    if (line === '') return undefined;
    const from = line.length;
    const length = Number.parseInt(size, 16);
    if (rest.length < from + length + 2) return undefined;
    body += rest.slice(from, from + length);
    rest = rest.slice(from + length + 2);
    if (length === 0) return { body, rest };
  }
}
