// What a stream says of a task that is followed: the task, then each of its events, up to where the stream ends.

import type { Following } from '../temporal/event-feed';
import type { Message, TaskEvent, TaskState } from '../workflows/task';

/** One frame of a stream. A snapshot for a resumed stream repeats an event and so has no id. */
export type StreamFrame =
  { readonly id?: number; readonly event: TaskEvent } | { readonly message: Message };

interface FrameOptions {
  /** The id of the first frame; absent for a snapshot that repeats what the client has. */
  readonly id?: number;
  readonly endsAt: (state: TaskState, seq: number) => boolean;
}

export async function* frames(
  following: Following,
  options: FrameOptions,
): AsyncGenerator<StreamFrame> {
  try {
    const { task, events } = following;
    const { id, endsAt } = options;
    const first: TaskEvent = { kind: 'task', seq: task.seq, task };
    yield { event: first, ...(id === undefined ? {} : { id }) };
    if (endsAt(task.status.state, task.seq)) return;
    for await (const event of events) {
      yield { event, id: event.seq };
      if (event.kind === 'status' && endsAt(event.status.state, event.seq)) return;
    }
  } finally {
    following.close();
  }
}
