// Reads a task that has ended for whoever goes on from it: how it was started, how it ended, and how it stood
// before that, at any place of its journal. Called by the gateway where a task is tried again.

import type { Client } from '@temporalio/client';
import type { Origin, TaskStart } from '../workflows/contract';
import { entriesIn } from '../workflows/journal';
import type { Recorded } from '../workflows/recorded';
import { isTerminal } from '../workflows/task';
import type { TaskFold } from '../workflows/task-fold';
import { foldTask } from '../workflows/task-state';
import { withinDeadline } from './connection';
import { isNotFound } from './grpc-failure';
import { createDecoder, readPage, timeOf, type HistorySource } from './history';
import { TaskError, TaskErrorReason, noSuchTask } from './task-error';
import { TaskHistory, type OnRecord } from './task-history';
import { workflowIdOf, type TaskRef } from './tasks';

export interface EndedTask {
  /** As its newest run was started. */
  readonly start: TaskStart;
  /** The first of the tasks that were one after the other; itself when it was no other's retry. */
  readonly origin: Origin;
  /** Now: it is over, or it is not. */
  readonly fold: TaskFold;
  /** Before it ended: what its last attempts said is still apart from what counts for good. */
  readonly before: TaskFold;
  /** See `Decision`. */
  readonly failedSteps: readonly string[];
}

export class EndedTasks {
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  /** @throws TaskError `not-found`, `unavailable`. */
  read(ref: TaskRef): Promise<EndedTask> {
    return readEndedTask(this.sourceOf(ref));
  }

  /**
   * How the task stood just before its journal had more than so many entries. Everything that happened
   * earlier is in it, so that a question is answered in it if the answer came before.
   * @throws TaskError `invalid` when the server does not keep that part of its history any more; `unavailable`.
   */
  asOfEntry(ref: TaskRef, entries: number): Promise<TaskFold> {
    return foldBeforeEntry(this.sourceOf(ref), entries);
  }

  private sourceOf(ref: TaskRef): HistorySource {
    const { client } = this;
    return { client, decode: createDecoder(client), workflowId: workflowIdOf(ref) };
  }
}

async function readEndedTask(source: HistorySource): Promise<EndedTask> {
  try {
    const { start, startedAt } = await readStart(source);
    let before: TaskFold | undefined;
    let failedSteps: readonly string[] = [];
    const onRecord: OnRecord = (recorded, after, beforeIt) => {
      if (!isOver(after)) before = after;
      else if (beforeIt !== undefined && !isOver(beforeIt)) failedSteps = failedStepsOf(recorded);
    };
    const history = new TaskHistory(source, { onRecord });
    await readToItsEnd(source, history);
    const { taskId, continued, retry } = start;
    const createdAt = continued?.createdAt ?? startedAt;
    const origin = retry?.origin ?? { taskId, createdAt };
    const { fold } = history;
    return { start, origin, fold, before: before ?? fold, failedSteps };
  } catch (err) {
    throw isNotFound(err) ? noSuchTask(err) : err;
  }
}

async function foldBeforeEntry(source: HistorySource, entries: number): Promise<TaskFold> {
  let latest: TaskFold | undefined;
  let isPast = false;
  const history = await historyFrom(source, entries, (recorded, after, before) => {
    if (isPast || isOver(after)) return;
    isPast = entriesIn(after.journal) > entries;
    if (!isPast) latest = after;
    else if (before !== undefined) latest = foldWithin(before, recorded, entries);
  });
  await readToItsEnd(source, history);
  if (latest === undefined) throw tooLongAgo();
  return latest;
}

/** A batch may hold several entries: what came before the first that is too many. */
function foldWithin(before: TaskFold, recorded: Recorded, entries: number): TaskFold {
  if (recorded.kind !== 'batch') return before;
  const { batch } = recorded;
  let latest = before;
  for (let count = 1; count < batch.emissions.length; count += 1) {
    const emissions = batch.emissions.slice(0, count);
    const { fold } = foldTask(before, { kind: 'batch', batch: { ...batch, emissions } });
    if (entriesIn(fold.journal) > entries) break;
    latest = fold;
  }
  return latest;
}

/** The newest run that begins before there were so many entries. */
async function historyFrom(
  source: HistorySource,
  entries: number,
  onRecord: OnRecord,
): Promise<TaskHistory> {
  let runId: string | undefined;
  try {
    for (;;) {
      const run = { ...source, ...(runId === undefined ? {} : { runId }) };
      const { start, previousRunId } = await readStart(run);
      if (entriesIn(start.continued?.checkpoint.journal) <= entries) {
        // A log has runs of its own: all that they tell is wanted.
        return new TaskHistory(run, { after: 0, onRecord });
      }
      if (previousRunId === undefined) throw tooLongAgo();
      runId = previousRunId;
    }
  } catch (err) {
    throw isNotFound(err) ? tooLongAgo(err) : err;
  }
}

interface RunStart {
  readonly start: TaskStart;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly previousRunId: string | undefined;
}

async function readStart({ client, decode, workflowId, runId }: HistorySource): Promise<RunStart> {
  const run = runId === undefined ? {} : { runId };
  const page = await withinDeadline(client, () =>
    readPage(client, { workflowId, ...run, waitNewEvent: false, maximumEvents: 1 }),
  );
  const [event] = page.events;
  const started = event?.workflowExecutionStartedEventAttributes;
  if (!event || !started) throw new Error('a history that does not begin with its start');
  return {
    start: (await decode(started.input?.payloads?.[0])) as TaskStart,
    startedAt: timeOf(event),
    // Empty where there is none.
    previousRunId: [started.continuedExecutionRunId ?? ''].find((id) => id !== ''),
  };
}

async function readToItsEnd({ client }: HistorySource, history: TaskHistory): Promise<void> {
  while (!history.isCaughtUp) await withinDeadline(client, () => history.next(false));
}

function isOver({ task }: TaskFold): boolean {
  return isTerminal(task.status.state);
}

function failedStepsOf(recorded: Recorded): readonly string[] {
  return recorded.kind === 'decision' ? (recorded.decision.failedSteps ?? []) : [];
}

function tooLongAgo(cause?: unknown): TaskError {
  const text = 'that part of the task is no longer kept; try it again from a later step';
  return new TaskError(TaskErrorReason.invalid, text, cause);
}
