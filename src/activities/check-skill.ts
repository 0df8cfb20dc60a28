// What a skill has to be, and what its limits are where it sets none.

import { z } from 'zod';
import type { TurnLimits } from '../workflows/contract';
import type { Skill, SkillLimits } from './skill';
import { MAX_RUNNING_SKILLS } from './skill-queue';

const DEFAULT_LIMITS: TurnLimits = {
  timeoutMs: 3_600_000,
  maximumAttempts: 5,
  // Five missed beats of the slowest worker; a longer silence delays recovery by as much.
  heartbeatTimeoutMs: 5_000,
  cancelGraceMs: 2_000,
  answerTimeoutMs: 30 * 86_400_000,
};

/** Timers of Node cannot wait longer. */
const TIMER_MAX_MS = 2_147_483_647;

/** With less a thread ends before it has loaded a skill. */
const MEMORY_MIN_MB = 16;

const milliseconds = z.number().int().positive().max(TIMER_MAX_MS);
const strings = z.array(z.string().min(1));

const skillSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be 1-100 of A-Z a-z 0-9 . _ -'),
  name: z.string().min(1),
  description: z.string().min(1),
  tags: strings.min(1, 'needs at least one tag: clients refuse a card without'),
  examples: strings.optional(),
  inputModes: strings.optional(),
  outputModes: strings.optional(),
  limits: z
    .strictObject({
      timeoutMs: milliseconds,
      maximumAttempts: z.number().int().min(1).max(1_000),
      heartbeatTimeoutMs: milliseconds.min(1_000),
      cancelGraceMs: milliseconds.max(600_000),
      answerTimeoutMs: z.number().int().positive(),
      thread: z.boolean(),
      memoryMb: z.number().int().min(MEMORY_MIN_MB),
      concurrency: z.number().int().min(1).max(MAX_RUNNING_SKILLS),
      priority: z.number().int().min(1).max(5),
    })
    .partial()
    .refine(({ memoryMb, thread }) => memoryMb === undefined || thread === true, {
      path: ['memoryMb'],
      error: 'bounds the memory of a thread: set `thread: true` too',
    })
    .optional(),
  replies: z.boolean().optional(),
  extended: z.boolean().optional(),
  accepts: z.custom<Skill['accepts']>((f) => typeof f === 'function').optional(),
  run: z.custom<Skill['run']>((f) => typeof f === 'function', 'must be an async function'),
});

/**
 * Throws where a plain object is not a skill; returns the object itself, with its own `this`.
 * @param claim what the error begins with: which object has to be one.
 */
export function checkSkill(candidate: unknown, claim: string): Skill {
  const checked = skillSchema.safeParse(candidate);
  if (checked.success) return candidate as Skill;
  throw new Error(`${claim}:\n${z.prettifyError(checked.error)}`);
}

/**
 * Members of a skill that nothing reads, such as a misspelled `accept`. What is of a class may have fields of its
 * own.
 */
export function unreadMembers(skill: Skill): readonly string[] {
  const prototype: unknown = Object.getPrototypeOf(skill);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain ? Object.keys(skill).filter((key) => !Object.hasOwn(skillSchema.shape, key)) : [];
}

/** All that a skill may have. */
export const SKILL_MEMBERS: readonly string[] = Object.keys(skillSchema.shape);

/** What is recorded with a task. How many run at once is for each worker to say. */
export function limitsOf(limits: SkillLimits | undefined): TurnLimits {
  const { concurrency: _, ...recorded } = limits ?? {};
  const set = Object.entries(recorded).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(set) };
}
