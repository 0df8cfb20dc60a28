// What one A2A event makes of a task: the fold that every client does, and the reducer's own.

import { jsonBytesOnce } from './json-bytes';
import { TASK_BYTES } from './limits';
import { joinParts } from './parts';
import type { Artifact, Message, Task, TaskEvent } from './task';

/** Agent messages kept in a task's history beside their bytes; the oldest go first, a caller's never. */
export const AGENT_MESSAGES_KEPT = 200;

/** The task after `event`; its `seq` becomes the event's. */
export function applyEvent(task: Task, event: TaskEvent): Task {
  switch (event.kind) {
    case 'task':
      return event.task;
    case 'status':
      return {
        ...task,
        status: event.status,
        history: withMessage(task.history, task.status.message),
        seq: event.seq,
      };
    case 'artifact':
      return { ...task, artifacts: withArtifact(task.artifacts, event), seq: event.seq };
  }
}

type ArtifactEvent = Extract<TaskEvent, { kind: 'artifact' }>;

function withArtifact(artifacts: readonly Artifact[], event: ArtifactEvent): readonly Artifact[] {
  const { artifactId, parts } = event.artifact;
  const held = artifacts.find((a) => a.artifactId === artifactId);
  if (held === undefined) {
    return [...artifacts, { ...headingOf(event.artifact), parts: joinParts([], parts) }];
  }
  const changed: Artifact = event.append
    ? { ...held, parts: joinParts(held.parts, parts) }
    : { ...headingOf(event.artifact), parts: joinParts([], parts) };
  return artifacts.map((a) => (a === held ? changed : a));
}

/** What an artifact is besides its parts. */
export function headingOf(artifact: Omit<Artifact, 'parts'>): Omit<Artifact, 'parts'> {
  return {
    artifactId: artifact.artifactId,
    ...(artifact.name === undefined ? {} : { name: artifact.name }),
    ...(artifact.description === undefined ? {} : { description: artifact.description }),
    ...(artifact.metadata === undefined ? {} : { metadata: artifact.metadata }),
  };
}

/** What a history holds of the agent. */
interface Tally {
  readonly messages: number;
  readonly bytes: number;
}

/** Of histories that were made here: each event makes one of the last, and they are long. */
const tallies = new WeakMap<readonly Message[], Tally>();

/** A status message moves into the history when the next status, or a reply to it, follows. */
export function withMessage(
  history: readonly Message[],
  message: Message | undefined,
): readonly Message[] {
  if (message === undefined) return history;
  // With a reply it was there before; no other message of the agent has come behind it since.
  if (history.findLast(isOfAgent)?.messageId === message.messageId) return history;
  return newest([...history, message], tallyOf(history), message);
}

function isOfAgent({ role }: Message): boolean {
  return role === 'ROLE_AGENT';
}

function tallyOf(history: readonly Message[]): Tally {
  const known = tallies.get(history);
  if (known !== undefined) return known;
  const agents = history.filter(isOfAgent);
  const bytes = agents.reduce((sum, message) => sum + jsonBytesOnce(message), 0);
  return { messages: agents.length, bytes };
}

/**
 * The conversation with as many messages of the agent, the newest, as a task holds.
 * @param history to be changed; `before` tells of it without `added`.
 */
function newest(history: Message[], before: Tally, added: Message): readonly Message[] {
  let messages = before.messages + 1;
  let bytes = before.bytes + jsonBytesOnce(added);
  while (messages > AGENT_MESSAGES_KEPT || bytes > TASK_BYTES.agentHistory) {
    const [oldest] = history.splice(history.findIndex(isOfAgent), 1);
    if (oldest === undefined) break;
    messages -= 1;
    bytes -= jsonBytesOnce(oldest);
  }
  tallies.set(history, { messages, bytes });
  return history;
}
