// Skills that go wrong on the worker's main thread, each in a way that ends a process which does nothing about it.

import { EventEmitter } from 'node:events';
import { createServer, connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

const optionsOf = (ctx) => ctx.message.parts.find((part) => 'data' in part)?.data ?? {};

const FOR_EVER_MS = 3_600_000;

const recurse = () => 1 + recurse();

/** A peer that sends one byte and breaks off. */
async function breakOff(onData) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('x');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  connect(server.address().port, '127.0.0.1').on('data', onData);
  server.unref();
}

const WAYS = {
  promise: (fail) => void delay(10).then(fail),
  timer: (fail) => setTimeout(fail, 10),
  microtask: (fail) => queueMicrotask(fail),
  'event of an emitter': (fail) => {
    const emitter = new EventEmitter();
    setTimeout(() => {
      try {
        fail();
      } catch (err) {
        emitter.emit('error', err);
      }
    }, 10);
  },
  'stream handler': (fail) => Readable.from(['chunk']).on('data', fail),
  'socket handler': (fail) => breakOff(fail),
  'listener of the abort signal': (fail, { signal }) => {
    const own = new AbortController();
    AbortSignal.any([signal, own.signal]).addEventListener('abort', fail);
    own.abort();
  },
};

const CALLS = {
  exit: () => process.exit(7),
  'exit in a timer': () => setTimeout(() => process.exit(7), 10),
  abort: () => process.abort(),
  recursion: () => recurse(),
  'recursion in a timer': () => setTimeout(recurse, 10),
};

const skill = (id, run) => ({
  id,
  name: id,
  description: `test skill ${id}`,
  tags: ['test'],
  limits: { maximumAttempts: 1 },
  run,
});

/** Set by a run; what comes of it belongs to none. */
let isArmed = false;
const tick = () => {
  if (!isArmed) return;
  isArmed = false;
  throw new Error('thrown by nobody');
};

void (async () => {
  for (;;) {
    await delay(10);
    setTimeout(tick);
  }
})();

export default [
  /** Leaves an error where nobody catches it. */
  skill('stray', async (ctx) => {
    const { how } = optionsOf(ctx);
    WAYS[how](() => {
      throw new Error(`stray ${how}`);
    }, ctx);
    await delay(FOR_EVER_MS, undefined, { signal: ctx.signal });
  }),

  /** Does what would be the end of the process. */
  skill('drastic', async (ctx) => {
    CALLS[optionsOf(ctx).how]();
    await delay(FOR_EVER_MS, undefined, { signal: ctx.signal });
  }),

  /** Makes the module's own timer throw. */
  skill('arms', async () => {
    isArmed = true;
    await delay(200);
    return { state: 'completed', message: 'armed' };
  }),

  skill('steps', async (ctx) => {
    for (let n = 1; n <= 10; n += 1) {
      await ctx.progress(`step ${n}`);
      await delay(100);
    }
    return { state: 'completed', message: `done in attempt ${ctx.attempt}` };
  }),
];
