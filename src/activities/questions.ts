// What a skill asks: answered from the conversation where an answer has come, or else the end of the run.

import type { ContentPart, Message } from '../workflows/task';
import { askUntilItFits } from './answer';
import type { Journal } from './journal';
import { toSkillMessage } from './say';
import { SkillError, type AuthPrompt, type Say, type Schema, type SkillMessage } from './skill';

/** The question that ends a turn. */
export interface Question {
  readonly state: 'input-required' | 'auth-required';
  readonly message: SkillMessage;
}

export interface QuestionsOptions {
  /** Absent in a skill that replies. */
  readonly journal: Journal | undefined;
  /** What callers have answered so far. */
  readonly answers: readonly Message<ContentPart>[];
  /** The step in which the caller runs. */
  step(): string | undefined;
  /** The task has ended, whatever the function does. */
  isOver(): boolean;
  /** See `RunOptions.continueUrl`. */
  continueUrl(question: number): string;
  /** Ends the run; `number` counts the questions before this one. */
  pose(question: Question, number: number): Promise<never>;
}

export class Questions {
  private readonly options: QuestionsOptions;
  private read = 0;
  /** How many answers have come back to the function. */
  returned = 0;

  constructor(options: QuestionsOptions) {
    this.options = options;
  }

  /** There are answers to questions that the function has not asked yet. */
  get hasAnswers(): boolean {
    return this.read < this.options.answers.length;
  }

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
   * From the conversation, or by ending the run: then the promise stays open and is forgotten.
   * @param make makes the question, by the number of follow-ups that were read before it.
   */
  private async answerTo(
    make: (question: number) => Question | Promise<Question>,
  ): Promise<Message<ContentPart>> {
    const { journal, answers } = this.options;
    this.assertAskable();
    const number = this.read;
    this.read += 1;
    const answer = answers[number];
    if (answer === undefined) {
      const question = await make(number + (journal?.messages.size ?? 0));
      return this.options.pose(question, number);
    }
    // What was asked later is another question.
    const misplaced = journal?.misplaced(number);
    if (misplaced !== undefined) await misplaced;
    this.returned += 1;
    return answer;
  }

  private assertAskable(): void {
    if (this.options.isOver()) {
      throw new SkillError('the task has ended: nobody can answer', { retryable: false });
    }
    const step = this.options.step();
    if (step === undefined) return;
    const text = `there was a question inside the step "${step}", which is not asked again when the step is not run: ask before or after`;
    throw new SkillError(text, { retryable: false });
  }
}
