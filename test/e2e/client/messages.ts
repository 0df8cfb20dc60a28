// Messages for the test skills, as the SDK has them.

import { Message, type StreamResponse } from '@a2a-js/sdk';
import { messageFor } from '../../harness/calls';

export function message(skillId: string, options: object = {}, more: object = {}): Message {
  return Message.fromJSON(messageFor(skillId, options, more));
}

/** The id of the task that a stream is about. */
export function taskIdOf(events: readonly StreamResponse[]): string {
  const payload = events[0]?.payload;
  if (payload?.$case !== 'task') throw new Error('the stream did not begin with a task');
  return payload.value.id;
}
