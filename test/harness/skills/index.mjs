// Skills for tests: plain objects, loaded as a user's own would be.

import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const textOf = (message) =>
  message.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');

const skill = (id, run, more = {}) => ({
  id,
  name: id,
  description: `test skill ${id}`,
  tags: ['test'],
  ...more,
  run,
});

/** Options come as the data part of the message. */
const optionsOf = (ctx) => ctx.message.parts.find((part) => 'data' in part)?.data ?? {};

export default [
  skill('echo', async (ctx) => ({ state: 'completed', message: textOf(ctx.message) })),

  /** On the extended card alone. */
  skill('secret', async () => ({ state: 'completed', message: 'you know me' }), { extended: true }),

  /** Five progress events in one go. */
  skill('five', async (ctx) => {
    for (let i = 1; i <= 5; i += 1) await ctx.progress(`progress ${i}`);
    return { state: 'completed' };
  }),

  /** `events` progress texts, one each `everyMs`. */
  skill('steps', async (ctx) => {
    const { events = 20, everyMs = 100 } = optionsOf(ctx);
    for (let i = 1; i <= events; i += 1) {
      await ctx.progress(`step ${i}`);
      await delay(everyMs, undefined, { signal: ctx.signal });
    }
    return { state: 'completed', message: 'done' };
  }),

  /** A streamed artifact whose text is the same in each attempt, in lines of `width` characters at least. */
  skill('stream', async (ctx) => {
    const { chunks = 20, everyMs = 100, width = 0 } = optionsOf(ctx);
    const page = ctx.artifact({ name: 'page' });
    for (let i = 1; i <= chunks; i += 1) {
      await page.append(`${`line ${i}`.padEnd(width)}\n`);
      await delay(everyMs, undefined, { signal: ctx.signal });
    }
    await page.finalize();
    return { state: 'completed' };
  }),

  /** A streamed artifact whose text tells the attempt. */
  skill('unlike', async (ctx) => {
    const { chunks = 20, everyMs = 100 } = optionsOf(ctx);
    const page = ctx.artifact({ name: 'page' });
    await page.append('title\n');
    for (let i = 1; i <= chunks; i += 1) {
      await page.append(`attempt ${ctx.attempt} line ${i}\n`);
      await delay(everyMs, undefined, { signal: ctx.signal });
    }
    await page.finalize();
    return { state: 'completed' };
  }),

  /** Asks for a name, then for a number that is checked, then answers with both. */
  skill('asks', async (ctx) => {
    await ctx.progress('before the question');
    const name = textOf(await ctx.ask('What is your name?'));
    await ctx.progress(`hello ${name}`);
    const age = await ctx.ask('How old are you?', {
      parse(value) {
        if (!/^\d+$/.test(String(value))) throw new Error('not a number');
        return Number(value);
      },
    });
    return { state: 'completed', message: `${name} is ${age}` };
  }),

  /** Ends in the state that it is told. */
  skill('decides', async (ctx) => {
    const state = textOf(await ctx.ask('How shall it end?'));
    return { state, message: `${state}, as you said` };
  }),

  skill('needs-auth', async (ctx) => {
    await ctx.requireAuth('Please sign in');
    return { state: 'completed', message: 'signed in' };
  }),

  /** Takes images and CSV, and says which media types the caller would like. */
  skill(
    'picky',
    async (ctx) => ({ state: 'completed', message: JSON.stringify(ctx.acceptedOutputModes) }),
    { inputModes: ['image/*', 'Text/CSV; charset=utf-8', 'application/json'] },
  ),

  /** Tells the media types that the caller would like in its second attempt, and after an answer. */
  skill('picky-twice', async (ctx) => {
    if (ctx.attempt === 1 && ctx.history.length === 1) throw new Error('once more');
    await ctx.ask('and now?');
    return { state: 'completed', message: JSON.stringify(ctx.acceptedOutputModes) };
  }),

  /** Needs credentials twice; each question says where the task is told that they are there. */
  skill('signs-in', async (ctx) => {
    const answers = [];
    for (const what of ['the mail', 'the calendar']) {
      const answer = await ctx.requireAuth(async ({ continueUrl }) => ({
        parts: [{ text: `Please sign in to ${what}` }, { url: continueUrl }],
      }));
      answers.push(textOf(answer));
      await ctx.progress(`got ${what}`);
    }
    return { state: 'completed', message: answers.join(', ') };
  }),

  skill('fails', async () => ({ state: 'failed', message: 'this is why' })),
  skill('rejects', async () => ({ state: 'rejected', message: 'not for me' })),
  skill(
    'throws',
    async (ctx) => {
      await ctx.progress(`attempt ${ctx.attempt}`);
      throw new Error('boom');
    },
    { limits: { maximumAttempts: 2 } },
  ),
  skill('hangs', () => new Promise(() => undefined), { limits: { timeoutMs: 1500 } }),
  skill('deaf', () => new Promise(() => undefined)),
  skill('returns-nothing', async () => undefined),

  /** An artifact of `bytes` bytes, and the size of what came in. */
  skill('big', async (ctx) => {
    const { bytes = 200_000 } = optionsOf(ctx);
    const received = ctx.message.parts.reduce((sum, part) => sum + (part.raw?.length ?? 0), 0);
    await ctx.saveArtifact({
      name: 'big.txt',
      parts: [{ text: 'x'.repeat(bytes), mediaType: 'text/plain' }],
    });
    return { state: 'completed', message: `received ${received}` };
  }),

  /** An artifact of `bytes` times `fill`: in one piece, or as a stream of chunks of `chunkBytes`. */
  skill('heavy', async (ctx) => {
    const { fill = 'x', bytes = 200_000, chunkBytes } = optionsOf(ctx);
    if (chunkBytes === undefined) {
      await ctx.saveArtifact({ name: 'heavy.txt', parts: [{ text: fill.repeat(bytes) }] });
      return { state: 'completed' };
    }
    const page = ctx.artifact({ name: 'heavy.txt' });
    for (let at = 0; at < bytes; at += chunkBytes) {
      await page.append(fill.repeat(Math.min(chunkBytes, bytes - at)));
    }
    await page.finalize();
    return { state: 'completed' };
  }),

  /** Answers with one message: what was said, and in which attempt. The data part tells the rest. */
  skill(
    'answer',
    async (ctx) => {
      const { waitMs = 0, ending, ledger, tellsModes } = optionsOf(ctx);
      if (tellsModes) return { reply: JSON.stringify(ctx.acceptedOutputModes) };
      if (ledger !== undefined) await appendFile(ledger, `${ctx.taskId}\n`);
      await ctx.progress('nobody is told');
      await delay(waitMs, undefined, { signal: ctx.signal });
      if (ending === 'failed' || ending === 'rejected')
        return { state: ending, message: 'because' };
      if (ending === 'completed') return { state: 'completed' };
      if (ending === 'nothing') return undefined;
      if (ending === 'nonsense') return { reply: { parts: [{ words: 'x' }] } };
      if (ending === 'throws') throw Object.assign(new Error('no such city'), { retryable: false });
      if (ending === 'asks') await ctx.ask('what?');
      if (ending === 'artifact') await ctx.saveArtifact({ parts: [{ text: 'lost' }] });
      return { reply: `${textOf(ctx.message)}, attempt ${ctx.attempt}` };
    },
    { replies: true },
  ),

  skill('replies-undeclared', async () => ({ reply: 'hello' })),
  skill('says-nonsense', async () => ({
    state: 'completed',
    message: { parts: [{ words: 'x' }] },
  })),

  /** Leaves an error where nobody catches it. */
  skill(
    'stray',
    async (ctx) => {
      const { how } = optionsOf(ctx);
      const fail = () => {
        throw new Error(`stray ${how}`);
      };
      if (how === 'promise') void delay(10).then(fail);
      if (how === 'timer') setTimeout(fail, 10);
      await delay(60_000, undefined, { signal: ctx.signal });
    },
    { limits: { maximumAttempts: 1 } },
  ),

  /** Ends the task at once, without an import. */
  skill('gives-up', async (ctx) => {
    throw Object.assign(new Error(`gave up in attempt ${ctx.attempt}`), { retryable: false });
  }),

  /** `steps` steps, each in the ledger under its key; the one of `failsAt` fails until `mended` is a file. */
  skill(
    'pipeline',
    async (ctx) => {
      const { ledger, steps = 5, failsAt, mended, everyMs = 0 } = optionsOf(ctx);
      const page = ctx.artifact({ name: 'page' });
      for (let i = 1; i <= steps; i += 1) {
        await ctx.progress(`at ${i}`);
        const line = await ctx.step(`step ${i}`, async ({ key }) => {
          await appendFile(ledger, `${i} ${key}\n`);
          await delay(everyMs, undefined, { signal: ctx.signal });
          if (i === failsAt && !existsSync(mended)) throw new Error(`no luck with ${i}`);
          return `line ${i}\n`;
        });
        await page.append(line);
      }
      await page.finalize();
      return { state: 'completed', message: `did ${textOf(ctx.message)}` };
    },
    { limits: { maximumAttempts: 1, heartbeatTimeoutMs: 2_000 } },
  ),

  /** Tells each of `count` messages when it has read it, and at last what it has heard. */
  skill(
    'listens',
    async (ctx) => {
      const { count = 3, thenAsks = false } = optionsOf(ctx);
      const heard = [];
      await ctx.progress('listening');
      for await (const message of ctx.messages) {
        heard.push(textOf(message));
        await ctx.progress(`heard ${textOf(message)}`);
        if (heard.length === count) break;
      }
      if (thenAsks) heard.push(`asked: ${textOf(await ctx.ask('and now?'))}`);
      return { state: 'completed', message: heard.join(', ') };
    },
    { limits: { heartbeatTimeoutMs: 2_000 } },
  ),

  /** Works while a loop of its own takes messages; cleans up after a cancel. */
  skill('listens-beside', async (ctx) => {
    const heard = [];
    const listen = async () => {
      for await (const message of ctx.messages) heard.push(textOf(message));
    };
    void listen();
    await ctx.progress('started');
    await delay(60_000, undefined, { signal: ctx.signal }).catch(() => undefined);
    await delay(200);
    return { state: 'canceled', message: `tidied up after ${heard.length}` };
  }),

  /** Says what the tasks were that its message refers to. */
  skill('refers', async (ctx) => {
    const tasks = await ctx.referenced();
    const told = tasks.map(({ status, artifacts }) => ({
      state: status.state,
      texts: artifacts.map(({ parts }) => parts.map(({ text }) => text ?? '').join('').length),
    }));
    await ctx.ask('go on?');
    const again = await ctx.referenced();
    return {
      state: 'completed',
      message: JSON.stringify({ told, isSame: again.length === tasks.length }),
    };
  }),

  /** Asks `questions` times and says what it was told. */
  skill('interview', async (ctx) => {
    const { questions = 3 } = optionsOf(ctx);
    const answers = [];
    for (let i = 1; i <= questions; i += 1) answers.push(textOf(await ctx.ask(`question ${i}`)));
    return { state: 'completed', message: answers.join(', ') };
  }),

  /** Cleans up for `cleanUpMs` after a cancel, and says so. */
  skill('tidy', async (ctx) => {
    const { cleanUpMs = 1_800 } = optionsOf(ctx);
    await ctx.progress('started');
    await delay(60_000, undefined, { signal: ctx.signal }).catch(() => undefined);
    await delay(cleanUpMs);
    return { state: 'canceled', message: 'tidied up' };
  }),
];
