// The JSON of A2A 0.3, as clients take and give it.

import type {
  Artifact,
  Message,
  Part,
  Task,
  TaskArtifactUpdateEvent,
  TaskPushNotificationConfig,
  TaskStatus,
  TaskStatusUpdateEvent,
} from 'a2a-sdk-0.3';
import { randomUUID } from 'node:crypto';
import { seqIn, type Dialect, type SeenPush } from './dialect';
import {
  textOf,
  type Piece,
  type Seen,
  type SeenArtifact,
  type SeenMessage,
  type SeenTask,
} from '../seen';

type Event = Message | Task | TaskStatusUpdateEvent | TaskArtifactUpdateEvent;

export const dialect03: Dialect = {
  version: '0.3',
  sendParams({ skill, pieces, ...address }, { waits: blocking = true, historyLength, push }) {
    const metadata = { skillId: skill };
    const message = { kind: 'message', messageId: randomUUID(), role: 'user', metadata };
    return {
      message: { ...message, ...address, parts: pieces.map(toPart) },
      configuration: {
        blocking,
        ...(historyLength === undefined ? {} : { historyLength }),
        ...(push === undefined ? {} : { pushNotificationConfig: toConfig(push) }),
      },
    };
  },
  pushParams: (taskId, config) => ({ taskId, pushNotificationConfig: toConfig(config) }),
  pushQuery: (id, pushNotificationConfigId) => ({
    id,
    ...(pushNotificationConfigId === undefined ? {} : { pushNotificationConfigId }),
  }),
  seen: (answer) => {
    const { assembled } = answer as { readonly assembled?: Task };
    if (assembled !== undefined) return { kind: 'assembled', task: toTask(assembled) };
    return toSeen(answer as Event);
  },
  task: (answer) => toTask(answer as Task),
  push: toPush,
  pushes: (answer) => (answer as readonly unknown[]).map(toPush),
};

function toConfig({
  scheme,
  credentials,
  ...config
}: Parameters<Dialect['pushParams']>[1]): TaskPushNotificationConfig['pushNotificationConfig'] {
  return { ...config, authentication: { schemes: [scheme], credentials } };
}

function toPush(answer: unknown): SeenPush {
  const { taskId, pushNotificationConfig } = answer as TaskPushNotificationConfig;
  const { id = '', url } = pushNotificationConfig;
  return { taskId, id, url };
}

function toSeen(event: Event): Seen {
  switch (event.kind) {
    case 'task':
      return toTask(event);
    case 'message':
      return toMessage(event);
    case 'status-update':
      return { kind: 'status', ...toStatus(event.status), seq: seqIn(event.metadata) };
    case 'artifact-update': {
      const { artifact, append = false, lastChunk: last = false, metadata } = event;
      const seq = seqIn(metadata);
      return { kind: 'artifact', artifact: toArtifact(artifact), append, last, seq };
    }
  }
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

function toStatus({ state, message }: TaskStatus): {
  readonly state: string;
  readonly text: string;
} {
  return { state, text: textOf((message?.parts ?? []).map(toPiece)) };
}

function toPiece(part: Part): Piece {
  switch (part.kind) {
    case 'text':
      return { text: part.text };
    case 'data':
      return { data: part.data };
    case 'file': {
      const { name = '', mimeType: mediaType = '' } = part.file;
      const bytes = 'bytes' in part.file ? part.file.bytes : part.file.uri;
      return { file: { bytes, name, mediaType } };
    }
  }
}

function toPart(piece: Piece): Part {
  if ('text' in piece) return { kind: 'text', ...piece };
  if ('data' in piece) return { kind: 'data', ...piece };
  const { bytes, name, mediaType: mimeType } = piece.file;
  return { kind: 'file', file: { bytes, name, mimeType } };
}
