// What tests know of tasks and events, whichever generation and client they came through.

export interface TextPiece {
  readonly text: string;
}
export interface DataPiece {
  readonly data: Readonly<Record<string, unknown>>;
}
export interface FilePiece {
  readonly file: { readonly bytes: string; readonly name: string; readonly mediaType: string };
}
export type Piece = TextPiece | DataPiece | FilePiece;

export interface SeenMessage {
  readonly kind: 'message';
  readonly pieces: readonly Piece[];
}

export interface SeenArtifact {
  readonly id: string;
  readonly name: string | undefined;
  readonly pieces: readonly Piece[];
}

interface SeenStatus {
  /** In lower case with hyphens. */
  readonly state: string;
  /** What the agent says with it. */
  readonly text: string;
  /** The number of the event. */
  readonly seq: number;
}

export interface SeenTask extends SeenStatus {
  readonly kind: 'task';
  readonly id: string;
  readonly contextId: string;
  readonly history: readonly SeenMessage[];
  readonly artifacts: readonly SeenArtifact[];
}

export interface SeenUpdate extends SeenStatus {
  readonly kind: 'status';
}

export interface SeenChunk {
  readonly kind: 'artifact';
  readonly artifact: SeenArtifact;
  readonly append: boolean;
  readonly last: boolean;
  readonly seq: number;
}

/** What a client has put together of a stream by itself. */
export interface Assembled {
  readonly kind: 'assembled';
  readonly task: SeenTask;
}

export type Seen = SeenMessage | SeenTask | SeenUpdate | SeenChunk | Assembled;

export function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => ('text' in piece ? piece.text : '')).join('');
}

/** Artifact id to text, as a client holds them after these events. */
export function textsOf(events: readonly Seen[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const event of events) {
    if (event.kind === 'task') Object.assign(texts, artifactTexts(event));
    if (event.kind !== 'artifact') continue;
    const { artifact, append } = event;
    const held = append ? (texts[artifact.id] ?? '') : '';
    texts[artifact.id] = held + textOf(artifact.pieces);
  }
  return texts;
}

export function artifactTexts({ artifacts }: SeenTask): Readonly<Record<string, string>> {
  return Object.fromEntries(artifacts.map(({ id, pieces }) => [id, textOf(pieces)]));
}

/** The texts of the updates, in order. */
export function progressOf(events: readonly Seen[]): readonly string[] {
  return events.flatMap((event) => (event.kind === 'status' && event.text ? [event.text] : []));
}

export function lastState(events: readonly Seen[]): string | undefined {
  const last = events.findLast(({ kind }) => kind === 'status' || kind === 'task');
  return last?.kind === 'status' || last?.kind === 'task' ? last.state : undefined;
}

export function seqsOf(events: readonly Seen[]): readonly number[] {
  return events.flatMap((event) => ('seq' in event ? [event.seq] : []));
}
