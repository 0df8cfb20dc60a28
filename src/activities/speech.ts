// What one run of a skill says: silent where an earlier run said it, with files stored before they are queued.

import type { SaidUpTo } from '../workflows/journal';
import type { Emitter } from './emitter';
import { isInline, letGoOf, type PartIntake } from './part-intake';
import { Retelling } from './retelling';
import { SkillError } from './skill';
import type { Said, Telling } from './spoken';

export interface SpeechOptions {
  readonly emitter: Emitter;
  readonly intake: PartIntake;
  /** What earlier runs have said, up to the journal's last entry. */
  readonly recorded: SaidUpTo;
  /** The skill owes a reply, and has no task to say anything in. */
  readonly isReply: boolean;
  /** The function has not come to where this lane was last told of. */
  isBehind(lane: string): boolean;
  /** All that is said was said before. */
  isOld(): boolean;
  /** The caller is what a try of a step has left over that another one follows. */
  isLeftOver(): boolean;
}

export class Speech {
  /** Nothing is heard any more: a tool has ended the task. */
  isOver = false;
  private readonly options: SpeechOptions;
  private readonly retelling: Retelling;
  private isClosed = false;

  constructor(options: SpeechOptions) {
    this.options = options;
    this.retelling = new Retelling(options.recorded, (lane) => options.isBehind(lane));
  }

  /**
   * Resolves when there is room for more; never when the run has ended to wait.
   * @param step in which it is said; undefined outside of steps.
   * @throws SkillError what cannot be said.
   */
  async say(said: Said, step: string | undefined): Promise<void> {
    if (this.options.isReply) {
      if (said.kind === 'progress') return;
      const text =
        'a skill that replies has no task to hold artifacts: put the parts into its reply';
      throw new SkillError(text, { retryable: false });
    }
    if (this.isOver) return;
    // What another branch would say from here on belongs to no run.
    if (this.isClosed || this.options.isLeftOver()) return new Promise(() => undefined);
    if (this.options.isOld()) {
      letGoOf(said);
      return;
    }
    if (isInline(said) || this.retelling.mayRepeat(said, step)) {
      const { news, isSilent } = this.retelling.hear(said, step);
      if (isSilent) letGoOf(said);
      await this.emit(news);
      return;
    }
    // Files take their time: only what is there to be queued counts as said.
    const stored = await this.options.intake.emission(said);
    if (this.options.isLeftOver()) return new Promise(() => undefined);
    await this.emit(this.retelling.hear(stored, step).news);
  }

  /** What was said since the mark before; steps that have ended say nothing more, in no run. */
  mark(endedSteps: readonly string[]): SaidUpTo | undefined {
    this.retelling.forget(endedSteps);
    return this.retelling.mark();
  }

  /** The step is tried again, and says what it has to from its start. */
  retry(step: string): void {
    this.retelling.retry(step);
  }

  /** What was held back, because it might have been said before, goes on: of one step, or all of it. */
  release(step?: string): Promise<void> {
    return this.emit(this.retelling.release(step));
  }

  /** The same, and nothing after it. */
  close(): Promise<void> {
    this.isClosed = true;
    return this.release();
  }

  /** All at once: an entry of the journal that came in between would tell of the half. */
  private async emit(news: readonly Telling[]): Promise<void> {
    const { emitter, intake } = this.options;
    await Promise.all(
      news.map(async (said) => {
        await emitter.emit(isInline(said) ? said : await intake.emission(said));
      }),
    );
  }
}
