// One run of a skill: the context that the author's function is given, over an emitter and a journal.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { restoreMessage } from '../temporal/stored-parts';
import type { PartStore } from '../storage/part-store';
import type { TurnInput } from '../workflows/contract';
import type { ContentPart, Message } from '../workflows/task';
import type { Emitter } from './emitter';
import { askUntilItFits } from './answer';
import { openArtifact } from './artifact-stream';
import { toArtifactEmission, toSkillMessage } from './say';
import {
  SkillError,
  type ArtifactOptions,
  type ArtifactStream,
  type AuthPrompt,
  type Say,
  type Schema,
  type SkillArtifact,
  type SkillContext,
  type SkillLog,
  type SkillMessage,
  type StepScope,
} from './skill';
import type { Spoken } from './spoken';

/** The question that ends a turn. */
export interface Question {
  readonly state: 'input-required' | 'auth-required';
  readonly message: SkillMessage;
}

interface RunOptions {
  readonly input: TurnInput;
  readonly attempt: number;
  readonly emitter: Emitter;
  readonly store: PartStore;
  readonly signal: AbortSignal;
  readonly log: SkillLog;
  /**
   * Where the question after that many others is answered without the client.
   * @throws SkillError
   */
  continueUrl(question: number): string;
  /** Ends the run: the answer starts the function again in a later turn. */
  suspend(question: Question): void;
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
  private readonly answers: readonly Message<ContentPart>[];
  private answersRead = 0;
  private artifactsMade = 0;

  /** Rejects with `MissingPartError` when a part of the conversation is gone. */
  static async open(options: RunOptions): Promise<SkillRun> {
    const restore = (message: Message): Promise<Message<ContentPart>> =>
      restoreMessage(options.store, message);
    const history = await Promise.all(options.input.history.map(restore));
    return new SkillRun(options, history);
  }

  private constructor(options: RunOptions, history: readonly Message<ContentPart>[]) {
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
    this.attempt = options.attempt;
    this.signal = options.signal;
    this.log = options.log;
  }

  async step<T>(name: string, run: (step: StepScope) => T | Promise<T>): Promise<T> {
    return run({ key: `${this.taskId}:${name}`, signal: this.signal });
  }

  async sleep(until: number | Date): Promise<void> {
    await delay(typeof until === 'number' ? until : until.getTime() - Date.now());
  }

  now(): Promise<Date> {
    return this.step('now', () => new Date());
  }

  uuid(): Promise<string> {
    return this.step('uuid', () => randomUUID());
  }

  async progress(text: Say): Promise<void> {
    await this.say({ kind: 'progress', at: Date.now(), ...toSkillMessage(text) });
  }

  artifact(options: ArtifactOptions): ArtifactStream {
    const artifactId = options.artifactId ?? this.nextArtifactId();
    return openArtifact({ ...options, artifactId }, (spoken) => this.say(spoken));
  }

  async saveArtifact(artifact: SkillArtifact): Promise<string> {
    const artifactId = artifact.artifactId ?? this.nextArtifactId();
    await this.say(toArtifactEmission(artifact, artifactId));
    return artifactId;
  }

  ask(prompt: Say): Promise<Message<ContentPart>>;
  ask<T>(prompt: Say, schema: Schema<T>): Promise<T>;
  async ask<T>(prompt: Say, schema?: Schema<T>): Promise<Message<ContentPart> | T> {
    const pose = (say: Say): Promise<Message<ContentPart>> => {
      const posed = { state: 'input-required', message: toSkillMessage(say) } as const;
      return this.answerTo(() => posed);
    };
    return schema === undefined ? pose(prompt) : askUntilItFits(pose, prompt, schema);
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
    const question = this.answersRead;
    const answer = this.answers[question];
    this.answersRead += 1;
    if (answer !== undefined) return answer;
    this.options.suspend(await pose(question));
    return new Promise(() => undefined);
  }

  /** Silent while the journal has answers left: what is said before them was recorded. */
  private async say(spoken: Spoken): Promise<void> {
    if (this.options.input.replies) {
      if (spoken.kind === 'progress') return;
      const text =
        'a skill that replies has no task to hold artifacts: put the parts into its reply';
      throw new SkillError(text, { retryable: false });
    }
    if (this.answersRead < this.answers.length) return;
    await this.options.emitter.emit(spoken);
  }

  private nextArtifactId(): string {
    this.artifactsMade += 1;
    return `artifact-${String(this.artifactsMade)}`;
  }
}
