// One step's tries: its time limit, its waits, and what is given to its function.

import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { isFinal } from './error-text';
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

const waitMs = z.number().min(0).max(TIMER_MAX_MS);

const stepSchema = z.object({
  // Half a surrogate pair can be in no key.
  name: z.string().min(1).max(NAME_MAX).refine(isWellFormed, 'must be well-formed text'),
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
});

function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}

/** @throws SkillError that names what is wrong. */
export function checkStep(name: string, { timeoutMs, retry }: AnyStepOptions<unknown>): void {
  const checked = stepSchema.safeParse({ name, timeoutMs, retry });
  if (checked.success) return;
  const text = `ctx.step(${JSON.stringify(name)}):\n${z.prettifyError(checked.error)}`;
  throw new SkillError(text, { retryable: false });
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
    } catch (err) {
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
