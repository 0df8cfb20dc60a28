// What a stream of the client gave: all of it, and the words for what the tests compare.

import { TaskState, type Part, type StreamResponse } from '@a2a-js/sdk';

export async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

/** `task completed`, `status working`, `artifact "text"`, `message`. */
export function inWords({ payload }: StreamResponse): string {
  switch (payload?.$case) {
    case 'task':
      return `task ${state(payload.value.status?.state)}`;
    case 'statusUpdate':
      return `status ${state(payload.value.status?.state)}`;
    case 'artifactUpdate':
      return `artifact ${JSON.stringify(textOf(payload.value.artifact))}`;
    case 'message':
      return `message ${JSON.stringify(textOf(payload.value))}`;
    case undefined:
      return 'nothing';
  }
}

export function textOf(holder: { readonly parts: readonly Part[] } | undefined): string {
  const texts = holder?.parts.map(({ content }) =>
    content?.$case === 'text' ? content.value : '',
  );
  return (texts ?? []).join('');
}

function state(given: TaskState | undefined): string {
  return TaskState[given ?? TaskState.UNRECOGNIZED].replace('TASK_STATE_', '').toLowerCase();
}

/** What the promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`it resolved with ${JSON.stringify(value)}`);
    },
    (err: unknown) => err,
  );
}
