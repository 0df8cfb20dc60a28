// A2A 1.0 as it stands in JSON: what the tests read of tasks, messages and events.

export interface WirePart {
  readonly text?: string;
  readonly raw?: string;
  readonly url?: string;
  readonly data?: unknown;
}

export interface WireMessage {
  readonly messageId: string;
  readonly role: string;
  readonly parts: readonly WirePart[];
  readonly [key: string]: unknown;
}

export interface WireArtifact {
  readonly artifactId: string;
  readonly name?: string;
  readonly parts: readonly WirePart[];
}

interface WireStatus {
  readonly state: string;
  readonly timestamp: string;
  readonly message?: WireMessage;
}

type Metadata = Readonly<Record<string, unknown>>;

export interface WireTask {
  readonly id: string;
  readonly contextId: string;
  readonly status: WireStatus;
  readonly history?: readonly WireMessage[];
  readonly artifacts?: readonly WireArtifact[];
  readonly metadata: Metadata;
}

export interface WireEvent {
  readonly task?: WireTask;
  readonly statusUpdate?: { readonly status: WireStatus; readonly metadata: Metadata };
  readonly artifactUpdate?: {
    readonly artifact: WireArtifact;
    readonly append?: boolean;
    readonly lastChunk?: boolean;
    readonly metadata: Metadata;
  };
}

/** An event of a stream of 0.3, as far as a test looks into it. */
export interface LegacyEvent {
  readonly kind: string;
  readonly final?: boolean;
  readonly status: {
    readonly state: string;
    readonly message?: {
      readonly parts: readonly { readonly kind: string; readonly file?: { uri: string } }[];
    };
  };
}

/** An answer to `ListTasks`. */
export interface WirePage {
  readonly tasks: readonly WireTask[];
  readonly nextPageToken: string;
  readonly pageSize: number;
  readonly totalSize: number;
}

export interface WireError {
  readonly code: number;
  readonly message: string;
}

/** The texts of parts in one piece; parts without a text say nothing. */
export function textOf(parts: readonly WirePart[] | undefined): string {
  return (parts ?? []).map(({ text = '' }) => text).join('');
}
