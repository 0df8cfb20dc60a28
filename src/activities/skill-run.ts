// One run of a skill: the context that the author's function is given, over an emitter and a journal.

import { restoreMessage } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import type { TurnInput } from '../workflows/contract';
import type { ContentPart, Message, Task } from '../workflows/task';
import { valueOf, withReason } from './answer';
import type { Emitter } from './emitter';
import { openArtifact } from './artifact-stream';
import { BegunArtifacts } from './begun-artifacts';
import { Journal, misfit } from './journal';
import { Messages, type FollowUpSource } from './messages';
import { readReferenced } from './referenced';
import { Retelling } from './retelling';
import { toArtifactEmission, toSkillMessage } from './say';
import {
  SkillError,
  type Skill,
  type SkillResult,
  type ArtifactOptions,
  type ArtifactStream,
  type AuthPrompt,
  type ReferencedTask,
  type Say,
  type Schema,
  type SkillArtifact,
  type SkillContext,
  type SkillLog,
  type SkillMessage,
  type StepOptions,
  type StepScope,
} from './skill';
import type { Spoken } from './spoken';
import { Steps, type Clock } from './steps';

/** A run that has nothing to do until then, in epoch milliseconds. */
export interface Sleep {
  readonly state: 'asleep';
  readonly until: number;
  /** A branch of the function waits for a message. */
  readonly hears: boolean;
}

/** The question that ends a turn. */
export interface Question {
  readonly state: 'input-required' | 'auth-required';
  readonly message: SkillMessage;
}

export interface RunOptions {
  readonly input: TurnInput;
  readonly attempt: number;
  readonly emitter: Emitter;
  readonly store: PartStore;
  readonly signal: AbortSignal;
  readonly log: SkillLog;
  readonly clock: Clock;
  /**
   * Where the question after that many follow-ups is answered without the client.
   * @throws SkillError
   */
  continueUrl(question: number): string;
  /** The task's follow-ups as they come; opened when the function first waits for one. */
  followUps(): FollowUpSource;
  /** A task of the same caller. @throws TaskError */
  readTask(taskId: string): Promise<Task>;
  /** Ends the run: the answer, or the time, starts the function again. */
  suspend(why: Question | Sleep): void;
}

export class SkillRun implements SkillContext {
  readonly taskId: string;
  readonly contextId: string;
  readonly message: Message<ContentPart>;
  readonly history: readonly Message<ContentPart>[];
  readonly acceptedOutputModes: readonly string[];
  readonly createdAt: Date;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly log: SkillLog;
  readonly messages: Messages;
  private readonly options: RunOptions;
  private readonly journal: Journal | undefined;
  private readonly retelling: Retelling;
  private readonly steps: Steps;
  private readonly answers: readonly Message<ContentPart>[];
  private answersRead = 0;
  private isLeaving = false;
  private readonly artifacts = new BegunArtifacts();
  private tasksReferenced: Promise<readonly ReferencedTask[]> | undefined;

  /** Rejects with `MissingPartError` when a part of the conversation, or of the journal, is gone. */
  static async open(options: RunOptions): Promise<SkillRun> {
    const { store, input, emitter } = options;
    const restore = (message: Message): Promise<Message<ContentPart>> =>
      restoreMessage(store, message);
    const history = await Promise.all(input.history.map(restore));
    if (input.replies) return new SkillRun(options, { history });
    const journal = await Journal.open({
      store,
      items: input.journal ?? [],
      record: (emission) => emitter.record(emission),
      mark: () => run.retelling.mark(),
    });
    const run = new SkillRun(options, { history, journal });
    return run;
  }

  private constructor(
    options: RunOptions,
    { history, journal }: { history: readonly Message<ContentPart>[]; journal?: Journal },
  ) {
    const [message, ...followUps] = history.filter(({ role }) => role === 'ROLE_USER');
    if (message === undefined) throw new Error('a task without its first message');
    this.options = options;
    this.taskId = options.input.taskId;
    this.contextId = options.input.contextId;
    this.message = message;
    this.history = history;
    const read = journal?.messages ?? new Set();
    this.answers = followUps
      .slice(0, options.input.answered)
      .filter((_, index) => !read.has(index));
    this.acceptedOutputModes = options.input.acceptedOutputModes ?? [];
    this.createdAt = new Date(options.input.createdAt);
    // Waking up is no retry.
    this.attempt = options.attempt - (options.input.wakes ?? 0);
    this.signal = options.signal;
    this.log = options.log;
    this.journal = journal;
    this.retelling = new Retelling(journal?.said ?? {});
    this.steps = new Steps({
      journal,
      store: options.store,
      origin: options.input.origin ?? options.input.taskId,
      signal: options.signal,
      clock: options.clock,
      artifacts: this.artifacts,
      closeStep: (id) => this.emit(this.retelling.closeStep(id)),
      suspend: (until, hears) => this.leave({ state: 'asleep', until, hears }),
    });
    this.messages = new Messages({
      ...{ journal, followUps, store: options.store, signal: options.signal },
      calls: this.steps,
      clock: options.clock,
      read: options.input.answered,
      open: () => options.followUps(),
      hasLeft: () => this.isLeaving,
    });
  }

