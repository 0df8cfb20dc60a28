// The events of an artifact that grows, for agents that make A2A events by themselves, e.g. an executor of the
// official SDK. Needs neither a skill nor a service; skills have `ctx.artifact`.

import { randomUUID } from 'node:crypto';
import type { ContentPart, JsonObject } from '../workflows/task';
import { appendable, ArtifactChunks, type Chunk } from './artifact-chunks';
import { untilAborted } from './async-source';
import {
  toArtifactEvent,
  toLegacyArtifactEvent,
  type ArtifactHeading,
  type LegacyArtifactUpdateEvent,
  type TaskArtifactUpdateEvent,
} from './artifact-events';

/** What an event is, by the version of the protocol. */
interface Events {
  readonly '1.0': TaskArtifactUpdateEvent;
  readonly '0.3': LegacyArtifactUpdateEvent;
}

const WRITERS: {
  readonly [V in keyof Events]: (heading: ArtifactHeading, chunk: Chunk<ContentPart>) => Events[V];
} = { '1.0': toArtifactEvent, '0.3': toLegacyArtifactEvent };

export interface ArtifactStreamerOptions<V extends keyof Events = '1.0'> {
  readonly contextId: string;
  readonly taskId: string;
  readonly name?: string;
  readonly description?: string;
  /** Default: a random UUID. */
  readonly artifactId?: string;
  readonly metadata?: JsonObject;
  /** Media type of the text parts, e.g. `text/markdown`; 0.3 has no place for it. */
  readonly mediaType?: string;
  /** Whose shape the events have. Default: 1.0. */
  readonly protocolVersion?: V;
}

export interface StreamerPipeOptions {
  /** Whether the end of the source is the end of the artifact. Default: true. */
  readonly finalize?: boolean;
  /** Ends the pipe, and the source, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One artifact, one id: the first event has `append: false`, those after it `true`. */
export class ArtifactStreamer<V extends keyof Events = '1.0'> {
  readonly artifactId: string;
  private readonly heading: ArtifactHeading;
  private readonly chunks: ArtifactChunks<ContentPart>;
  private readonly write: (heading: ArtifactHeading, chunk: Chunk<ContentPart>) => Events[V];

  constructor(options: ArtifactStreamerOptions<V>) {
    const { mediaType, protocolVersion = '1.0' as V, artifactId = randomUUID(), ...rest } = options;
    this.artifactId = artifactId;
    this.heading = { ...rest, artifactId };
    this.chunks = new ArtifactChunks(rest.name ?? artifactId, mediaType);
    this.write = WRITERS[protocolVersion];
  }

  /** The event that adds a text or a part at the end. @throws Error after `finalize`. */
  append(part: string | ContentPart): Events[V] {
    return this.write(this.heading, this.chunks.next(part));
  }

  /** The last event. @throws Error when there was one. */
  finalize(text = ''): Events[V] {
    return this.write(this.heading, this.chunks.last(text));
  }

  /**
   * The events of all that a source yields, then the last one: texts, bytes of UTF-8 text, parts.
   * @throws what the source throws; the signal's reason at its abort.
   */
  async *pipe(
    source: AsyncIterable<string | Uint8Array | ContentPart>,
    { finalize = true, signal = new AbortController().signal }: StreamerPipeOptions = {},
  ): AsyncGenerator<Events[V], void, undefined> {
    for await (const item of appendable(untilAborted(source, signal))) yield this.append(item);
    if (finalize) yield this.finalize();
  }
}
