// Skills that give and take much at once; whoever reads it can tell by the digest whether it is whole.

import { createHash } from 'node:crypto';
import { optionsOf, skill } from './index.mjs';

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

const BLOCK = Array.from({ length: 90_000 }, (_, n) => `line ${n}\n`).join('');

/** Numbered blocks of numbered lines: no two places of it are alike, and making it takes no time. */
function textOf(bytes) {
  const blocks = [];
  for (let length = 0; length < bytes; length += BLOCK.length)
    blocks.push(`block ${length}\n${BLOCK}`);
  return blocks.join('').slice(0, bytes);
}

/** What the first part of a message holds, as bytes. */
function contentOf({ parts: [part] }) {
  if ('raw' in part) return Buffer.from(part.raw, 'base64');
  return 'data' in part ? JSON.stringify(part.data) : part.text;
}

async function* piecesOf(text, pieceBytes) {
  for (let at = 0; at < text.length; at += pieceBytes) yield text.slice(at, at + pieceBytes);
}

const WAYS = {
  async artifact(ctx, text) {
    await ctx.saveArtifact({ name: 'big', parts: [{ text }] });
    return digestOf(text);
  },
  async file(ctx, text) {
    const raw = Buffer.from(text).toString('base64');
    await ctx.saveArtifact({ name: 'big', parts: [{ raw, filename: 'big.bin' }] });
    return digestOf(text);
  },
  async stream(ctx, text, { pieceBytes }) {
    const stream = piecesOf(text, pieceBytes);
    await ctx.saveArtifact({ name: 'big', parts: [{ stream, filename: 'big.txt' }] });
    return digestOf(text);
  },
  async chunks(ctx, text, { pieceBytes }) {
    const page = ctx.artifact({ name: 'big' });
    for await (const piece of piecesOf(text, pieceBytes)) await page.append(piece);
    await page.finalize();
    return digestOf(text);
  },
  message: async (_ctx, text) => ({ parts: [{ text }], metadata: { digest: digestOf(text) } }),
  async data(_ctx, text) {
    const digest = digestOf(JSON.stringify({ text }));
    return { parts: [{ data: { text } }], metadata: { digest } };
  },
  /** Of a step, and told by its digest. */
  step: async (ctx, text) => digestOf(await ctx.step('work', () => text)),
  /** More than anything may have besides its content. */
  metadata: async (_ctx, text) => ({ parts: [{ text: 'much' }], metadata: { text } }),
};

export default [
  /** Gives `bytes` of text in this `way`; its message, or the metadata of that, is the digest. */
  skill('gives', async (ctx) => {
    const { way, bytes, ...more } = optionsOf(ctx);
    return { state: 'completed', message: await WAYS[way](ctx, textOf(bytes), more) };
  }),

  /** Answers with the digest of the first part. */
  skill('takes', async (ctx) => ({
    state: 'completed',
    message: digestOf(contentOf(ctx.message)),
  })),

  /** The same of what it is answered. */
  skill('waits', async (ctx) => {
    const answer = await ctx.ask('what?');
    return { state: 'completed', message: digestOf(contentOf(answer)) };
  }),
];
