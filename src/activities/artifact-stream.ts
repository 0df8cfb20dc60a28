// An artifact that grows chunk by chunk: one id for life, first `append: false`, last `lastChunk: true`.

import { appendable, ArtifactChunks, type Chunk } from './artifact-chunks';
import { isSource, untilAborted } from './async-source';
import { isFile } from './authored-part';
import type { BegunArtifacts } from './begun-artifacts';
import { checkPart, toStreamOptions } from './say';
import {
  SkillError,
  type ArtifactOptions,
  type ArtifactStream,
  type AuthoredPart,
  type PipeOptions,
  type PipeSource,
} from './skill';
import type { Said } from './spoken';
import type { StepTries } from './step-tries';

type Opened = ArtifactOptions & { readonly artifactId: string };

/** Where an artifact is said, and until when. */
export interface Outlet {
  readonly signal: AbortSignal;
  say(said: Said): Promise<void>;
  /** In which step, and try of it, the caller is. */
  caller(): Pick<StepTries, 'step' | 'isLeftOver'>;
}

/** Nothing is sent before the first chunk. */
export class OpenArtifact implements ArtifactStream {
  private readonly options: Opened;
  private readonly outlet: Outlet;
  private readonly begun: BegunArtifacts;
  private readonly chunks: ArtifactChunks<AuthoredPart>;
  /** What undoes what a step has done to it. */
  private readonly undo = new Map<string, () => void>();
  /** Present while a file is stored: what comes meanwhile waits for its turn. */
  private storing: Promise<void> | undefined;

  /**
   * @param begun knows of chunks that a step said which is not run again.
   * @throws SkillError
   */
  constructor(options: Opened, outlet: Outlet, begun: BegunArtifacts) {
    this.options = toStreamOptions(options);
    this.outlet = outlet;
    this.begun = begun;
    const { name, artifactId, mediaType } = this.options;
    this.chunks = new ArtifactChunks(name ?? artifactId, mediaType);
  }

  get artifactId(): string {
    return this.options.artifactId;
  }

  get isFinal(): boolean {
    return this.chunks.isFinal;
  }

  /** The step begins anew, and finds the artifact as it was. */
  retry(step: string): void {
    this.undo.get(step)?.();
    this.undo.delete(step);
  }

  /** @throws SkillError when this is another artifact than the one that is open under its id. */
  assertSame(options: Opened): void {
    const fields = Object.entries(toStreamOptions(options));
    const open: Readonly<Record<string, unknown>> = { ...this.options };
    const other = fields.find(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(open[key]),
    );
    if (other === undefined) return;
    throw new SkillError(
      `artifact "${this.artifactId}" is open with another ${other[0]}: ` +
        'finalize it first, or give the new one an artifactId of its own',
      { retryable: false },
    );
  }

  async append(part: string | AuthoredPart): Promise<void> {
    if (part === '' && !this.isFinal) return;
    const known = typeof part === 'string' ? part : checkPart(part);
    const isSlow = typeof known !== 'string' && isFile(known);
    await this.inTurn(isSlow, () => this.send(this.chunks.next(known)));
  }

  async finalize(text = ''): Promise<void> {
    await this.inTurn(false, () => this.send(this.chunks.last(text)));
  }

  async pipe(source: PipeSource, options: PipeOptions = {}): Promise<string> {
    if (!isSource(source)) {
      const text =
        'stream.pipe takes an async iterable: a generator, a Readable, a web stream; append what is there already';
      throw new SkillError(text, { retryable: false });
    }
    const { finalize = true, collect = true } = options;
    let text = '';
    for await (const item of appendable(untilAborted(source, this.outlet.signal))) {
      await this.append(item);
      if (collect && typeof item === 'string') text += item;
    }
    if (finalize) await this.finalize();
    return text;
  }

  /** A file takes its time, and what an author did not await must not overtake it. */
  private async inTurn(isSlow: boolean, act: () => Promise<void>): Promise<void> {
    const { step, isLeftOver } = this.outlet.caller();
    if (isLeftOver) return new Promise(() => undefined);
    if (step !== undefined && !this.undo.has(step)) this.undo.set(step, this.chunks.remember());
    if (this.storing === undefined && !isSlow) {
      await act();
      return;
    }
    const turn = (this.storing ?? Promise.resolve()).then(act);
    const storing: Promise<void> = turn
      .catch(() => undefined)
      .then(() => {
        if (this.storing === storing) this.storing = undefined;
      });
    this.storing = storing;
    await turn;
  }

  private async send({ part, append: isLater, last }: Chunk<AuthoredPart>): Promise<void> {
    const { outlet, begun, artifactId } = this;
    const append = isLater || begun.isOpen(artifactId);
    begun.say(artifactId, outlet.caller().step, last);
    const { mediaType: _, ...heading } = this.options;
    const at = Date.now();
    await outlet.say({ kind: 'artifact', at, ...heading, parts: [part], append, last });
  }
}
