// What a skill does once: steps, sleeps, times and ids, answered from the journal where a run before did them.

import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomUUID } from 'node:crypto';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { PartStore } from '../storage/part-store';
import type { JournalCall, StepError } from '../workflows/journal';
import type { BegunArtifacts } from './begun-artifacts';
import { isFinal, textOf } from './error-text';
import { misfit, type Journal } from './journal';
import { SkillError, type Schema, type StepOptions, type StepScope } from './skill';
import { decodeResult, encodeResult } from './step-result';
import { attemptStep, checkStep } from './step-attempt';

/** A sleep that has less to go costs less where it is than in the workflow. */
const SLEEP_IN_PLACE_MS = 2_000;

/** A run that has done nothing but sleep for so long has no other branch at work. */
const IDLE_MS = 500;

/** More than anyone reads; branches may fail by the thousand. */
const FAILED_STEPS_MAX = 10;

/** What servers take as an idempotency key. */
const KEY_MAX = 255;

/** What time it is, in epoch milliseconds. */
export interface Clock {
  now(): number;
}

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
  closeStep(id: string): Promise<void>;
  /** Ends the run until then, in epoch milliseconds, or until a message comes where one is waited for. */
  suspend(until: number, hears: boolean): Promise<never>;
}

export class Steps {
  private readonly options: StepsOptions;
  private readonly ids = new Set<string>();
  private readonly open = new Set<string>();
  /** Calls that wait for a message. */
  private readonly waits = new Set<string>();
  /** Of steps whose error the function may yet be ended by. */
  private failures: JournalCall[] = [];
  private readonly inStep = new AsyncLocalStorage<string>();
  private readonly sleeps = new Set<number>();
  private touchedAt = 0;

  constructor(options: StepsOptions) {
    this.options = options;
  }

  /** The step in which the caller runs. */
  get current(): string | undefined {
    return this.inStep.getStore();
  }

  /** The function does something else than sleep. */
  touch(): void {
    this.touchedAt = this.options.clock.now();
  }

  async step<T>(
    name: string,
    run: (step: StepScope) => T | Promise<T>,
    options: StepOptions<T> = {},
  ): Promise<T> {
    checkStep(name, options);
    const { id, call } = await this.ask(name);
    if (call === undefined) return this.perform(id, run, options);
    switch (call.kind) {
      case 'step': {
        const value = await decodeResult(call.result, this.options.store);
        return read(value, options.schema, (reason) =>
          misfit(id, `reads its result by another schema: ${reason}`),
        );
      }
      case 'failed':
        throw revive(call.error);
      case 'sleep':
      case 'message':
        throw misfit(id, `has a step of that name`);
    }
  }

  async sleep(until: number | Date): Promise<void> {
    const due = typeof until === 'number' ? this.options.clock.now() + until : until.getTime();
    if (!Number.isFinite(due)) {
      const text = `ctx.sleep takes milliseconds or a Date, not ${String(until)}`;
      throw new SkillError(text, { retryable: false });
    }
    const { id, call } = await this.ask('ctx.sleep');
    if (call !== undefined && call.kind !== 'sleep') throw misfit(id, 'sleeps there');
    if (call === undefined)
      await this.record({ kind: 'sleep', id, until: due, at: this.options.clock.now() });
    await this.untilDue(call?.until ?? due);
  }

  async now(): Promise<Date> {
    return new Date(await this.step('ctx.now', () => this.options.clock.now()));
  }

  uuid(): Promise<string> {
    return this.step('ctx.uuid', () => randomUUID());
  }

  /** Waits for what comes from outside: meanwhile a sleep beside it may end the run. */
  async waiting<T>(id: string, wait: () => Promise<T>): Promise<T> {
    this.waits.add(id);
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
    this.options.artifacts.restore(call?.began ?? []);
    return { id, call };
  }

  /** The id of the next call of this name: its place in the journal. */
  async place(name: string): Promise<string> {
    const outer = this.inStep.getStore();
    if (outer !== undefined) {
      const text = `"${name}" was called inside the step "${outer}", and steps do not nest: call it before or after`;
      throw new SkillError(text, { retryable: false });
    }
    this.touch();
    const id = this.idOf(name);
    const failures = await this.caughtFailures();
    if (failures.length > 0) await this.options.journal?.add(failures);
    return id;
  }

