// The net under a task's size: what goes when it would hold more than Temporal takes (D9). Pure, and part of
// the fold, so that the workflow and every reader of its history let go of the same.

import { jsonBytes, jsonBytesOnce } from './json-bytes';
import { AGENT_MESSAGE_BYTES } from './limits';
import type { Artifact, JsonObject, Message, Part, Task, TaskEvent } from './task';

/** What somebody says, without who and when. */
interface Said {
  readonly parts: readonly Part[];
  readonly metadata?: JsonObject;
}

/** A message of the agent, or a note in its place where it is longer than one may be. */
export function fitSaid(said: Said): Said {
  const bytes = jsonBytes(said);
  return bytes <= AGENT_MESSAGE_BYTES ? said : { parts: noteOn(bytes) };
}

/**
 * The task in `maxBytes`, and the events that tell of it. The agent's messages go, the oldest first;
 * then the largest artifacts and callers' messages become notes; and where notes alone are too
 * many, the oldest artifacts go. No event tells of messages, nor of an artifact that is no more.
 */
export function fitTask(task: Task, maxBytes: number): Fitted {
  let over = jsonBytes(task) - maxBytes;
  if (over <= 0) return { task, events: [] };
  const history = task.history.filter((message) => {
    if (over <= 0 || message.role === 'ROLE_USER') return true;
    over -= jsonBytesOnce(message);
    return false;
  });
  const artifacts = task.artifacts.map((held) => weigh(held, artifactNote(held)));
  const messages = history.map((held) => weigh(held, messageNote(held)));
  for (const one of [...artifacts, ...messages].sort((a, b) => b.freed - a.freed)) {
    if (over <= 0 || one.freed <= 0) break;
    one.isNoted = true;
    over -= one.freed;
  }
  const kept = artifacts.filter((one) => {
    if (over <= 0) return true;
    over -= jsonBytes(left(one));
    return false;
  });
  const notes = kept.filter(({ isNoted }) => isNoted).map(left);
  const seq = task.seq + notes.length;
  return {
    task: { ...task, history: messages.map(left), artifacts: kept.map(left), seq },
    events: notes.map((artifact, index) => ({
      kind: 'artifact',
      seq: task.seq + 1 + index,
      artifact,
      append: false,
      lastChunk: true,
    })),
  };
}

interface Fitted {
  readonly task: Task;
  readonly events: readonly TaskEvent[];
}

/** Something that may become a note of itself. */
interface Weighed<T> {
  readonly held: T;
  readonly note: T;
  readonly freed: number;
  isNoted: boolean;
}

function weigh<T>(held: T, note: T): Weighed<T> {
  return { held, note, freed: jsonBytes(held) - jsonBytes(note), isNoted: false };
}

function left<T>({ held, note, isNoted }: Weighed<T>): T {
  return isNoted ? note : held;
}

function artifactNote(artifact: Artifact): Artifact {
  return { artifactId: artifact.artifactId, parts: noteOn(jsonBytes(artifact)) };
}

function messageNote(message: Message): Message {
  const { messageId, role, contextId, taskId } = message;
  return {
    messageId,
    role,
    parts: noteOn(jsonBytesOnce(message)),
    ...(contextId === undefined ? {} : { contextId }),
    ...(taskId === undefined ? {} : { taskId }),
  };
}

function noteOn(bytes: number): readonly Part[] {
  return [{ text: `[dropped: ${String(bytes)} bytes were more than a task can hold]` }];
}
