// The skills that the benchmarks run, loaded as a user's own would be.

import { hrtime } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const skill = (id, run) => ({ id, name: id, description: `benchmark ${id}`, tags: ['bench'], run });

/** The same clock as `monotonicMs`; this file is loaded without the TypeScript loader. */
const monotonicMs = () => Number(hrtime.bigint() / 1_000n) / 1_000;

export default [
  skill('five', async (ctx) => {
    for (let i = 1; i <= 5; i += 1) await ctx.progress(`progress ${i}`);
    return { state: 'completed' };
  }),

  /** Says what time it is, `count` times, after a first pause in which the client arrives; with `asks` when it is told to. */
  skill('clock', async (ctx) => {
    const { count, everyMs, asks } = ctx.message.parts.find((part) => 'data' in part).data;
    if (asks) await ctx.ask('When?');
    for (let i = 0; i < count; i += 1) {
      await delay(everyMs, undefined, { signal: ctx.signal });
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