  /** Steps whose errors the function was ended by, as far as that is known. */
  get failedSteps(): readonly string[] {
    return this.steps.failedSteps;
  }

  /**
   * Runs the author's function.
   * @throws what it throws; SkillError when the journal has calls that it did not make.
   */
  async through(skill: Skill): Promise<SkillResult> {
    const result = await skill.run(this).finally(() => {
      this.messages.close();
      return this.release();
    });
    const left = this.journal?.next;
    if (left !== undefined && !this.signal.aborted) throw misfit(left, 'ends without it');
    return result;
  }

  step<T>(
    name: string,
    run: (step: StepScope) => T | Promise<T>,
    options?: StepOptions<T>,
  ): Promise<T> {
    return this.steps.step(name, run, options);
  }

  sleep(until: number | Date): Promise<void> {
    return this.steps.sleep(until);
  }

  now(): Promise<Date> {
    return this.steps.now();
  }

  uuid(): Promise<string> {
    return this.steps.uuid();
  }

  referenced(): Promise<readonly ReferencedTask[]> {
    const { store, signal } = this.options;
    this.tasksReferenced ??= readReferenced(this.message, {
      ...{ store, signal },
      readTask: (taskId) => this.options.readTask(taskId),
      once: (name, read) => this.steps.step(name, read),
    });
    return this.tasksReferenced;
  }

  async progress(text: Say): Promise<void> {
    await this.say({ kind: 'progress', at: Date.now(), ...toSkillMessage(text) });
  }

  artifact(options: ArtifactOptions): ArtifactStream {
    const artifactId = options.artifactId ?? this.artifacts.nextId(this.steps.current);
    const hasBegun = (): boolean => {
      const begun = this.artifacts.has(artifactId);
      this.artifacts.begin(artifactId, this.steps.current);
      return begun;
    };
    return openArtifact({ ...options, artifactId }, { hasBegun, say: (said) => this.say(said) });
  }

  async saveArtifact(artifact: SkillArtifact): Promise<string> {
    const artifactId = artifact.artifactId ?? this.artifacts.nextId(this.steps.current);
    await this.say(toArtifactEmission(artifact, artifactId));
    return artifactId;
  }

  ask(prompt: Say): Promise<Message<ContentPart>>;
  ask<T>(prompt: Say, schema: Schema<T>): Promise<T>;
  async ask<T>(prompt: Say, schema?: Schema<T>): Promise<Message<ContentPart> | T> {
    let message = toSkillMessage(prompt);
    for (;;) {
      const posed = { state: 'input-required', message } as const;
      const answer = await this.answerTo(() => posed);
      if (schema === undefined) return answer;
      try {
        return schema.parse(valueOf(answer));
      } catch (err) {
        message = withReason(toSkillMessage(prompt), err);
      }
    }
  }

  requireAuth(prompt: Say | AuthPrompt): Promise<Message<ContentPart>> {
    return this.answerTo(async (question) => {
      const say =
        typeof prompt === 'function'
          ? await prompt({ continueUrl: this.options.continueUrl(question) })
          : prompt;
      return { state: 'auth-required', message: toSkillMessage(say) };
    });
  }

  /**
   * From the journal, or by ending this run: then the promise stays open and is forgotten.
   * @param pose makes the question, by the number of follow-ups that were read before it.
   */
  private async answerTo(
    pose: (question: number) => Question | Promise<Question>,
  ): Promise<Message<ContentPart>> {
    const question = this.answersRead;
    const answer = this.answers[question];
    this.answersRead += 1;
    if (answer !== undefined) return answer;
    return this.leave(await pose(question + (this.journal?.messages.size ?? 0)));
  }

  /** Ends the run; what it has said so far it need not say again. */
  private async leave(why: Question | Sleep): Promise<never> {
    // What another branch would say from here on belongs to no run.
    if (this.isLeaving) return new Promise(() => undefined);
    this.isLeaving = true;
    await this.release();
    await this.journal?.close(this.steps.leftFailures());
    this.options.suspend(why);
    return new Promise(() => undefined);
  }

  private async release(): Promise<void> {
    await this.emit(this.retelling.release());
  }

  /** Only what is new: what was said before the journal's last entry is recorded. */
  private async say(spoken: Spoken): Promise<void> {
    if (this.options.input.replies) {
      if (spoken.kind === 'progress') return;
      const text =
        'a skill that replies has no task to hold artifacts: put the parts into its reply';
      throw new SkillError(text, { retryable: false });
    }
    if (this.isLeaving) return new Promise(() => undefined);
    this.steps.touch();
    const hasAnswers = this.answersRead < this.answers.length;
    if (hasAnswers && this.journal?.isEmpty !== false) return;
    const isReplaying = hasAnswers || this.journal?.isReplaying === true;
    await this.emit(this.retelling.hear(spoken, this.steps.current, isReplaying));
  }

  /** All at once: an entry of the journal that came in between would tell of the half. */
  private async emit(said: readonly Spoken[]): Promise<void> {
    await Promise.all(said.map((spoken) => this.options.emitter.emit(spoken)));
  }
}
