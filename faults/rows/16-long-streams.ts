// Row 16: streams with more chunks, and more batches, than one run of a workflow may hold.

import { getTask, messageFor } from '../../test/harness/calls';
import { artifactTexts } from '../../test/harness/frames';
import { within } from '../../test/harness/eventually';
import type { WireEvent } from '../../test/harness/wire';
import { watchGateway } from '../gateway-watch';
import { recordedRuns } from '../histories';
import { LeanReader, taskIdOf, type LeanFrame } from '../lean-reader';
import { defineRow } from '../row';
import { digestOf } from '../stalled-reader';
import type { Trial } from '../trial';

interface Streams {
  readonly skillId: 'many-chunks' | 'many-batches';
  readonly tasks: number;
  /** Of each. */
  readonly count: number;
  /** Characters of a chunk. */
  readonly width: number;
}

interface Size {
  /** At once, as fast as they go. */
  readonly chunks: Omit<Streams, 'skillId'>;
  /** After them: each chunk is a batch of its own. */
  readonly batches: Omit<Streams, 'skillId'>;
  /** Streams that outgrow the run of their task, at least. */
  readonly logs: number;
  readonly deadlineMs: number;
}

/** Temporal warns of a longer run from 10,240 events on, and ends one at 51,200. */
const EVENTS_MAX = 10_000;
const CHUNKS_PER_SECOND = 2_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { chunks, batches } = trial.size;
  const { address } = await trial.startTemporal();
  const gateway = await trial.startGateway();
  await trial.startWorker();
  const watch = watchGateway(trial, 'gateway', gateway);
  const tookMs = await stream(trial, gateway.url, { skillId: 'many-chunks', ...chunks });
  await stream(trial, gateway.url, { skillId: 'many-batches', ...batches });
  await watch.end();
  const rate = Math.round((chunks.tasks * chunks.count * 1_000) / tookMs);
  trial.figure('chunks in all', rate, { unit: 'a second', atLeast: CHUNKS_PER_SECOND });

  const runs = await recordedRuns(address);
  const longest = Math.max(0, ...runs.map(({ events }) => events));
  trial.figure('runs', runs.length, { unit: '', atLeast: chunks.tasks + batches.tasks });
  const inLogs = runs.filter(({ workflowId }) => workflowId.includes('/log/'));
  trial.figure('of them in logs', inLogs.length, { unit: '', atLeast: trial.size.logs });
  trial.figure('longest run', longest, { unit: 'events', atMost: EVENTS_MAX });
}

/** Resolves with the milliseconds from the first request to the last event. */
async function stream(trial: Trial<Size>, url: string, streams: Streams): Promise<number> {
  const from = Date.now();
  const readers = Array.from({ length: streams.tasks }, () => new Reader(url, streams));
  trial.defer(async () => readers.forEach((one) => one.close()));
  const over = Promise.all(readers.map((one) => one.over));
  await within('the end of all streams', over, trial.size.deadlineMs).catch(() => undefined);
  const tookMs = Date.now() - from;
  for (const reader of readers) await reader.check(trial, url);
  return tookMs;
}

/** One task and its stream: what it has come to, and the digest of each event. */
class Reader {
  readonly over: Promise<unknown>;
  private readonly reader: LeanReader;
  private readonly streams: Streams;
  private readonly digests: string[] = [];
  private readonly ids: number[] = [];
  private taskId: string | undefined;
  private text = '';
  private hasEnded = false;

  constructor(url: string, streams: Streams) {
    this.streams = streams;
    const { skillId, count, width } = streams;
    const message = messageFor(skillId, {}, { parts: [{ data: { count, width } }] });
    this.reader = new LeanReader({
      ...{ url, method: 'SendStreamingMessage', params: { message } },
      onFrame: (frame) => this.take(frame),
    });
    this.over = this.reader.over;
  }

  close(): void {
    this.reader.close();
  }

  /** I1, I2 and I8 of it. */
  async check(trial: Trial<Size>, url: string): Promise<void> {
    const { taskId, hasEnded } = this;
    trial.operation(hasEnded);
    const at = `${taskId ?? 'a task'} after ${this.ids.length} events`;
    trial.check('I8', hasEnded, `${at} has not ended`);
    if (taskId === undefined || !hasEnded) return;
    const wrong = this.ids.findIndex((id, index) => id !== index + 1);
    trial.check('I1', wrong < 0, `${at}: id ${this.ids[wrong] ?? ''} at place ${wrong + 1}`);
    const isSame = (await newcomer(url, taskId)).join() === this.digests.slice(1).join();
    trial.check('I1', isSame, `${at}: a newcomer reads something else`);
    trial.check('I2', this.text === expectedText(this.streams), `${at}: its text is another`);
    const [held] = Object.values(artifactTexts(await getTask(url, taskId)));
    trial.check('I2', held === this.text, `${at}: GetTask has another text`);
  }

  private take(frame: LeanFrame): void {
    this.taskId ??= taskIdOf(frame.raw);
    this.ids.push(frame.id);
    this.digests.push(digestOf(frame));
    const { result } = JSON.parse(frame.raw) as { readonly result: WireEvent };
    const { artifact, append = false } = result.artifactUpdate ?? {};
    if (artifact !== undefined) {
      const said = artifact.parts.map(({ text = '' }) => text).join('');
      this.text = append ? this.text + said : said;
    }
    this.hasEnded ||= result.statusUpdate?.status.state === 'TASK_STATE_COMPLETED';
  }
}

/** The digests of all events but the first, which is the task as it was. */
async function newcomer(url: string, id: string): Promise<readonly string[]> {
  const digests: string[] = [];
  const onFrame = (frame: LeanFrame): void => void digests.push(digestOf(frame));
  await new LeanReader({ url, method: 'SubscribeToTask', params: { id }, cursor: 0, onFrame }).over;
  return digests.slice(1);
}

function expectedText({ count, width }: Streams): string {
  return Array.from(
    { length: count },
    (_, i) => `line ${i + 1} `.padEnd(width - 1, '.') + '\n',
  ).join('');
}

export const longStreams = defineRow<Size>({
  row: 16,
  fault: 'streams of 100,000 chunks, and one of more than 10,000 batches',
  passes: 'I1 I2 I5 I8; no run past 10,000 events; 2,000 chunks a second in all',
  sizes: {
    ci: {
      chunks: { tasks: 2, count: 20_000, width: 250 },
      batches: { tasks: 1, count: 100, width: 50 },
      logs: 0,
      deadlineMs: 60_000,
    },
    full: {
      chunks: { tasks: 5, count: 100_000, width: 100 },
      batches: { tasks: 1, count: 10_200, width: 50 },
      logs: 1,
      deadlineMs: 1_200_000,
    },
  },
  mutation: {
    breaks: 'of chunks that wait together only the first is kept',
    edits: [
      {
        file: 'activities/emitter.ts',
        from: 'const parts = joinParts(a.parts, b.parts);',
        to: 'const { parts } = a;',
      },
    ],
    seenAs: ['I2'],
  },
  run,
});