  private idOf(name: string): string {
    let id = name;
    for (let call = 2; this.ids.has(id); call += 1) id = `${name}#${String(call)}`;
    this.ids.add(id);
    return id;
  }

  private async perform<T>(
    id: string,
    run: (step: StepScope) => T | Promise<T>,
    options: StepOptions<T>,
  ): Promise<T> {
    const { store, signal } = this.options;
    const at = this.options.clock.now();
    const ms = (): number => this.options.clock.now() - at;
    this.open.add(id);
    let made: Awaited<ReturnType<typeof encodeResult>>;
    let value: T;
    try {
      const scoped = (step: StepScope): Promise<T> => this.inStep.run(id, async () => run(step));
      const told = (): Promise<void> => this.options.closeStep(id);
      const attempts = attemptStep(scoped, { ...options, id, key: this.keyOf(id), signal });
      const returned = await attempts.finally(told);
      made = await encodeResult(returned, store, options.schema !== undefined);
      value = read(made.value, options.schema, (reason) => unfit(id, reason));
    } catch (err) {
      this.open.delete(id);
      // After a stop nothing is sure but that the run has to end.
      if (!signal.aborted) {
        const failure = { kind: 'failed', id, at, ms: ms(), error: kept(err) } as const;
        this.failures.push({ ...failure, ...this.beganIn(id) });
      }
      throw err;
    }
    this.open.delete(id);
    const { result } = made;
    await this.record({ kind: 'step', id, at, ms: ms(), ...(result && { result }) });
    return value;
  }

  /** With the failures before it: the function has gone on after them, so a later run has to meet them too. */
  async record(call: JournalCall): Promise<void> {
    const underWay = [...this.open, ...this.waits].filter((id) => id !== call.id);
    const open = underWay.length === 0 ? {} : { open: underWay };
    const failures = await this.caughtFailures();
    await this.options.journal?.add([...failures, { ...call, ...open, ...this.beganIn(call.id) }]);
    this.touch();
  }

  private beganIn(id: string): Pick<JournalCall, 'began'> {
    const began = this.options.artifacts.of(id);
    return began.length === 0 ? {} : { began };
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

  /** In place when there is little to go or another branch is at work; else the run ends until then. */
  private async untilDue(due: number): Promise<void> {
    const { signal, journal } = this.options;
    this.sleeps.add(due);
    try {
      for (;;) {
        const left = due - this.options.clock.now();
        if (left <= 0) return;
        if (journal !== undefined && left > SLEEP_IN_PLACE_MS && this.isIdle) {
          await this.options.suspend(Math.min(...this.sleeps), this.waits.size > 0);
        }
        await delay(Math.min(left, IDLE_MS), undefined, { signal });
      }
    } finally {
      this.sleeps.delete(due);
    }
  }

  private get isIdle(): boolean {
    return this.open.size === 0 && this.options.clock.now() - this.touchedAt >= IDLE_MS;
  }

  private keyOf(id: string): string {
    const key = `${this.options.origin}:${encodeURIComponent(id)}`;
    if (key.length <= KEY_MAX) return key;
    return `${this.options.origin}:${createHash('sha256').update(id).digest('hex')}`;
  }
}

function read<T>(
  value: unknown,
  schema: Schema<T> | undefined,
  wrong: (reason: string) => Error,
): T {
  if (schema === undefined) return value as T;
  try {
    return schema.parse(value);
  } catch (err) {
    throw wrong(err instanceof z.ZodError ? z.prettifyError(err) : textOf(err));
  }
}

function unfit(id: string, reason: string): SkillError {
  const text = `the result of step "${id}" does not fit its schema: ${reason}`;
  return new SkillError(text, { retryable: true });
}

function kept(error: unknown): StepError {
  const name = error instanceof Error ? error.name : 'Error';
  return { name, message: textOf(error), ...(isFinal(error) && { retryable: false }) };
}

function revive({ message, ...rest }: StepError): Error {
  return Object.assign(new Error(message), rest);
}
