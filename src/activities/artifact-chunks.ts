// What of a growing artifact is sent next: the one core of `ctx.artifact` and of `ArtifactStreamer`. Pure.

import { isBytes } from './authored-part';

/** A text with the media type of the artifact. */
export interface TextPart {
  readonly text: string;
  readonly mediaType?: string;
}

export interface Chunk<P> {
  readonly part: TextPart | P;
  /** False for the first chunk: A2A §4.2.2 adds to an artifact that was sent before. */
  readonly append: boolean;
  readonly last: boolean;
}

/** The chunks of one artifact: the first with `append: false`, the last with `last: true`. */
export class ArtifactChunks<P extends object> {
  private readonly name: string;
  private readonly mediaType: string | undefined;
  private isOpen = false;
  private hasEnded = false;

  /** @param name what an error calls the artifact. */
  constructor(name: string, mediaType: string | undefined) {
    this.name = name;
    this.mediaType = mediaType;
  }

  get isFinal(): boolean {
    return this.hasEnded;
  }

  /** Gives back what puts it into this state again. */
  remember(): () => void {
    const { isOpen, hasEnded } = this;
    return () => {
      this.isOpen = isOpen;
      this.hasEnded = hasEnded;
    };
  }

  /** @throws Error after the last chunk. */
  next(part: string | P): Chunk<P> {
    return this.take(part, false);
  }

  /** Clients take the last chunk's text without a look, so there is always one, empty if need be. */
  last(text: string): Chunk<P> {
    return this.take(text, true);
  }

  private take(said: string | P, last: boolean): Chunk<P> {
    if (this.hasEnded) throw new Error(`artifact "${this.name}" is finalized: nothing may follow`);
    const append = this.isOpen;
    this.isOpen = true;
    this.hasEnded = last;
    return { part: typeof said === 'string' ? this.textPart(said) : said, append, last };
  }

  private textPart(text: string): TextPart {
    return this.mediaType === undefined ? { text } : { text, mediaType: this.mediaType };
  }
}

/** A text whose other half may come with the next chunk. */
const ENDS_IN_HALF_A_CHARACTER = /[\ud800-\udbff]$/;

/**
 * What to append, in order: texts, and parts as they are. Bytes are UTF-8 text; what is not becomes U+FFFD, as in
 * `response.text()`. A character that two chunks share stays whole. Nothing empty comes out.
 */
export async function* appendable<P extends object>(
  items: AsyncIterable<string | Uint8Array | P>,
): AsyncGenerator<string | P, void, undefined> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const item of items) {
    // What is neither a text nor a part is for the artifact to refuse.
    if (typeof item !== 'string' && !isBytes(item)) {
      held += decoder.decode();
      if (held !== '') yield held;
      held = '';
      yield item;
      continue;
    }
    const text =
      held + (isBytes(item) ? decoder.decode(item, { stream: true }) : decoder.decode() + item);
    held = ENDS_IN_HALF_A_CHARACTER.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - held.length);
    if (whole !== '') yield whole;
  }
  held += decoder.decode();
  if (held !== '') yield held;
}
