// (f) Whether a stream that has gone on for very long reaches its reader as fast as when it began.

import { setTimeout as delay } from 'node:timers/promises';
import type { LongLog } from '../src/activities/batch-stream';
import type { Pace } from '../src/activities/emitter';
import { createTaskActivities, type RunRef } from '../src/activities/run-skill';
import { completed, defineSkill, type ArtifactStream } from '../src/activities/skill';
import { limitsOf } from '../src/activities/check-skill';
import { createDirectoryPartStores, type PartStore } from '../src/storage/part-store';
import { openClient } from '../src/temporal/connection';
import { ContinuationTokens } from '../src/temporal/continuations';
import { restoreParts } from '../src/temporal/stored-parts';
import { Tasks, workflowIdOf, type TaskRef } from '../src/temporal/tasks';
import { startTaskWorker } from '../src/worker/worker';
import { FORMAT, type Batch } from '../src/workflows/emission';
import type { Bench } from './bench';
import type { Section } from './figures';
import { monotonicMs } from './monotonic';
import { percentile, ratios, spreadOf } from './statistics';

const BATCHES = 10_000;
const CHUNKS_PER_BATCH = 10;
/** Chunks whose way is timed, before the many and after them, at the pace of a model that writes. */
const PROBES = { count: 200, everyMs: 25 } as const;

/** Each batch leaves as soon as the one before is recorded: an interval would hide what the way costs. */
const PACE: Pace = [{ below: Number.POSITIVE_INFINITY, ms: 0 }];

/** Of the end to the beginning. */
const GOAL = 1.5;

const TASK_QUEUE = 'long-streams';
const SKILL_ID = 'long';
const DEADLINE_MS = 600_000;

const PROBE = /^probe (start|end) ([\d.]+)$/;

export async function measureLongStreams(bench: Bench): Promise<Section> {
  const open = await openStreams(bench);
  const rounds: Record<'start' | 'end', readonly number[]>[] = [];
  for (let round = 1; round <= bench.rounds; round += 1) {
    rounds.push(await hear(open, `round-${String(round)}`));
    bench.report(`f: round ${round} of ${bench.rounds}`);
  }
  const at = (when: 'start' | 'end', share: number): readonly number[] =>
    rounds.map((round) => percentile(round[when], share));
  const row = (when: 'start' | 'end', name: string, meaning: string): Section['rows'][number] => ({
    name,
    meaning,
    cells: [spreadOf(at(when, 0.5)), spreadOf(at(when, 0.99))],
  });
  return {
    id: 'f',
    title: 'Latency of a stream that has lasted',
    method:
      `One task appends ${BATCHES * CHUNKS_PER_BATCH} chunks in ${BATCHES} batches to one artifact. ${PROBES.count} chunks before them ` +
      `and ${PROBES.count} behind them, one each ${PROBES.everyMs} ms, tell when they were said; a reader of the task's events notes when ` +
      'their text is there. Each batch leaves as soon as the one before is recorded. Worker and reader are one process.',
    columns: ['p50 ms', 'p99 ms'],
    rows: [
      row('start', 'First chunks', "In the task's own history, inline."),
      row(
        'end',
        'Last chunks',
        'In a log that has continued as new; most of the text has moved to the part store.',
      ),
    ],
    goals: [
      {
        name: 'p50: last chunks / first chunks',
        value: spreadOf(ratios(at('end', 0.5), at('start', 0.5))),
        atMost: GOAL,
      },
    ],
  };
}

interface Streams {
  readonly tasks: Tasks;
  readonly storeOf: (ref: TaskRef) => PartStore;
}

/** Tells when a batch has been recorded. */
class Batches {
  private wake = (): void => undefined;

