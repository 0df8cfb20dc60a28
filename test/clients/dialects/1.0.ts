// The JSON of A2A 1.0, as clients take and give it.

import { randomUUID } from 'node:crypto';
import { seqIn, type Dialect, type Metadata, type SeenPush } from './dialect';
import {
  textOf,
  type Piece,
  type Seen,
  type SeenArtifact,
  type SeenMessage,
  type SeenTask,
} from '../seen';

interface Part {
  readonly text?: string;
  readonly raw?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly filename?: string;
  readonly mediaType?: string;
}
interface Message {
  readonly parts: readonly Part[];
}
interface Artifact extends Message {
  readonly artifactId: string;
  readonly name?: string;
}
interface Status {
  readonly state: string;
  readonly message?: Message;
}
interface Task {
  readonly id: string;
  readonly contextId: string;
  readonly status: Status;
  readonly history?: readonly Message[];
  readonly artifacts?: readonly Artifact[];
  readonly metadata?: Metadata;
}
interface Answer {
  readonly task?: Task;
  readonly message?: Message;
  readonly statusUpdate?: { readonly status: Status; readonly metadata?: Metadata };
  readonly artifactUpdate?: {
    readonly artifact: Artifact;
    readonly append?: boolean;
    readonly lastChunk?: boolean;
    readonly metadata?: Metadata;
  };
}

export const dialect10: Dialect = {
  version: '1.0',
  sendParams({ skill, pieces, ...address }, { waits = true, historyLength, push }) {
    const metadata = { skillId: skill };
    const message = { messageId: randomUUID(), role: 'ROLE_USER', metadata, ...address };
    return {
      message: { ...message, parts: pieces.map(toPart) },
      configuration: {
        returnImmediately: !waits,
        ...(historyLength === undefined ? {} : { historyLength }),
        ...(push === undefined
          ? {}
          : { taskPushNotificationConfig: dialect10.pushParams('', push) }),
      },
    };
  },
  pushParams: (taskId, { id, url, token, scheme, credentials }) => ({
    ...{ taskId, id, url, token },
    authentication: { scheme, credentials },
  }),
  pushQuery: (taskId, id) => ({ taskId, ...(id === undefined ? {} : { id }) }),
  seen,
  task: (answer) => toTask(answer as Task),
  push: (answer) => answer as SeenPush,
  pushes: (answer) => (answer as { readonly configs?: readonly SeenPush[] }).configs ?? [],
};

function seen(answer: unknown): Seen {
  const { task, message, statusUpdate, artifactUpdate } = answer as Answer;
  if (task !== undefined) return toTask(task);
  if (message !== undefined) return toMessage(message);
  if (statusUpdate !== undefined) {
    return { kind: 'status', ...toStatus(statusUpdate.status), seq: seqIn(statusUpdate.metadata) };
  }
  const { artifact, append = false, lastChunk: last = false, metadata } = artifactUpdate!;
  return { kind: 'artifact', artifact: toArtifact(artifact), append, last, seq: seqIn(metadata) };
}

function toTask({ id, contextId, status, history, artifacts, metadata }: Task): SeenTask {
  return {
    ...{ kind: 'task', id, contextId, ...toStatus(status), seq: seqIn(metadata) },
    history: (history ?? []).map(toMessage),
    artifacts: (artifacts ?? []).map(toArtifact),
  };
}

function toMessage({ parts }: Message): SeenMessage {
  return { kind: 'message', pieces: parts.map(toPiece) };
}

function toArtifact({ artifactId: id, name, parts }: Artifact): SeenArtifact {
  return { id, name, pieces: parts.map(toPiece) };
}

function toStatus({ state, message }: Status): { readonly state: string; readonly text: string } {
  return {
    state: state.replace('TASK_STATE_', '').toLowerCase().replace('_', '-'),
    text: textOf((message?.parts ?? []).map(toPiece)),
  };
}

function toPiece({ text, raw: bytes, data, filename: name = '', mediaType = '' }: Part): Piece {
  if (text !== undefined) return { text };
  return bytes === undefined ? { data: data ?? {} } : { file: { bytes, name, mediaType } };
}

function toPart(piece: Piece): Part {
  if (!('file' in piece)) return piece;
  const { bytes: raw, name: filename, mediaType } = piece.file;
  return { raw, filename, mediaType };
}
