// One attempt of a turn: takes over where another may be at work, runs the author's function, says what came of it.
// It knows no activity: `run-skill.ts` calls it in one, `testing/` without.

import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { PartStore } from '../storage/part-store';
import { isFault, isNotFound } from '../temporal/grpc-failure';
import type { TakenOver } from '../temporal/takeover';
import { TaskError } from '../temporal/task-error';
import type { TurnInput, TurnOutcome } from '../workflows/contract';
import type { Batch } from '../workflows/emission';
import { jsonBytes } from '../workflows/json-bytes';
import type { TaskFold } from '../workflows/task-fold';
import { artifactsAtCheckpoint } from '../workflows/task-state';
import { conclude, type Ended, type Turn } from './conclude';
import type { LongLog } from './batch-stream';
import { Emitter, type Pace } from './emitter';
import { readable } from './error-text';
import { PartIntake } from './part-intake';
import { here, type Place } from './place';
import { RunArtifacts } from './run-artifacts';
import type { Skill, SkillLog } from './skill';
import { SkillRun, type RunOptions } from './skill-run';
import type { StopWatch } from './stop-watch';
import { owningStrayErrors } from './stray-errors';

/** Between two tries to ask Temporal what was recorded. */
const RETRY_MS = 500;

const STRAY = 'the skill left an error that nobody caught';

/** What a run is given by whoever calls for the attempt. */
type Surroundings = Pick<RunOptions, 'continueUrl' | 'clock' | 'followUps' | 'readTask'>;

export interface AttemptOptions extends Surroundings {
  readonly given: TurnInput;
  readonly attempt: number;
  readonly skill: Skill;
  readonly store: PartStore;
  readonly stop: StopWatch;
  readonly log: SkillLog;
  /** Where the function runs. Default: here. */
  readonly place?: Place;
  /** Default: as Temporal likes it. */
  readonly pace?: Pace;
  /** Records a batch. */
  send(batch: Batch): Promise<void>;
  /** See `EmitterOptions.log`. */
  readonly longLog?: LongLog;
  /** See `Tasks.takeOver`. */
  takeOver(speaker: Pick<Batch, 'turn' | 'attempt'>): Promise<TakenOver>;
}

/** @throws RunStopped when another attempt has to follow. */
export async function runAttempt(options: AttemptOptions): Promise<TurnOutcome> {
  const { attempt, skill, store, stop, log, pace, longLog } = options;
  const { input, firstBatch, lanes, failure } = await begin(options);
  const emitter = new Emitter({
    turn: input.turn,
    ...{ attempt, firstBatch, store, lanes },
    inlineBytes: input.inlineBytes,
    send: (batch) => options.send(batch),
    signal: stop.now,
    onFailure: (err) => {
      stop.because(isNotFound(err) ? 'task-gone' : 'unrecordable');
    },
    ...(pace && { pace }),
    ...(longLog && { log: longLog }),
    batchesBefore: input.batchesBefore ?? 0,
  });
  try {
    const intake = new PartIntake(store, stop.now);
    const artifacts = new RunArtifacts();
    const turn = { input, attempt, emitter, store, intake, artifacts, stop };
    const { continueUrl, clock, followUps, readTask, place = here(skill) } = options;
    const surroundings = { continueUrl, clock, followUps, readTask };
    const ended = failure ?? (await perform({ ...turn, place, log, ...surroundings }));
    // Branches of the function that still run have nobody to speak to.
    if (ended.kind !== 'result' && ended.kind !== 'told') emitter.close();
    if (ended.kind === 'threw') {
      log.error(ended.isStray ? STRAY : 'the skill threw', { err: ended.error, attempt });
    }
    return await conclude(ended, turn);
  } finally {
    emitter.close();
  }
}

interface Begun {
  readonly input: TurnInput;
  readonly firstBatch: number;
  /** See `EmitterOptions.lanes`. */
  readonly lanes: TaskFold['lanes'];
  readonly failure?: Ended;
}

/** Where Temporal has retried the activity by itself, the attempt before may be at work, and has done things. */
async function begin(options: AttemptOptions): Promise<Begun> {
  const { given, attempt, stop } = options;
  const asGiven = { input: given, firstBatch: 0, lanes: new Map() };
  const isRetry = attempt > given.attemptsBefore + 1;
  if (!isRetry || given.replies) return asGiven;
  const speaker = { turn: given.turn, attempt };
  try {
    const { fold, batches: batchesBefore } = await untilAnswered(
      () => options.takeOver(speaker),
      stop.now,
    );
    const { journal, read: answered, task } = fold;
    const inlineBytes = jsonBytes(artifactsAtCheckpoint(fold));
    const held = { inlineBytes, batchesBefore, answered, history: task.history };
    const input = { ...given, ...held, ...(journal && { journal }) };
    return { input, firstBatch: 1, lanes: fold.lanes };
  } catch (error) {
    if (isNotFound(error) || error instanceof TaskError) stop.because('task-gone');
    return { ...asGiven, failure: { kind: 'threw', error } };
  }
}

async function untilAnswered<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (err) {
      if (!isFault(err) || signal.aborted) throw err;
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}

interface Performance extends Turn, Surroundings {
  readonly place: Place;
  readonly log: SkillLog;
}

/** Runs the author's function until it ends, asks, or outlives its grace after a stop. */
async function perform(performance: Performance): Promise<Ended> {
  const { place, stop, input, log } = performance;
  return new Promise<Ended>((settle) => {
    let isOver = false;
    const resolve = (ended: Ended): void => {
      isOver = true;
      settle(ended);
    };
    // What still runs beside the line that the function waits at has nobody to work for.
    const over = new AbortController();
    // A skill may have any number of steps and sleeps side by side; Node warns of more than ten.
    setMaxListeners(0, over.signal);
    const onStop = (): void => {
      over.abort(stop.now.reason);
    };
    stop.now.addEventListener('abort', onStop);
    const suspend: RunOptions['suspend'] = (why) => {
      resolve(
        why.state === 'asleep' ? { kind: 'sleeps', sleep: why } : { kind: 'asks', question: why },
      );
      over.abort(new Error('the run has ended: the task waits'));
    };
    let run: SkillRun | undefined;
    const fail = (thrown: unknown, isStray = false): void => {
      const error = readable(thrown);
      resolve({ kind: 'threw', error, failedSteps: run?.failedSteps ?? [], isStray });
      over.abort(new Error('the run has failed'));
    };
    const onStray = (error: unknown): void => {
      // A branch that nobody waits for was told to stop, and has stopped.
      if (over.signal.aborted && error === over.signal.reason) return;
      // What ends the run is logged as its end.
      if (isOver) log.error(STRAY, { err: readable(error) });
      else fail(error, true);
    };
    owningStrayErrors(onStray, () => {
      SkillRun.open({ ...performance, signal: over.signal, suspend })
        .then((opened) => {
          run = opened;
          return opened.through(place);
        })
        .then(
          (done) => {
            resolve({ ...done, failedSteps: run?.failedSteps ?? [] });
            over.abort(new Error('the run is over'));
          },
          (error: unknown) => {
            fail(error);
          },
        );
    });
    stop.now.addEventListener('abort', () => {
      void delay(input.limits.cancelGraceMs).then(() => {
        resolve({ kind: 'abandoned' });
      });
    });
  }).finally(() => place.close());
}
