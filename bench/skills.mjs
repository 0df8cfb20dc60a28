// The skills that the benchmarks run, loaded as a user's own would be.

import { hrtime } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const skill = (id, run) => ({ id, name: id, description: `benchmark ${id}`, tags: ['bench'], run });

/** The same clock as `monotonicMs`; this file is loaded without the TypeScript loader. */
const monotonicMs = () => Number(hrtime.bigint() / 1_000n) / 1_000;

export default [
  /** As many progress events as it is told to say, in one go; then the text that it was sent. */
  skill('says', async (ctx) => {
    const { events } = ctx.message.parts.find((part) => 'data' in part).data;
    for (let n = 1; n <= events; n += 1) await ctx.progress(`progress ${n}`);
    return { state: 'completed', message: ctx.message.parts.find((part) => 'text' in part).text };
  }),

  /** Says what time it is, `count` times, after a first pause in which the client arrives; with `asks` when it is told to. */
  skill('clock', async (ctx) => {
    const { count, everyMs, asks } = ctx.message.parts.find((part) => 'data' in part).data;
    if (asks) await ctx.ask('When?');
    for (let i = 0; i < count; i += 1) {
      if (everyMs > 0) await delay(everyMs, undefined, { signal: ctx.signal });
      await ctx.progress(String(monotonicMs()));
    }
    return { state: 'completed' };
  }),

  /** `count` steps that do nothing; tells how many milliseconds each took. */
  skill('stepping', async (ctx) => {
    const { count } = ctx.message.parts.find((part) => 'data' in part).data;
    const tookMs = [];
    for (let i = 0; i < count; i += 1) {
      const from = monotonicMs();
      await ctx.step('x', () => 1);
      tookMs.push(monotonicMs() - from);
    }
    return { state: 'completed', message: JSON.stringify(tookMs) };
  }),

  /** One artifact of `count` chunks of `bytes` bytes. */
  skill('chunks', async (ctx) => {
    const { count, bytes } = ctx.message.parts.find((part) => 'data' in part).data;
    const page = ctx.artifact({ artifactId: 'page' });
    for (let i = 0; i < count; i += 1) await page.append('x'.repeat(bytes));
    await page.finalize();
    return { state: 'completed' };
  }),

  /** One artifact of `count` lines of `bytes` bytes, one every `everyMs`; each begins with when it was said. */
  skill('paced', async (ctx) => {
    const { count, bytes, everyMs } = ctx.message.parts.find((part) => 'data' in part).data;
    const page = ctx.artifact({ artifactId: 'page' });
    const from = monotonicMs();
    for (let i = 0; i < count; i += 1) {
      await delay(Math.max(0, from + i * everyMs - monotonicMs()));
      await page.append(`${monotonicMs()} `.padEnd(bytes - 1, 'x') + '\n');
    }
    await page.finalize();
    return { state: 'completed' };
  }),

  /** `count` progress events in one go. */
  skill('events', async (ctx) => {
    const { count } = ctx.message.parts.find((part) => 'data' in part).data;
    for (let i = 1; i <= count; i += 1) await ctx.progress(`event ${i}`);
    return { state: 'completed' };
  }),

  skill('waits', async (ctx) => {
    await ctx.ask('May I go on?');
    return { state: 'completed' };
  }),
];