  counting<Args extends readonly unknown[]>(
    send: (...args: Args) => Promise<void>,
  ): (...args: Args) => Promise<void> {
    return async (...args) => {
      await send(...args);
      this.wake();
    };
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

function longSkill(batches: Batches): ReturnType<typeof defineSkill> {
  const probe = async (page: ArtifactStream, when: 'start' | 'end'): Promise<void> => {
    for (let n = 0; n < PROBES.count; n += 1) {
      await page.append(`probe ${when} ${String(monotonicMs())}\n`);
      await delay(PROBES.everyMs);
    }
  };
  return defineSkill({
    ...{ id: SKILL_ID, name: SKILL_ID, description: 'benchmark', tags: ['bench'] },
    async run(ctx) {
      const page = ctx.artifact({ artifactId: 'page' });
      await probe(page, 'start');
      for (let n = 0; n < BATCHES; n += 1) {
        const recorded = batches.next();
        for (let i = 0; i < CHUNKS_PER_BATCH; i += 1) await page.append(`line ${String(n)}\n`);
        await recorded;
      }
      // What is on its way to the reader still is none of the stream's.
      await delay(2_000);
      await probe(page, 'end');
      await page.finalize();
      return completed();
    },
  });
}

async function openStreams(bench: Bench): Promise<Streams> {
  const { address, dataDir } = bench.temporal;
  const stores = createDirectoryPartStores(`${dataDir}/long-streams`);
  const client = openClient({ connection: { address }, client: { namespace: 'default' } });
  const tasks = new Tasks({ client, taskQueue: TASK_QUEUE });
  bench.defer(async () => {
    tasks.feeds.close();
    await client.connection.close();
  });
  const batches = new Batches();
  const skill = longSkill(batches);
  const quiet = (): void => undefined;
  const worker = await startTaskWorker({
    connection: { address },
    namespace: 'default',
    taskQueue: TASK_QUEUE,
    activities: createTaskActivities({
      skills: new Map([[skill.id, skill]]),
      stores,
      continuations: new ContinuationTokens(Buffer.alloc(32)),
      pace: PACE,
      signal: batches.counting((run: RunRef, batch: Batch) => tasks.signal(run, batch)),
      longLog(run, speaker): LongLog {
        const log = tasks.longLog(run, speaker);
        return { ...log, send: batches.counting((batch: Batch) => log.send(batch)) };
      },
      takeOver: (run, speaker) => tasks.takeOver(run, speaker),
      followUps: (run) => tasks.followUps(run),
      readTask: (ref) => tasks.read(ref),
      log: () => ({ info: quiet, warn: quiet, error: quiet }),
    }),
    skillQueues: [],
    onFailure: (err) => {
      throw err;
    },
  });
  bench.defer(() => worker.close());
  return { tasks, storeOf: (ref) => stores.of(workflowIdOf(ref)) };
}

/** Milliseconds from the call of `append` until the reader has the text. */
async function hear(
  { tasks, storeOf }: Streams,
  taskId: string,
): Promise<Record<'start' | 'end', number[]>> {
  const ref = { scope: { tenant: 'bench', principal: 'bench' }, taskId };
  await tasks.start({
    ...{ ...ref, v: FORMAT, contextId: taskId, skillId: SKILL_ID, limits: limitsOf({}) },
    message: { messageId: taskId, role: 'ROLE_USER', parts: [{ text: 'go' }] },
  });
  const took: Record<'start' | 'end', number[]> = { start: [], end: [] };
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const following = await tasks.follow(ref, { cursor: 1, signal });
  for await (const event of following.events) {
    if (event.kind !== 'artifact') continue;
    const parts = await restoreParts(storeOf(ref), event.artifact.parts);
    const now = monotonicMs();
    for (const part of parts) {
      for (const line of 'text' in part ? part.text.split('\n') : []) {
        const [, when, said] = PROBE.exec(line) ?? [];
        if (when === 'start' || when === 'end') took[when].push(now - Number(said));
      }
    }
  }
  following.close();
  if (took.start.length !== PROBES.count || took.end.length !== PROBES.count) {
    throw new Error(`heard ${took.start.length} and ${took.end.length} of ${PROBES.count} probes`);
  }
  return took;
}
