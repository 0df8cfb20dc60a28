// Keeps the text of long streams in few stored pieces: what has been inline for a while moves to the part store in one
// go, and stored pieces become larger ones, so that a task holds as much of a stream after a day as after a minute
// (D9). Used by the emitter, beside what is said.

import { isStoreFault } from '../storage/store-fault';
import type { PartStore } from '../storage/part-store';
import { descriptionOf } from '../temporal/stored-parts';
import type { ArtifactEmission, Emission, PackedTextEmission } from '../workflows/emission';
import { hashOf } from '../workflows/packed-text';
import type { Part, StoredPart } from '../workflows/task';
import type { KeepTrying } from '../temporal/keep-trying';
import { TextTail, type InlineText } from './text-tail';

export interface TextPackingOptions {
  readonly store: PartStore;
  /** Inline text should move. */
  isInlineScarce(): boolean;
  readonly keepTrying: KeepTrying;
  /** Takes it behind what was said. */
  record(emission: PackedTextEmission, replaced: Replaced): void;
}

/** What a stored part has taken the place of: stored parts, or inline text that was counted with so many bytes. */
export type Replaced = readonly StoredPart[] | Pick<InlineText, 'bytes'>;

export class TextPacking {
  private readonly options: TextPackingOptions;
  private readonly tails = new Map<string, TextTail>();
  private readonly packing = new Set<TextTail>();

  constructor(options: TextPackingOptions) {
    this.options = options;
  }

  /** Takes note of what was recorded, and packs what has become too much. */
  note(emissions: readonly Emission[]): void {
    for (const emission of emissions) {
      if (emission.kind === 'artifact') this.add(emission);
      if (emission.kind === 'journal') for (const tail of this.tails.values()) tail.settle();
    }
  }

  private add({ artifactId, parts, append, last }: ArtifactEmission): void {
    const known = append ? this.tails.get(artifactId) : undefined;
    const tail = known ?? new TextTail(!append);
    this.tails.set(artifactId, tail);
    for (const part of parts) {
      if (isText(part)) tail.add(part);
      // An empty text leaves nothing behind.
      else if (!('text' in part)) tail.clear();
    }
    // What follows a last chunk is kept apart as well.
    if (last) this.tails.delete(artifactId);
    else void this.pack(artifactId, tail);
  }

  /** One piece at a time; the stream goes on meanwhile. */
  private async pack(artifactId: string, tail: TextTail): Promise<void> {
    if (this.packing.has(tail)) return;
    this.packing.add(tail);
    try {
      while (this.tails.get(artifactId) === tail && (await this.packOne(artifactId, tail)));
    } catch {
      // A piece that is gone is not what the stream should end for: its readers are told.
      this.tails.delete(artifactId);
    } finally {
      this.packing.delete(tail);
    }
  }

  private async packOne(artifactId: string, tail: TextTail): Promise<boolean> {
    const run = tail.dueRun();
    if (run !== undefined) return this.packRun(artifactId, tail, run);
    const text = this.options.isInlineScarce() ? tail.dueText() : undefined;
    return text !== undefined && this.packText(artifactId, tail, text);
  }

  private async packRun(
    artifactId: string,
    tail: TextTail,
    run: readonly StoredPart[],
  ): Promise<boolean> {
    const contents = await Promise.all(
      run.map(({ ref }) => this.stored((store) => store.get(ref.digest))),
    );
    const part = await this.toStored(Buffer.concat(contents), run[0]);
    if (this.tails.get(artifactId) !== tail || !tail.putRun(run, part)) return false;
    this.options.record({ kind: 'packed-text', artifactId, replaces: run, part }, run);
    return true;
  }

  private async packText(artifactId: string, tail: TextTail, due: InlineText): Promise<boolean> {
    const { text } = due.part;
    const part = await this.toStored(Buffer.from(text), due.part);
    if (this.tails.get(artifactId) !== tail || !tail.putText(due, part)) return false;
    const replaces = { units: text.length, hash: hashOf(text) };
    this.options.record({ kind: 'packed-text', artifactId, replaces, part }, due);
    return true;
  }

  private async toStored(content: Buffer, like: Part = { text: '' }): Promise<StoredPart> {
    const digest = await this.stored((store) => store.put(content));
    const ref = { digest, bytes: content.byteLength, content: 'text' as const };
    return { ...descriptionOf(like), ref };
  }

  private stored<T>(act: (store: PartStore) => Promise<T>): Promise<T> {
    return this.options.keepTrying(() => act(this.options.store), isStoreFault);
  }
}

/** Text that says something, stored or inline. */
function isText(part: Part): part is Parameters<TextTail['add']>[0] {
  return 'ref' in part ? part.ref.content === 'text' : 'text' in part && part.text !== '';
}
