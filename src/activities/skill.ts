// What a skill author writes against: the skill, its context and its results.
// Imported by skills only for types and checks; a plain object of this shape works as well.

import type { ContentPart, Message } from '../workflows/task';
import type { SkillContext } from './skill-context';
import type { SkillResult } from './skill-result';

/** Bounds of one skill. Every skill has all of them (D8); unset ones take the defaults. */
export interface SkillLimits {
  /** One run of the skill, in milliseconds. Default 3,600,000. */
  readonly timeoutMs?: number;
  /** Runs after which an error of the skill is final. Lost workers do not count. Default 5. */
  readonly maximumAttempts?: number;
  /** Silence after which a worker counts as lost, in milliseconds. Default 5,000. */
  readonly heartbeatTimeoutMs?: number;
  /** Time for a canceled skill to clean up, in milliseconds; then it is abandoned. Default 2,000. */
  readonly cancelGraceMs?: number;
  /** How long a question waits for its answer, in milliseconds. Default 30 days. */
  readonly answerTimeoutMs?: number;
  /**
   * Runs in a worker thread of its own: for a skill that computes, because on the main thread it would
   * stop every other run of its worker. Default false.
   */
  readonly thread?: boolean;
  /** Of the thread's heap, in MiB; beyond it the run has failed. Only with `thread`. Default: V8's own. */
  readonly memoryMb?: number;
  /** Runs of this skill at once in one worker; others wait in Temporal. Default: as many as there is room for. */
  readonly concurrency?: number;
  /** 1 is served first, 5 last, when more waits than workers take. Default 3. */
  readonly priority?: number;
}

export interface Skill {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** At least one: clients refuse a card without. */
  readonly tags: readonly string[];
  readonly examples?: readonly string[];
  /**
   * Media types that a message may have which opens a task, e.g. `image/*`: a part with another one is
   * refused. Parts without a media type pass. Default: any.
   */
  readonly inputModes?: readonly string[];
  readonly outputModes?: readonly string[];
  readonly limits?: SkillLimits;
  /**
   * The skill answers with one Message instead of a task (A2A §3.1.1), so it must return `reply(…)`
   * (or `failed`, `rejected`: the caller gets an error). Progress is not told to anybody, and there
   * are no artifacts and no questions. Default: false.
   */
  readonly replies?: boolean;
  /** Listed on the extended card alone, and named in no error; it takes messages all the same. Default: false. */
  readonly extended?: boolean;
  /** Whether this skill takes a message that names none. Default: it does not. Must be quick and pure. */
  accepts?(message: Message<ContentPart>): boolean;
  run(ctx: SkillContext): Promise<SkillResult>;
}

/** Returns the skill as it is; adds types. Loading checks it (see `load-skills.ts`). */
export function defineSkill(skill: Skill): Skill {
  return skill;
}

export {
  SkillError,
  canceled,
  completed,
  failed,
  rejected,
  reply,
  type Say,
  type SkillArtifact,
  type SkillMessage,
  type SkillResult,
} from './skill-result';
export type {
  ArtifactOptions,
  ArtifactStream,
  AuthContinuation,
  AuthPrompt,
  PipeOptions,
  PipeSource,
  ReferencedTask,
  SkillContext,
  SkillLog,
} from './skill-context';
export type { AuthoredPart, FilePart, StreamPart } from './authored-part';
export type { Journalable } from './journalable';
export type {
  AnyStepOptions,
  ReadStepOptions,
  Schema,
  StepOptions,
  StepRetry,
  StepScope,
} from './step-options';
export type { Artifact, ContentPart, Json, JsonObject, Message } from '../workflows/task';
