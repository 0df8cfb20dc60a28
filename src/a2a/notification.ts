// The body of a push notification, in the form of the generation that its configuration was made in.

import { StreamResponse } from '@a2a-js/sdk';
import { V03PushNotificationSerializer } from '@a2a-js/sdk/compat/v0_3/server';
import type { TaskRef } from '../temporal/tasks';
import type { Task, TaskEvent } from '../workflows/task';
import type { PartRestorer } from './part-restorer';
import { toWireEvent } from './translate';

/** One event, and the task as of it. */
export interface Told {
  readonly ref: TaskRef;
  readonly event: TaskEvent;
  readonly task: Task;
}

export interface NotificationBody {
  readonly contentType: string;
  readonly body: string;
}

const legacy = new V03PushNotificationSerializer();

/** A2A §4.3.3: the event as a stream has it; 0.3 §9.5: the whole task as of the event. */
export async function notificationOf(
  generation: '1.0' | '0.3',
  { ref, event, task }: Told,
  restorer: PartRestorer,
): Promise<NotificationBody> {
  const told: TaskEvent = generation === '1.0' ? event : { kind: 'task', seq: event.seq, task };
  const said = toWireEvent(await restorer.event(ref, told), task);
  if (generation === '0.3') return legacy.serialize(said);
  return {
    contentType: 'application/a2a+json',
    body: JSON.stringify(StreamResponse.toJSON(said)),
  };
}
