// What the events of a task say: which one it is, and in which words.

import {
  isTerminal,
  type Message,
  type Task,
  type TaskEvent,
  type TaskState,
} from '../../src/workflows/task';

export function textOf(holder: Pick<Message, 'parts'> | undefined): string {
  return (holder?.parts ?? []).flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}

export function statusText({ status }: Pick<Task, 'status'>): string {
  return textOf(status.message);
}

type Claim = (event: TaskEvent) => boolean;

export const isState =
  (state: TaskState): Claim =>
  (event) =>
    event.kind === 'status' && event.status.state === state;

export const isOver: Claim = (event) => event.kind === 'status' && isTerminal(event.status.state);

/** A status with exactly this text, be it progress, a question or an end. */
export const isStatusText =
  (text: string): Claim =>
  (event) =>
    event.kind === 'status' && statusText(event) === text;

/** The texts that were said while the task worked, in order. */
export function progressOf(events: readonly TaskEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'status' && event.status.state === 'working' && event.status.message
      ? [textOf(event.status.message)]
      : [],
  );
}
