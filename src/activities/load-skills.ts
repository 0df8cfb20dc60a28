// Gathers the skills of this process: the user's own first, then the shipped ones; checks each.

import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { TurnLimits } from '../workflows/contract';
import type { Skill, SkillLimits } from './skill';
import { exportedBy } from './skill-module';
import { MAX_RUNNING_SKILLS } from './skill-queue';
import { owningStrayErrors } from './stray-errors';
import { shippedSkills, type ShippedSettings } from './skills';

const DEFAULT_LIMITS: TurnLimits = {
  timeoutMs: 3_600_000,
  maximumAttempts: 5,
  // Five missed beats of the slowest worker; a longer silence delays recovery by as much.
  heartbeatTimeoutMs: 5_000,
  cancelGraceMs: 2_000,
  answerTimeoutMs: 30 * 86_400_000,
};

/** A thread loads its skill again. */
const files = new WeakMap<Skill, string>();

/** Timers of Node cannot wait longer. */
const TIMER_MAX_MS = 2_147_483_647;

/** With less a thread ends before it has loaded a skill. */
const MEMORY_MIN_MB = 16;

const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

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

/** Told what a module leaves uncaught outside of any run: in a timer or a connection of its own. */
type OnStray = (error: unknown, file: string) => void;

/**
 * @param sources modules or folders, relative to the working directory; see `SKILLS`.
 * @param settings of the shipped skills. Default: those that need any are left out.
 * @param onStray where stray errors are caught (see `catchStrayErrors`). Default: they belong to nobody.
 * @throws Error that names the file and what is wrong with it.
 */
export async function loadSkills(
  sources: readonly string[],
  settings: ShippedSettings = {},
  onStray?: OnStray,
): Promise<readonly Skill[]> {
  const skills: Skill[] = [];
  for (const source of sources) {
    for (const file of await filesOf(resolve(source))) {
      const load = (): Promise<readonly Skill[]> => loadFile(file);
      const loading =
        onStray === undefined ? load() : owningStrayErrors((err) => onStray(err, file), load);
      skills.push(...(await loading));
    }
  }
  const own = new Set(skills.map(({ id }) => id));
  if (own.size < skills.length)
    throw new Error(`SKILLS: two skills have the id "${twice(skills)}"`);
  const shipped = shippedSkills(settings);
  for (const skill of shipped) files.set(skill, require.resolve('./skills'));
  // A skill of the user's takes the place of a shipped one with its id.
  return [...skills, ...shipped.filter(({ id }) => !own.has(id))];
}

/** What is recorded with a task. How many run at once is for each worker to say. */
export function limitsOf(limits: SkillLimits | undefined): TurnLimits {
  const { concurrency: _, ...recorded } = limits ?? {};
  const set = Object.entries(recorded).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(set) };
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Error(`SKILLS: there is no module or folder ${path}`);
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter(
    (name) => EXTENSIONS.includes(extname(name)) && !/\.(test|spec|d)\.[cm]?[jt]s$/.test(name),
  );
  return names.sort().map((name) => join(path, name));
}

async function loadFile(file: string): Promise<readonly Skill[]> {
  let loaded: readonly unknown[];
  try {
    loaded = await exportedBy(file);
  } catch (err) {
    throw new Error(`SKILLS: ${file} cannot be loaded: ${String(err)}`, { cause: err });
  }
  const skills = loaded.map((candidate) =>
    checkSkill(candidate, `SKILLS: ${file} must default-export a skill or a list of skills`),
  );
  for (const skill of skills) files.set(skill, file);
  return skills;
}

/** The module that default-exports the skill; undefined when it was not loaded. */
export function fileOf(skill: Skill): string | undefined {
  return files.get(skill);
}

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

function twice(skills: readonly Skill[]): string {
  const ids = skills.map(({ id }) => id);
  return ids.find((id, index) => ids.indexOf(id) !== index) ?? '';
}
