// Skills that hand over files and streams: plain objects, without an import of ours.

import { appendFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const optionsOf = (ctx) => ctx.message.parts.find((part) => 'data' in part)?.data ?? {};

const skill = (id, run, more = {}) => ({
  ...{ id, name: id, description: `test skill ${id}`, tags: ['test'] },
  ...more,
  run,
});

async function* slowly(count, everyMs) {
  for (let n = 1; n <= count; n += 1) {
    await delay(everyMs);
    yield Buffer.from(`piece ${n}\n`);
  }
}

export default [
  /** The file at `path`, given in one of the ways that a skill has. */
  skill('gives-file', async (ctx) => {
    const { path, way } = optionsOf(ctx);
    const parts = [{ path }];
    if (way === 'stream') parts[0] = { stream: createReadStream(path), filename: 'streamed.bin' };
    if (way === 'result') return { state: 'completed', artifacts: [{ name: 'file', parts }] };
    if (way === 'message') return { state: 'completed', message: { parts } };
    if (way === 'progress') await ctx.progress({ parts });
    else if (way === 'partial') await ctx.sendPartialArtifact({ name: 'file', parts });
    else if (way === 'append') {
      const page = ctx.artifact({ name: 'file' });
      await page.append('before ');
      await page.append(parts[0]);
      await page.finalize(' after');
    } else if (way === 'question') {
      const answer = await ctx.ask({ parts });
      const asked = ctx.history.find(({ role }) => role === 'ROLE_AGENT');
      const raw = Buffer.from(asked.parts[0].raw, 'base64').toString();
      return { state: 'completed', message: `${answer.parts[0].text}: ${raw}` };
    } else await ctx.saveArtifact({ name: 'file', parts });
    return { state: 'completed' };
  }),

  skill('replies-file', async (ctx) => ({ reply: { parts: [{ path: optionsOf(ctx).path }] } }), {
    replies: true,
  }),

  /** A stream that takes its time, between two texts. */
  skill('slow-stream', async (ctx) => {
    const page = ctx.artifact({ name: 'slow' });
    await page.append('begin ');
    await page.append({ stream: slowly(20, 100), filename: 'pieces.txt' });
    await page.finalize(' end');
    return { state: 'completed' };
  }),

  skill(
    'broken-stream',
    async (ctx) => {
      const stream = (async function* () {
        yield Buffer.from('half');
        throw new Error('connection reset');
      })();
      await ctx.saveArtifact({ name: 'feed', parts: [{ stream }] });
    },
    { limits: { maximumAttempts: 1 } },
  ),

  /** Tokens of a model without end, as a web stream; its end is noted in the ledger. */
  skill('pipes', async (ctx) => {
    const { ledger, tokens = Infinity } = optionsOf(ctx);
    let n = 0;
    const textStream = new ReadableStream({
      async pull(controller) {
        await delay(20);
        n += 1;
        controller.enqueue(`token ${n} `);
        if (n >= tokens) controller.close();
      },
      cancel: () => appendFile(ledger, 'canceled'),
    });
    const text = await ctx.artifact({ name: 'answer' }).pipe(textStream);
    return { state: 'completed', message: text };
  }),

  skill('mirrors', async (ctx) => {
    await ctx.saveArtifact({ name: 'mirror', parts: ctx.message.parts });
    return { state: 'completed' };
  }),
];
