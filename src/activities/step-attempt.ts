// One step's tries: its time limit, its waits, and what is given to its function.

import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { isFinal, readable } from './error-text';
import { checkSchema } from './schema';
import { SkillError, type AnyStepOptions, type StepScope } from './skill';

/** As long as other names that a skill gives. */
const NAME_MAX = 256;

/** Timers of Node cannot wait longer. */
const TIMER_MAX_MS = 2_147_483_647;

const RETRY = {
  maximumAttempts: 1,
  initialIntervalMs: 1_000,
  backoffCoefficient: 2,
  maximumIntervalMs: 60_000,
} as const;

const STEP_OPTIONS = ['retry', 'timeoutMs', 'schema'] as const;

const waitMs = z.number().min(0).max(TIMER_MAX_MS);

const stepSchema = z.strictObject({
  // Half a surrogate pair can be in no key.
  name: z.string().min(1).max(NAME_MAX).refine(isWellFormed, 'must be well-formed text'),
  run: z.custom(isFunction, 'must be a function: ctx.step(name, fn, options?)'),
  timeoutMs: z.number().positive().max(TIMER_MAX_MS).optional(),
  retry: z
    .strictObject({
      maximumAttempts: z.number().int().min(1),
      initialIntervalMs: waitMs,
      backoffCoefficient: z.number().min(1),
      maximumIntervalMs: waitMs,
    })
    .partial()
    .optional(),
  schema: z.unknown().optional(),
});

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

/** @throws SkillError that names what is wrong. */
export function checkStep(name: unknown, run: unknown, options: unknown): void {
  const call = `ctx.step(${typeof name === 'string' ? JSON.stringify(name) : String(name)})`;
  const checked = stepSchema.safeParse(asOptions(options, { name, run }));
  if (!checked.success) {
    const known = `the options of a step are ${STEP_OPTIONS.join(', ')}`;
    const isUnknown = checked.error.issues.some(({ code }) => code === 'unrecognized_keys');
    const text = `${call}:\n${z.prettifyError(checked.error)}${isUnknown ? `; ${known}` : ''}`;
    throw new SkillError(text, { retryable: false });
  }
  if (checked.data.schema !== undefined) checkSchema(checked.data.schema, call);
}

function asOptions(options: unknown, rest: object): unknown {
  if (typeof options === 'object' && options !== null) return { ...options, ...rest };
  throw new SkillError('ctx.step: its options are an object', { retryable: false });
}

interface AttemptOptions extends Pick<AnyStepOptions<unknown>, 'retry' | 'timeoutMs'> {
  readonly id: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Rejects with the error of the last try, or of the first that is final. */
export async function attemptStep<T>(
  run: (step: StepScope) => Promise<T>,
  options: AttemptOptions,
): Promise<T> {
  const { signal } = options;
  const retry = { ...RETRY, ...options.retry };
  let waitMs: number = retry.initialIntervalMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce(run, options);
    } catch (thrown) {
      const err = readable(thrown);
      if (attempt >= retry.maximumAttempts || isFinal(err) || signal.aborted) throw err;
    }
    await delay(Math.min(waitMs, retry.maximumIntervalMs), undefined, { signal });
    waitMs *= retry.backoffCoefficient;
  }
}

async function attemptOnce<T>(
  run: (step: StepScope) => Promise<T>,
  { id, key, signal, timeoutMs }: AttemptOptions,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const onStop = (): void => {
    controller.abort(signal.reason);
  };
  signal.addEventListener('abort', onStop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    if (timeoutMs === undefined) return;
    timer = setTimeout(() => {
      const error = new Error(`step "${id}" took longer than ${String(timeoutMs)} ms`);
      controller.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([run({ key, signal: controller.signal }), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onStop);
  }
}
