// Skills for tests of the journal: what they do outside the task stands in a file, with the process that did it.

import { appendFile, access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const textOf = (message) =>
  message.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');

/** Options come as the data part of the message. */
const optionsOf = (ctx) => ctx.message.parts.find((part) => 'data' in part)?.data ?? {};

const skill = (id, run) => ({
  id,
  name: id,
  description: `test skill ${id}`,
  tags: ['test'],
  // A busy machine may be silent for a second.
  limits: { heartbeatTimeoutMs: 3_000 },
  run,
});

/** A line a deed: process, key, what. Without a ledger nobody wants to know. */
const enter = async ({ ledger }, key, what) => {
  if (ledger !== undefined) await appendFile(ledger, `${process.pid} ${key} ${what}\n`);
};

const forever = () => new Promise(() => undefined);

/** Resolves when the file is there; hears no signal. */
const gate = async (folder, name) => {
  for (;;) {
    const isOpen = await access(`${folder}/${name}`).then(
      () => true,
      () => false,
    );
    if (isOpen) return;
    await delay(10);
  }
};

export default [
  /**
   * `steps` steps with something said before, in and after each. In its first attempt it stands still after
   * having said `haltAfter` things, and its process kills itself in the step `killIn`.
   */
  skill('journaled', async (ctx) => {
    const options = optionsOf(ctx);
    const { steps = 20, everyMs = 0, haltAfter, killIn } = options;
    let said = 0;
    const say = async (saying) => {
      await saying;
      said += 1;
      if (ctx.attempt === 1 && said === haltAfter) await forever();
      if (everyMs > 0) await delay(everyMs, undefined, { signal: ctx.signal });
    };
    const page = ctx.artifact({ artifactId: 'page' });
    let sum = 0;
    for (let i = 1; i <= steps; i += 1) {
      await say(ctx.progress(`before ${i}`));
      sum += await ctx.step(`step ${i}`, async ({ key }) => {
        await enter(options, key, `step ${i}`);
        if (ctx.attempt === 1 && i === killIn) process.kill(process.pid, 'SIGKILL');
        await say(page.append(`in ${i}\n`));
        return i;
      });
      await say(page.append(`after ${i}\n`));
    }
    await page.finalize();
    return { state: 'completed', message: String(sum) };
  }),

  /** More than a task holds of a journal. */
  skill('fills', async (ctx) => {
    const sizes = [];
    for (let i = 1; i <= 14; i += 1) {
      sizes.push((await ctx.step(`fill ${i}`, () => 'x'.repeat(2_000))).length);
    }
    return { state: 'completed', message: sizes.join(' ') };
  }),

  /** A step, a question, a step. */
  skill('steps-and-asks', async (ctx) => {
    const options = optionsOf(ctx);
    const page = ctx.artifact({ artifactId: 'page' });
    const does = (what) => ctx.step(what, ({ key }) => enter(options, key, what));
    await does('before');
    await page.append('before\n');
    const answer = textOf(await ctx.ask('and now?'));
    await page.append(`${answer}\n`);
    await does('after');
    await page.append('after\n');
    await delay(options.lingerMs ?? 0, undefined, { signal: ctx.signal });
    await does('last');
    await page.finalize();
    return { state: 'completed', message: answer };
  }),

  /** Sleeps between two steps, and then asks if it is to. */
  skill('sleeps', async (ctx) => {
    const options = optionsOf(ctx);
    const { ms = 3_000, asks = false } = options;
    const does = (what) => ctx.step(what, ({ key }) => enter(options, key, what));
    await ctx.progress('good night');
    await does('before');
    await ctx.sleep(ms);
    await does('after');
    await ctx.progress('good morning');
    const answer = asks ? textOf(await ctx.ask('what did I miss?')) : 'nothing';
    return { state: 'completed', message: `missed: ${answer}` };
  }),

  /** Goes on at a gate when its file is in `gates`: the first attempt in the step `slow`, others behind it. */
  skill('gated', async (ctx) => {
    const options = optionsOf(ctx);
    const { gates } = options;
    const { attempt } = ctx;
    const page = ctx.artifact({ artifactId: 'page' });
    await ctx.step('first', ({ key }) => enter(options, key, 'first'));
    await page.append('first\n');
    const by = await ctx.step('slow', async ({ key }) => {
      await page.append('slow\n');
      await enter(options, key, 'slow begins');
      if (attempt === 1) await gate(gates, 'slow');
      await enter(options, key, 'slow ends');
      return `attempt ${attempt}`;
    });
    await page.append(`slow by ${by}\n`);
    await ctx.progress(`slow by ${by}`);
    if (attempt > 1) {
      await enter(options, '-', 'waits');
      await gate(gates, 'end');
    }
    await ctx.step('last', ({ key }) => enter(options, key, 'last'));
    await page.finalize();
    return { state: 'completed', message: by };
  }),
];
