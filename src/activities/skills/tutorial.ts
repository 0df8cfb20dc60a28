// The four-step streaming agent that newcomers to A2A meet first: four progress texts, one artifact.

import { setTimeout as delay } from 'node:timers/promises';
import { canceled, completed, defineSkill, type Message, type ContentPart } from '../skill';

const STEPS = [
  '🚀 Initializing...',
  '📊 Processing your request...',
  '🔍 Analyzing data...',
  '📝 Generating response...',
];

/** The pace of the original: slow enough to watch. */
const STEP_MS = 1_000;

export const tutorial = defineSkill({
  id: 'tutorial',
  name: 'Basic streaming',
  description: 'Shows a streamed task: four steps of a second each, then one text artifact.',
  tags: ['tutorial', 'streaming'],
  examples: ['Process my data'],
  inputModes: ['text/plain'],
  outputModes: ['text/plain'],
  accepts: () => true,
  async run(ctx) {
    const request = textOf(ctx.message);
    try {
      for (const [index, step] of STEPS.entries()) {
        await ctx.progress(`${step} (${String(index + 1)}/${String(STEPS.length)})`);
        await delay(STEP_MS, undefined, { signal: ctx.signal });
      }
    } catch (err) {
      if (ctx.signal.aborted) return canceled('❌ Task was cancelled');
      throw err;
    }
    const processedAt = ctx.createdAt.toISOString();
    await ctx.saveArtifact({
      name: 'processing_result',
      parts: [{ text: `✅ Completed processing: '${request}'\n\nProcessed at: ${processedAt}` }],
    });
    return completed();
  },
});

function textOf(message: Message<ContentPart>): string {
  return message.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}
