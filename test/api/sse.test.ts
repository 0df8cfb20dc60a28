// Streams to clients that read slowly or not at all: nothing piles up, and nobody else waits.

import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { SseResponse } from '../../src/api/sse';

/** A response whose socket is full when the test says so. */
class FakeResponse extends EventEmitter {
  readonly socket = null;
  writableNeedDrain = false;
  destroyed = false;
  headersSent = true;
  readonly written: string[] = [];

  write(text: string): boolean {
    this.written.push(text);
    return !this.writableNeedDrain;
  }

  end(): void {
    this.emit('close');
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function open(): { readonly res: FakeResponse; readonly sse: SseResponse } {
  const res = new FakeResponse();
  const sse = new SseResponse(res as unknown as ServerResponse, { writes: 'coalesced' });
  return { res, sse };
}

/** More than leaves in one write. */
const BULK = { data: 'x'.repeat(20_000) };

const STALL_MS = 30_000;

describe('a client that does not read', () => {
  test('is waited for until it has taken what was written', async () => {
    const { res, sse } = open();
    res.writableNeedDrain = true;
    sse.write(BULK);
    let isReady = false;
    const ready = sse.ready().then(() => (isReady = true));
    await new Promise(setImmediate);
    expect(isReady).toBe(false);
    res.writableNeedDrain = false;
    res.emit('drain');
    await ready;
  });

  test('is cut off when it takes nothing for half a minute', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
    try {
      const { res, sse } = open();
      res.writableNeedDrain = true;
      const ready = sse.ready();
      await jest.advanceTimersByTimeAsync(STALL_MS - 1);
      expect(res.destroyed).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      expect(res.destroyed).toBe(true);
      await ready;
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a replay that has all its events at hand', () => {
  test('lets others have their turn after each bulk write', async () => {
    const { sse } = open();
    const order: string[] = [];
    setImmediate(() => order.push('another request'));
    for (const bulk of [1, 2]) {
      sse.write(BULK);
      await sse.ready();
      order.push(`bulk ${String(bulk)}`);
    }
    expect(order).toEqual(['another request', 'bulk 1', 'bulk 2']);
  });

  test('leaves in few writes', async () => {
    const { res, sse } = open();
    for (let i = 0; i < 1_000; i += 1) {
      sse.write({ data: 'an event of fifty characters or so, as progress is', id: i });
      await sse.ready();
    }
    sse.end();
    expect(res.written.length).toBeLessThan(10);
  });
});
