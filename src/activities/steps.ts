// What a skill does once: steps, sleeps, times and ids, answered from the journal where a run before did them.

import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { PartStore } from '../storage/part-store';
import type { JournalCall } from '../workflows/journal';
import type { BegunArtifacts } from './begun-artifacts';
import { isError, issuesOf, textOf } from './error-text';
import { misfit, type Journal } from './journal';
import { readBy } from './schema';
import { SkillError, type AnyStepOptions, type Schema, type StepScope } from './skill';
import { Sleeps, dueAt, type Clock } from './sleeps';
import { decodeResult, encodeResult } from './step-result';
import { attemptStep, checkStep } from './step-attempt';
import { keptError, revivedError } from './step-error';
import { StepIds } from './step-ids';
import { StepTries } from './step-tries';

/** More than anyone reads; branches may fail by the thousand. */
const FAILED_STEPS_MAX = 10;

export interface StepsOptions {
  /** Absent in a skill that replies: it has no task to hold a journal. */
  readonly journal: Journal | undefined;
  readonly store: PartStore;
  /** What keys begin with: the id of the task that the journal began with. */
  readonly origin: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly artifacts: BegunArtifacts;
  /** What a step that comes to its end has held back goes on. */
  releaseStep(id: string): Promise<void>;
  /** Another try of a step begins: what the one before has said and opened is said and opened again. */
  retryStep(id: string): void;
  /** Ends the run until then, in epoch milliseconds, or until a message comes where one is waited for. */
  suspend(until: number, hears: boolean): Promise<never>;
}

export class Steps {
  private readonly options: StepsOptions;
  private readonly ids: StepIds;
  private readonly open = new Set<string>();
  /** Calls that wait for a message. */
  private readonly waits = new Set<string>();
  /** Steps and waits that no entry has told of. */
  private untold: string[] = [];
  /** Of steps whose error the function may yet be ended by. */
  private failures: JournalCall[] = [];
  private readonly sleeps: Sleeps;
  readonly tries = new StepTries();
  /** How many calls have come back to the function. */
  returned = 0;

  constructor(options: StepsOptions) {
    this.options = options;
    this.ids = new StepIds(options.origin);
    const { clock, signal, journal } = options;
    this.sleeps = new Sleeps({
      ...{ clock, signal },
      isAtWork: () => this.open.size > 0,
      suspend: journal && ((until) => options.suspend(until, this.waits.size > 0)),
    });
  }

  /** The function does something else than sleep. */
  touch(): void {
    this.sleeps.touch();
  }

  /** Without a schema whoever calls it says what its function returns. */
  async step<T>(
    name: string,
    run: (step: StepScope) => unknown,
    options: AnyStepOptions<T> = {},
  ): Promise<T> {
    checkStep(name, run, options);
    const { id, call } = await this.ask(name);
    if (call === undefined) return this.perform(id, run, options);
    switch (call.kind) {
      case 'step': {
        const value = await decodeResult(call.result, this.options.store);
        // Before its turn: who came first comes first, however long the schema takes.
        const result = await read(value, options.schema, (reason) =>
          misfit(id, `reads its result by another schema: ${reason}`),
        );
        await this.turn(id);
        return result;
      }
      case 'failed':
        await this.turn(id);
        throw revivedError(call.error);
      case 'sleep':
      case 'message':
        throw misfit(id, `has a step of that name`);
    }
  }

  async sleep(until: number | Date): Promise<void> {
    const now = this.options.clock.now();
    const due = dueAt(until, now);
    const { id, call } = await this.ask('ctx.sleep');
    if (call !== undefined && call.kind !== 'sleep') throw misfit(id, 'sleeps there');
    if (call === undefined) await this.record({ kind: 'sleep', id, until: due, at: now });
    await this.sleeps.untilDue(call?.until ?? due);
    await this.turn(id);
  }

  async now(): Promise<Date> {
    return new Date(await this.step<number>('ctx.now', () => this.options.clock.now()));
  }

  uuid(): Promise<string> {
    return this.step('ctx.uuid', () => randomUUID());
  }

  /** Waits for what comes from outside: meanwhile a sleep beside it may end the run. */
  async waiting<T>(id: string, wait: () => Promise<T>): Promise<T> {
    this.waits.add(id);
    this.untold.push(id);
    try {
      return await wait();
    } finally {
      this.waits.delete(id);
    }
  }

  /** What the journal has of the next call of this name. */
  private async ask(
    name: string,
  ): Promise<{ readonly id: string; readonly call: JournalCall | undefined }> {
    const id = await this.place(name);
    const call = await this.options.journal?.take(id);
    this.options.artifacts.restore(call?.artifacts ?? {});
    return { id, call };
  }

