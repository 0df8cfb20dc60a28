// Skills that run in threads of their own, and what the tests of threads compare them with.

import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

const textOf = (message) =>
  message.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');

const optionsOf = (ctx) => ctx.message.parts.find((part) => 'data' in part)?.data ?? {};

const skill = (id, run, limits = {}) => ({
  id,
  name: id,
  description: `test skill ${id}`,
  tags: ['test'],
  limits,
  run,
});

/** The same on the main thread and in one of its own. */
const inBoth = (id, run, limits = {}) => [
  skill(id, run, limits),
  skill(`${id}-in-thread`, run, { ...limits, thread: true }),
];

const inThread = (id, run, limits = {}) => skill(id, run, { ...limits, thread: true });

/** Blocks the thread that it runs on. */
function spin(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Of an hour nobody sees the end. */
const FOR_EVER_MS = 3_600_000;

async function sayEverything(ctx) {
  const { history, createdAt, attempt, taskId, contextId, acceptedOutputModes, signal } = ctx;
  await ctx.progress(textOf(ctx.message));
  ctx.log.info('a line', { attempt });
  const facts = {
    history: history.length,
    isDate: createdAt instanceof Date,
    hasIds: taskId !== '' && contextId !== '',
    acceptedOutputModes,
    isAborted: signal.aborted,
    attempt,
  };
  const page = ctx.artifact({ name: 'page' });
  for (let n = 1; n <= 3; n += 1) await page.append(`line ${n}\n`);
  await page.finalize('the end');
  const saved = await ctx.saveArtifact({ name: 'facts', parts: [{ data: facts }] });
  const step = await ctx.step('a step', async ({ key, signal: own }) => ({
    key: key.replace(taskId, 'task'),
    isAborted: own.aborted,
  }));
  // Which step it belongs to is known by the context in which it is called.
  const inStep = await ctx.step('saves', async () => {
    await delay(1);
    return ctx.saveArtifact({ name: 'of a step', parts: [{ text: 'saved' }] });
  });
  await ctx.sleep(1);
  const ids = [page.artifactId, saved, inStep];
  const kinds = [(await ctx.now()) instanceof Date, (await ctx.uuid()).length];
  return { state: 'completed', message: { parts: [{ data: { ids, step, kinds } }] } };
}

/** Tools of a model, piped artifacts, files by path and by stream. */
async function giveEverything(ctx) {
  const { path } = optionsOf(ctx);
  const told = await ctx.tools.call('update_status', { status: 'working', message: 'at it' });
  const saved = await ctx.tools.call('save_artifact', { name: 'notes.txt', content: 'by a tool' });
  const wrong = await ctx.tools.call('save_artifact', { name: 'no content' });
  async function* words() {
    for (const word of ['one ', 'two ', Buffer.from('three')]) yield word;
  }
  const piped = await ctx.artifact({ name: 'piped' }).pipe(words());
  const inStep = await ctx.step('pipe', () => ctx.artifact({ name: 'in a step' }).pipe(words()));
  await ctx.saveArtifact({ name: 'file', parts: [{ path }, { stream: words() }] });
  const page = ctx.artifact({ name: 'mixed' });
  await page.append('before');
  await page.append({ stream: words(), filename: 'words.txt' });
  await page.append({ path });
  await page.finalize('after');
  const kinds = [told, saved, wrong].map(({ isError }) => isError);
  await ctx.progress(
    JSON.stringify({ piped, inStep, kinds, ways: Object.keys(ctx.tools).length > 0 }),
  );
  await ctx.tools.call('update_status', { status: 'completed', message: 'ended by a tool' });
  return { state: 'failed', message: `it has ended: ${ctx.tools.hasEnded}` };
}

/** Asks, is answered with what does not fit, signs in. */
async function converse(ctx) {
  const age = await ctx.ask('How old are you?', {
    parse(value) {
      if (!/^\d+$/.test(String(value))) throw new Error('not a number');
      return Number(value);
    },
  });
  let address = '';
  const signedIn = await ctx.requireAuth(async ({ continueUrl }) => {
    address = new URL(continueUrl).pathname.split('/')[1];
    return `Sign in at ${address}`;
  });
  return { state: 'completed', message: `${age + 1}, ${textOf(signedIn)}` };
}

/** Ways to end a thread, or the process if there is none. */
const DEATHS = {
  exit: () => process.exit(3),
  memory: () => {
    const kept = [];
    for (;;) kept.push(new Array(1_000).fill(kept.length));
  },
  timer: () =>
    setTimeout(() => {
      throw new Error('thrown in a timer');
    }),
  rejection: () => void Promise.reject(new Error('awaited by nobody')),
  recursion: () =>
    setTimeout(function again() {
      again();
      return again;
    }),
};

export default [
  ...inBoth('says-everything', sayEverything),
  ...inBoth('gives-everything', giveEverything),
  ...inBoth('converses', converse),

  /** Reads two messages, and tells of the tasks that its own refers to. */
  inThread('listens', async (ctx) => {
    const heard = [];
    await ctx.progress('listening');
    for await (const message of ctx.messages) {
      heard.push(textOf(message));
      await ctx.progress(`heard ${textOf(message)}`);
      if (heard.length === 2) break;
    }
    const tasks = await ctx.referenced();
    return { state: 'completed', message: [...heard, ...tasks.map(({ id }) => id)].join(', ') };
  }),

  skill('on-main', async (ctx) => {
    for (let n = 1; n <= 10; n += 1) {
      await ctx.progress(`step ${n}`);
      await delay(50);
    }
    return { state: 'completed', message: `done in attempt ${ctx.attempt}` };
  }),

  inThread('where', async () => ({ state: 'completed', message: String(isMainThread) })),

  /** Computes for longer than a heartbeat may be late. */
  inThread(
    'computes',
    async (ctx) => {
      spin(2_500);
      return { state: 'completed', message: `attempt ${ctx.attempt}` };
    },
    { heartbeatTimeoutMs: 1_000 },
  ),

  /** Computes for ever, and says so in a file. */
  ...[
    ['spins', { cancelGraceMs: 500 }],
    ['spins-too-long', { cancelGraceMs: 200, timeoutMs: 1_000 }],
  ].map(([id, limits]) =>
    inThread(
      id,
      async (ctx) => {
        const { file } = optionsOf(ctx);
        await ctx.progress('spinning');
        for (const end = Date.now() + FOR_EVER_MS; Date.now() < end;) {
          spin(20);
          appendFileSync(file, '.');
        }
      },
      limits,
    ),
  ),

  inThread('tidies', async (ctx) => {
    await ctx.progress('at work');
    await delay(FOR_EVER_MS, undefined, { signal: ctx.signal }).catch(() => undefined);
    await ctx.saveArtifact({ name: 'rest', parts: [{ text: 'what was done' }] });
    return { state: 'canceled', message: 'tidied up' };
  }),

  /** Dies in its first attempt. */
  inThread(
    'dies',
    async (ctx) => {
      const { how } = optionsOf(ctx);
      if (ctx.attempt > 1) return { state: 'completed', message: `attempt ${ctx.attempt}` };
      await ctx.progress('about to die');
      DEATHS[how]();
      await delay(FOR_EVER_MS);
    },
    { memoryMb: 64 },
  ),

  /** A date is no JSON: the schema makes it, on this side. */
  inThread('reads-a-date', async (ctx) => {
    const schema = { parse: (text) => new Date(text) };
    const date = await ctx.step('a date', () => '2026-01-02', { schema });
    return { state: 'completed', message: String(date instanceof Date) };
  }),

  inThread('gives-up', async () => {
    throw Object.assign(new TypeError('no such city'), { retryable: false });
  }),

  inThread('says-a-symbol', async (ctx) => {
    await ctx.saveArtifact({ name: 'what', parts: [{ data: Symbol('x') }] });
  }),

  inThread('tells-errors-apart', async (ctx) => {
    const caught = await ctx.saveArtifact({ name: 'empty', parts: [] }).catch((err) => err);
    const thrown = await ctx
      .step('fails', () => {
        throw Object.assign(new RangeError('too much'), { retryable: false, code: 7 });
      })
      .catch((err) => err);
    const { name, message, retryable, code } = thrown;
    const facts = [
      caught instanceof Error,
      caught.name,
      caught.retryable,
      name,
      message,
      retryable,
      code,
    ];
    return { state: 'completed', message: JSON.stringify(facts) };
  }),

  /** Asks, and leaves a branch running that would write for ever. */
  inThread('leaves-a-branch', async (ctx) => {
    const { file } = optionsOf(ctx);
    void (async () => {
      for (;;) {
        appendFileSync(file, '.');
        await delay(10);
      }
    })();
    await ctx.ask('Well?');
    return { state: 'completed' };
  }),

  /** Never awaits what it says. */
  inThread('floods', async (ctx) => {
    for (;;) await Promise.race([ctx.progress('x'), undefined]);
  }),

  /** Computes for longer than its time limit allows two of them in a row. */
  inThread(
    'in-turn',
    async (ctx) => {
      const { file } = optionsOf(ctx);
      appendFileSync(file, '+');
      spin(700);
      appendFileSync(file, '-');
      return { state: 'completed' };
    },
    { timeoutMs: 3_000, maximumAttempts: 1 },
  ),

  /** Two at once in a worker. */
  skill(
    'two-at-once',
    async (ctx) => {
      const { file } = optionsOf(ctx);
      appendFileSync(file, '+');
      await delay(300);
      appendFileSync(file, '-');
      return { state: 'completed' };
    },
    { concurrency: 2, timeoutMs: 1_000, maximumAttempts: 1 },
  ),

  /** One at once, until it is canceled. */
  skill(
    'one-at-once',
    async (ctx) => {
      await ctx.progress('has the place');
      await delay(FOR_EVER_MS, undefined, { signal: ctx.signal });
    },
    { concurrency: 1 },
  ),
];
