// One run of a skill: the context that the author's function is given, over an emitter and a journal.

import { z } from 'zod';
import { restoreMessage } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import type { TurnInput } from '../workflows/contract';
import type { Mark } from '../workflows/journal';
import type { ContentPart, Message } from '../workflows/task';
import type { Emitter } from './emitter';
import { openArtifact } from './artifact-stream';
import { BegunArtifacts } from './begun-artifacts';
import { Journal, misfit } from './journal';
import { Retelling } from './retelling';
import { toArtifactEmission, toSkillMessage } from './say';
import {
  SkillError,
  type Skill,
  type SkillResult,
  type ArtifactOptions,
  type ArtifactStream,
  type AuthPrompt,
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
   * Where the question after that many others is answered without the client.
   * @throws SkillError
   */
  continueUrl(question: number): string;
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
  private readonly options: RunOptions;
  private readonly journal: Journal | undefined;
  private readonly retelling: Retelling;
  private readonly steps: Steps;
  private readonly answers: readonly Message<ContentPart>[];
  private answersRead = 0;
  private answersReturned = 0;
  private isLeaving = false;
  private readonly artifacts = new BegunArtifacts();

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
      mark: () => run.mark(),
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
    this.answers = followUps.slice(0, options.input.answered);
    this.acceptedOutputModes = options.input.acceptedOutputModes ?? [];
    this.createdAt = new Date(options.input.createdAt);
    // Waking up is no retry.
    this.attempt = options.attempt - (options.input.wakes ?? 0);
    this.signal = options.signal;
    this.log = options.log;
    this.journal = journal;
    this.retelling = new Retelling(
      journal?.said ?? {},
      (lane) => journal?.isBehind(lane, this.returned) === true,
    );
    this.steps = new Steps({
      journal,
      store: options.store,
      origin: options.input.taskId,
      signal: options.signal,
      clock: options.clock,
      artifacts: this.artifacts,
      closeStep: (id) => this.emit(this.retelling.closeStep(id)),
      suspend: (until) => this.leave({ state: 'asleep', until }),
    });
  }

  /**
   * Runs the author's function.
   * @throws what it throws; SkillError when the journal has calls that it did not make.
   */
  async through(skill: Skill): Promise<SkillResult> {
    const result = await skill.run(this).finally(() => this.release());
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
   * @param pose makes the question, by the number of those before it.
   */
  private async answerTo(
    pose: (question: number) => Question | Promise<Question>,
  ): Promise<Message<ContentPart>> {
    const step = this.steps.current;
    if (step !== undefined) {
      const text = `there was a question inside the step "${step}", which is not asked again when the step is not run: ask before or after`;
      throw new SkillError(text, { retryable: false });
    }
    const question = this.answersRead;
    const answer = this.answers[question];
    this.answersRead += 1;
    if (answer !== undefined) {
      this.answersReturned += 1;
      return answer;
    }
    return this.leave(await pose(question));
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

  /** How many calls and questions have come back to the function. */
  private get returned(): number {
    return this.steps.returned + this.answersReturned;
  }

  private mark(): Mark | undefined {
    const said = this.retelling.mark();
    return said && { said, returned: this.returned };
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
    await this.emit(this.retelling.hear(spoken, this.steps.current));
  }

  /** All at once: an entry of the journal that came in between would tell of the half. */
  private async emit(said: readonly Spoken[]): Promise<void> {
    await Promise.all(said.map((spoken) => this.options.emitter.emit(spoken)));
  }
}

/** The data part of an answer, or else its text. */
function valueOf(answer: Message<ContentPart>): unknown {
  for (const part of answer.parts) if ('data' in part) return part.data;
  return answer.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}

function withReason(prompt: SkillMessage, err: unknown): SkillMessage {
  const reason = err instanceof z.ZodError ? z.prettifyError(err) : String(err);
  return { ...prompt, parts: [{ text: `That does not fit: ${reason}` }, ...prompt.parts] };
}
