// A stream as long as they get (D8), in fast motion: 100,000 chunks of one artifact in over 10,000 batches with
// `LONG_STREAM_BATCHES=10200`, and a third of that in every run of the tests.

import type { Client } from '@temporalio/client';
import { completed, defineSkill } from '../../src/activities/skill';
import { createDirectoryPartStores } from '../../src/storage/part-store';
import { createDecoder } from '../../src/temporal/history';
import { RunPager } from '../../src/temporal/run-pager';
import { restoreParts } from '../../src/temporal/stored-parts';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { logWorkflowId } from '../../src/workflows/log-contract';
import type { Part, TaskEvent } from '../../src/workflows/task';
import { useTaskStage } from '../harness/task-worker';

const BATCHES = Number(process.env['LONG_STREAM_BATCHES'] ?? 3_200);
/** Some hold what was said while another was recorded that said nothing to clients. */
const BATCHES_MIN = BATCHES * 0.98;
const CHUNKS_PER_BATCH = 10;
const LINES = BATCHES * CHUNKS_PER_BATCH;

/** Temporal warns of a longer one, and ends one five times as long. */
const EVENTS_MAX = 10_000;
/** A run is carried on by Temporal's suggestion, which comes at 4 MiB; the last signals are on their way by then. */
const HISTORY_MAX_BYTES = 8_388_608;
/** Parts that the task holds at its end: the inline text, and what packing leaves of 10,000 references. */
const PARTS_MAX = 150;

const DEADLINE_MS = 240_000;

const line = (n: number): string => `line ${String(n)}\n`;
const lines = (): string => Array.from({ length: LINES }, (_, n) => line(n)).join('');

/** Wakes the skill when a batch has been recorded: each of them is one of its own. */
let onBatch = (): void => undefined;

const writes = defineSkill({
  id: 'writes',
  name: 'writes',
  description: 'Writes a very long artifact.',
  tags: ['test'],
  async run(ctx) {
    const page = ctx.artifact({ artifactId: 'page' });
    for (let n = 0; n < LINES; n += CHUNKS_PER_BATCH) {
      const recorded = new Promise<void>((resolve) => {
        onBatch = resolve;
      });
      for (let i = n; i < n + CHUNKS_PER_BATCH; i += 1) await page.append(line(i));
      await recorded;
    }
    await page.finalize();
    return completed();
  },
});

const stage = useTaskStage({
  skills: [writes],
  pace: [{ below: Number.POSITIVE_INFINITY, ms: 0 }],
  // In its own history the task tells of some, and three runs of its log of the rest.
  log: { after: 200 },
  onSent: () => {
    onBatch();
  },
});

async function textOf(ref: TaskRef, parts: readonly Part[]): Promise<string> {
  const store = createDirectoryPartStores(stage.partsDirectory).of(workflowIdOf(ref));
  const restored = await restoreParts(store, parts);
  return restored.map((part) => ('text' in part ? part.text : '')).join('');
}

async function eventsOf(ref: TaskRef): Promise<readonly TaskEvent[]> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const following = await stage.caller.tasks.follow(ref, { cursor: 1, signal });
  const events: TaskEvent[] = [];
  for await (const event of following.events) events.push(event);
  following.close();
  return events;
}

interface Run {
  readonly events: number;
  readonly bytes: number;
}

/** From the newest run to the first. */
async function runsOf(client: Client, workflowId: string): Promise<readonly Run[]> {
  const runs: Run[] = [];
  let runId: string | undefined;
  do {
    const source = { client, decode: createDecoder(client), workflowId };
    const pager: RunPager = new RunPager({ ...source, ...(runId !== undefined && { runId }) });
    await pager.next(false);
    const handle = client.workflow.getHandle(workflowId, runId);
    const { historyLength, historySize = 0 } = await handle.describe();
    runs.push({ events: historyLength, bytes: historySize });
    runId = pager.previousRunId;
  } while (runId);
  return runs;
}

test(
  'it tells all of it in its order and without a gap, and no run of it is long',
  async () => {
    const ref = await stage.caller.begin('writes');
    const events = await eventsOf(ref);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 2));

    const chunks = events.filter((event) => event.kind === 'artifact');
    expect(chunks.length).toBeGreaterThan(BATCHES_MIN);
    expect(chunks.filter(({ append }) => !append)).toEqual(chunks.slice(0, 1));
    const parts = chunks.flatMap(({ artifact }) => artifact.parts);
    expect((await textOf(ref, parts)) === lines()).toBe(true);

    const task = await stage.caller.tasks.read(ref);
    const held = task.artifacts[0]?.parts ?? [];
    expect((await textOf(ref, held)) === lines()).toBe(true);
    expect(held.length).toBeLessThan(PARTS_MAX);

    const workflowId = workflowIdOf(ref);
    const logId = logWorkflowId(workflowId, { turn: 1, attempt: 1 });
    const logRuns = await runsOf(stage.client, logId);
    const runs = [...(await runsOf(stage.client, workflowId)), ...logRuns];
    expect(logRuns.length).toBeGreaterThan(2);
    expect(Math.max(...runs.map((run) => run.events))).toBeLessThanOrEqual(EVENTS_MAX);
    expect(Math.max(...runs.map((run) => run.bytes))).toBeLessThanOrEqual(HISTORY_MAX_BYTES);
  },
  DEADLINE_MS,
);
