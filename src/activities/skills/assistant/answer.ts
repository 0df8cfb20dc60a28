// The assistant's one artifact: what the model says in all its turns, as it comes.

import type { ArtifactStream, SkillContext } from '../../skill';

const NAME = 'answer';

/** What stands between the texts of two turns. */
const PARAGRAPH = '\n\n';

export class Answer {
  private readonly page: ArtifactStream;
  private isEmpty = true;
  private isTurnNew = true;

  constructor(ctx: SkillContext) {
    // An id of its own: the count of the others then does not depend on whether the model says anything.
    this.page = ctx.artifact({ artifactId: NAME, name: NAME, mediaType: 'text/markdown' });
  }

  /** The model begins to speak anew. */
  openTurn(): void {
    this.isTurnNew = true;
  }

  /** What it said stands: told by this run, or by one before it. */
  closeTurn(text: string): void {
    if (text !== '') this.isEmpty = false;
  }

  async append(text: string): Promise<void> {
    if (text === '') return;
    const isParagraph = this.isTurnNew && !this.isEmpty;
    this.isTurnNew = false;
    this.isEmpty = false;
    await this.page.append(isParagraph ? PARAGRAPH + text : text);
  }

  /** Nothing may follow. */
  async finish(): Promise<void> {
    if (!this.isEmpty) await this.page.finalize();
  }
}
