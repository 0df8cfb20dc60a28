// One run of a skill: the context that the author's function is given, over an emitter and a journal.

import { restoreMessage } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import type { TurnInput } from '../workflows/contract';
import type { Mark } from '../workflows/journal';
import type { ContentPart, Message, Task } from '../workflows/task';
import type { Emitter } from './emitter';
import { Journal, misfit } from './journal';
import { Messages, type FollowUpSource } from './messages';
import type { PartIntake } from './part-intake';
import type { Place } from './place';
import { Questions, type Question } from './questions';
import { readReferenced } from './referenced';
import type { RunArtifacts } from './run-artifacts';
import { toSkillMessage } from './say';
import {
  SkillError,
  type AnyStepOptions,
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
  type StepScope,
} from './skill';
import { Speech } from './speech';
import type { Said } from './spoken';
import type { Clock } from './sleeps';
import { Steps } from './steps';
import type { TaskTools } from './tools/contract';
import { createTaskTools } from './tools/task-tools';

/** The function has come to its end, or a tool has told of the task's. */
export interface Done {
  readonly kind: 'result' | 'told';
  readonly result: SkillResult;
}

/** A run that has nothing to do until then, in epoch milliseconds. */
export interface Sleep {
  readonly state: 'asleep';
  readonly until: number;
  /** A branch of the function waits for a message. */
  readonly hears: boolean;
}

export interface RunOptions {
  readonly input: TurnInput;
  readonly attempt: number;
  readonly emitter: Emitter;
  readonly store: PartStore;
  readonly intake: PartIntake;
  readonly artifacts: RunArtifacts;
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
  readonly tools: TaskTools = createTaskTools(this);
  readonly messages: Messages;
  /** Told by a tool: how the run ends, whatever it says or returns from then on. */
  ending: SkillResult | undefined;
  private readonly options: RunOptions;
  private readonly journal: Journal | undefined;
  private readonly speech: Speech;
  private readonly steps: Steps;
  private readonly questions: Questions;
  private isLeaving = false;
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
      mark: (ended) => run.mark(ended),
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
    this.acceptedOutputModes = options.input.acceptedOutputModes ?? [];
    this.createdAt = new Date(options.input.createdAt);
    // Waking up is no retry.
    this.attempt = options.attempt - (options.input.wakes ?? 0);
    this.signal = options.signal;
    this.log = options.log;
    this.journal = journal;
    this.speech = new Speech({
      emitter: options.emitter,
      intake: options.intake,
      recorded: journal?.said ?? {},
      isReply: options.input.replies === true,
      isBehind: (lane) => journal?.isBehind(lane, this.returned) === true,
      // Nothing tells what a task had said before there were journals, but that it had said all of it.
      isOld: () => this.questions.hasAnswers && journal?.isEmpty === true,
      isLeftOver: () => this.steps.tries.isLeftOver,
    });
    this.steps = new Steps({
      journal,
      store: options.store,
      origin: options.input.origin ?? options.input.taskId,
      signal: options.signal,
      clock: options.clock,
      artifacts: options.artifacts.begun,
      releaseStep: (id) => this.speech.release(id),
      retryStep: (id) => {
        this.speech.retry(id);
        options.artifacts.retry(id);
      },
      suspend: (until, hears) => this.leave({ state: 'asleep', until, hears }),
    });
    const read = journal?.messages ?? new Set();
    this.questions = new Questions({
      journal,
      answers: followUps.slice(0, options.input.answered).filter((_, index) => !read.has(index)),
      step: () => this.steps.tries.step,
      isOver: () => this.ending !== undefined,
      continueUrl: (question) => options.continueUrl(question),
      pose: (question, number) => this.leave(question, number),
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
   * Runs the author's function. What a tool has told of the task's end counts more than how it ends.
   * @throws what it throws; SkillError when the journal has calls that it did not make.
   */
  async through(place: Pick<Place, 'run'>): Promise<Done> {
    const run = async (): Promise<SkillResult> => place.run(this);
    const ended = await run().then(
      (result) => ({ kind: 'result', result }) as const,
      (error: unknown) => ({ kind: 'threw', error }) as const,
    );
    this.messages.close();
    await this.speech.release();
    if (this.ending !== undefined) return { kind: 'told', result: this.ending };
    if (ended.kind === 'threw') throw ended.error;
    const left = this.journal?.next;
    if (left !== undefined && !this.signal.aborted) throw misfit(left, 'ends without it');
    return ended;
  }

  step<T>(
    name: string,
    run: (step: StepScope) => unknown,
    options?: AnyStepOptions<T>,
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
    return this.options.artifacts.open(options, {
      signal: this.signal,
      say: (said) => this.say(said),
      caller: () => this.steps.tries,
    });
  }

  async saveArtifact(artifact: SkillArtifact): Promise<string> {
    const said = this.options.artifacts.whole(artifact, this.steps.tries.step);
    await this.say(said);
    return said.artifactId;
  }

  async sendPartialArtifact(artifact: SkillArtifact): Promise<string> {
    const said = this.options.artifacts.partial(artifact, this.steps.tries.step);
    await this.say(said);
    return said.artifactId;
  }

  ask(prompt: Say): Promise<Message<ContentPart>>;
  ask<T>(prompt: Say, schema: Schema<T>): Promise<T>;
  ask<T>(prompt: Say, schema?: Schema<T>): Promise<Message<ContentPart> | T> {
    return this.questions.ask(prompt, schema);
  }

  requireAuth(prompt: Say | AuthPrompt): Promise<Message<ContentPart>> {
    return this.questions.requireAuth(prompt);
  }

  end(result: SkillResult): void {
    if (this.options.input.replies) {
      throw new SkillError('a skill that replies has no task to end', { retryable: false });
    }
    this.ending = result;
    this.speech.isOver = true;
  }

  /** Ends the run; what it has said so far it need not say again. */
  private async leave(why: Question | Sleep, question?: number): Promise<never> {
    // What another branch would say from here on belongs to no run.
    if (this.isLeaving) return new Promise(() => undefined);
    this.isLeaving = true;
    await this.speech.close();
    await this.journal?.close(this.steps.leftFailures(), question);
    this.options.suspend(why);
    return new Promise(() => undefined);
  }

  /** How many calls and questions have come back to the function. */
  private get returned(): number {
    return this.steps.returned + this.questions.returned;
  }

  private mark(ended: readonly string[]): Mark | undefined {
    const said = this.speech.mark(ended);
    return said && { said, returned: this.returned };
  }

  private say(said: Said): Promise<void> {
    this.steps.touch();
    return this.speech.say(said, this.steps.tries.step);
  }
}