  /** The id of the next call of this name: its place in the journal. */
  async place(name: string): Promise<string> {
    const outer = this.tries.step;
    if (outer !== undefined) {
      const text = `"${name}" was called inside the step "${outer}", and steps do not nest: call it before or after`;
      throw new SkillError(text, { retryable: false });
    }
    this.touch();
    const id = this.ids.next(name);
    const failures = await this.caughtFailures();
    if (failures.length > 0) await this.options.journal?.add(failures);
    return id;
  }

  private async perform<T>(
    id: string,
    run: (step: StepScope) => unknown,
    options: AnyStepOptions<T>,
  ): Promise<T> {
    const { store, signal } = this.options;
    const at = this.options.clock.now();
    const ms = (): number => this.options.clock.now() - at;
    this.open.add(id);
    this.untold.push(id);
    let made: Awaited<ReturnType<typeof encodeResult>>;
    let value: T;
    try {
      const scoped = this.tries.of(id, run, () => this.options.retryStep(id));
      const told = (): Promise<void> => this.options.releaseStep(id);
      const attempts = attemptStep(scoped, { ...options, id, key: this.ids.keyOf(id), signal });
      const returned = await attempts.finally(told);
      made = await encodeResult(returned, store, { id, isRead: options.schema !== undefined });
      value = await read(made.value, options.schema, (reason) => unfit(id, reason));
    } catch (err) {
      this.open.delete(id);
      // After a stop nothing is sure but that the run has to end.
      if (signal.aborted) throw err;
      const error = keptError(err);
      await this.fail({ kind: 'failed', id, at, ms: ms(), error, ...this.didIn(id) });
      // Later runs get an error for it, so this one does too.
      throw isError(err) && issuesOf(err) === undefined ? err : revivedError(error);
    }
    this.open.delete(id);
    const { result } = made;
    await this.record({ kind: 'step', id, at, ms: 0, ...(result && { result }) });
    await this.turn(id);
    return value;
  }

  private async fail(failure: JournalCall): Promise<void> {
    this.failures.push(failure);
    this.options.journal?.place(failure);
    await this.turn(failure.id);
  }

  /** Until the call is to come back to the function. */
  async turn(id: string): Promise<void> {
    await this.options.journal?.turn(id);
    this.returned += 1;
  }

  /** With the failures before it: the function has gone on after them, so a later run has to meet them too. */
  async record(call: JournalCall): Promise<void> {
    const failures = await this.caughtFailures();
    const open = this.untold.filter(
      (id) => id !== call.id && (this.open.has(id) || this.waits.has(id)),
    );
    this.untold = [];
    const entry = {
      ...call,
      // A step is over where it takes its place, and not before.
      ...(call.kind === 'step' && { ms: this.options.clock.now() - call.at }),
      ...(open.length > 0 && { open }),
      ...this.didIn(call.id),
    };
    this.options.journal?.place(entry);
    await this.options.journal?.add([...failures, entry]);
    this.touch();
  }

  private didIn(id: string): Pick<JournalCall, 'artifacts'> {
    const artifacts = this.options.artifacts.of(id);
    return artifacts === undefined ? {} : { artifacts };
  }

  /** Steps whose errors nothing has been recorded of, the first ones: the function was ended by them. */
  get failedSteps(): readonly string[] {
    return this.failures.slice(0, FAILED_STEPS_MAX).map(({ id }) => id);
  }

  /** The end of the run: of what it has not recorded yet, what a later one has to meet. */
  leftFailures(): readonly JournalCall[] {
    return this.failures.splice(0);
  }

  /** Of failed steps, those that the function has not been ended by. */
  private async caughtFailures(): Promise<readonly JournalCall[]> {
    if (this.failures.length === 0) return [];
    // An error on its way out of the function is out of it by then.
    await setImmediate();
    if (this.options.signal.aborted) return new Promise(() => undefined);
    return this.failures.splice(0);
  }
}

async function read<T>(
  value: unknown,
  schema: Schema<T> | undefined,
  wrong: (reason: string) => Error,
): Promise<T> {
  if (schema === undefined) return value as T;
  try {
    return await readBy(schema, value);
  } catch (err) {
    throw wrong(textOf(err));
  }
}

function unfit(id: string, reason: string): SkillError {
  const text = `the result of step "${id}" does not fit its schema: ${reason}`;
  return new SkillError(text, { retryable: true });
}
