// A stream whose client reads slowly, nothing, or is gone.

import type { ServerWritableStream } from '@grpc/grpc-js';
import { EventEmitter } from 'node:events';
import { Outgoing } from '../../../src/api/grpc/outgoing';

/** What grpc-js gives a handler, as far as it is used here. */
class FakeCall extends EventEmitter {
  readonly taken: (() => void)[] = [];
  readonly closedWith: number[] = [];
  readonly call = { stream: { close: (code: number) => this.closedWith.push(code) } };

  write(_bytes: Buffer, taken: () => void): boolean {
    this.taken.push(taken);
    return true;
  }
}

const MESSAGE = Buffer.alloc(10_000);

let call: FakeCall;
let leaving: AbortController;
let outgoing: Outgoing;

beforeEach(() => {
  jest.useFakeTimers();
  call = new FakeCall();
  leaving = new AbortController();
  const given = call as unknown as ServerWritableStream<unknown, unknown>;
  outgoing = new Outgoing(given, leaving.signal);
});

afterEach(() => {
  jest.useRealTimers();
});

/** Whether it is there after everything that is at hand has been done. */
async function isReady(ready: Promise<void>): Promise<boolean> {
  const told = jest.fn();
  void ready.then(told);
  await jest.advanceTimersByTimeAsync(0);
  return told.mock.calls.length > 0;
}

test('is ready while little waits', async () => {
  outgoing.write(MESSAGE);
  expect(await isReady(outgoing.ready())).toBe(true);
});

test('is not ready while more waits, and is once it was taken', async () => {
  outgoing.write(MESSAGE);
  outgoing.write(MESSAGE);
  const ready = outgoing.ready();
  expect(await isReady(ready)).toBe(false);
  call.taken[0]!();
  expect(await isReady(ready)).toBe(true);
});

test('keeps nobody waiting for a client that has gone', async () => {
  outgoing.write(MESSAGE);
  outgoing.write(MESSAGE);
  const ready = outgoing.ready();
  leaving.abort();
  expect(await isReady(ready)).toBe(true);
  expect(await isReady(outgoing.ready())).toBe(true);
});

test('is dropped after 30 s in which nothing was taken, and said to be', async () => {
  const gone = jest.fn();
  call.on('cancelled', gone);
  outgoing.write(MESSAGE);
  await jest.advanceTimersByTimeAsync(29_999);
  expect(call.closedWith).toEqual([]);
  await jest.advanceTimersByTimeAsync(1);
  // NGHTTP2_CANCEL
  expect(call.closedWith).toEqual([8]);
  expect(gone).toHaveBeenCalledTimes(1);
});

test('is not dropped while some of it is taken now and then', async () => {
  for (let i = 0; i < 5; i += 1) outgoing.write(MESSAGE);
  for (let i = 0; i < 5; i += 1) {
    await jest.advanceTimersByTimeAsync(29_000);
    call.taken[i]!();
  }
  await jest.advanceTimersByTimeAsync(60_000);
  expect(call.closedWith).toEqual([]);
});
