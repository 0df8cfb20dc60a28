// Puts stored parts back into tasks and events on their way to a client (D9).

import { descriptionOf, inlineSize, restoreMessage, restoreParts } from '../temporal/stored-parts';
import type { PartStores } from '../storage/part-store';
import { replyWorkflowIdOf } from '../temporal/replies';
import { workflowIdOf, type TaskRef } from '../temporal/tasks';
import {
  DEFAULT_TENANT,
  type ContentPart,
  type Message,
  type Part,
  type Scope,
  type Task,
  type TaskEvent,
} from '../workflows/task';

/**
 * What one stream frame may hold in restored parts, in bytes of JSON: well-kept clients refuse an
 * event of over 4 MiB.
 */
export const FRAME_RESTORE_BYTES = 2_097_152;

/**
 * The same of a plain answer, be it one task or a page of them: what one request may bring by default
 * (10 MiB) comes back whole, and a gateway that is asked for a few at once keeps its memory.
 */
const ANSWER_RESTORE_BYTES = 12_582_912;

/** What does not fit is given as a `url` part that serves it. */
export interface PartRestorer {
  task(scope: Scope, task: Task): Promise<Task<ContentPart>>;
  /** Within what one answer may hold, the first ones first. */
  tasks(scope: Scope, tasks: readonly Task[]): Promise<readonly Task<ContentPart>[]>;
  /** A reply, in full, also in a stream: its parts belong to no task that would serve them. */
  message(scope: Scope, message: Message): Promise<Message<ContentPart>>;
  event(ref: TaskRef, event: TaskEvent): Promise<TaskEvent<ContentPart>>;
}

/** Where a gateway serves the stored parts of tasks, besides its address and the tenant. */
export const STORED_PARTS_PATH = '/parts';

/** Begins with the tenant, as the paths of REST do; the default one is not named. */
function storedPartPath({ scope, taskId }: TaskRef, digest: string): string {
  const tenant = scope.tenant === DEFAULT_TENANT ? '' : `/${encodeURIComponent(scope.tenant)}`;
  return `${tenant}${STORED_PARTS_PATH}/${encodeURIComponent(taskId)}/${digest}`;
}

/** Of a binding that is not JSON. */
export interface RestoreBounds {
  /** What a plain answer may hold in restored parts. Default: 12 MiB. */
  readonly answerBytes?: number;
  /** What a part takes. Default: the bytes of its JSON. */
  readonly sizeOf?: (part: ContentPart) => number;
}

/** @param publicUrl of the gateways, without a trailing slash. */
export function createPartRestorer(
  stores: PartStores,
  publicUrl: string,
  { answerBytes = ANSWER_RESTORE_BYTES, sizeOf = inlineSize }: RestoreBounds = {},
): PartRestorer {
  const within = (bytes: number): Place => {
    let left = bytes;
    const fit = async (ref: TaskRef, part: Part): Promise<ContentPart> => {
      if (!('ref' in part)) return part;
      const store = stores.of(workflowIdOf(ref));
      const [restored] = part.ref.bytes > left ? [] : await restoreParts(store, [part]);
      const size = restored === undefined ? Number.POSITIVE_INFINITY : sizeOf(restored);
      if (restored === undefined || size > left) {
        const url = publicUrl + storedPartPath(ref, part.ref.digest);
        return { ...descriptionOf(part), url };
      }
      left -= size;
      return restored;
    };
    return async (ref, parts) => {
      const placed: ContentPart[] = [];
      for (const part of parts) placed.push(await fit(ref, part));
      return placed;
    };
  };
  return {
    task: (scope, task) => placeTask(scope, task, within(answerBytes)),
    async tasks(scope, tasks) {
      const place = within(answerBytes);
      const placed: Task<ContentPart>[] = [];
      for (const task of tasks) placed.push(await placeTask(scope, task, place));
      return placed;
    },
    message(scope, message) {
      // A reply has the id of the workflow that made it.
      const replyId = message.messageId;
      return restoreMessage(stores.of(replyWorkflowIdOf({ scope, replyId })), message);
    },
    event: (ref, event) => placeEvent(ref, event, within(FRAME_RESTORE_BYTES)),
  };
}

type Place = (ref: TaskRef, parts: readonly Part[]) => Promise<readonly ContentPart[]>;

async function placeEvent(
  ref: TaskRef,
  event: TaskEvent,
  place: Place,
): Promise<TaskEvent<ContentPart>> {
  switch (event.kind) {
    case 'task':
      return { ...event, task: await placeTask(ref.scope, event.task, place) };
    case 'status':
      return { ...event, status: await placeStatus(ref, event.status, place) };
    case 'artifact': {
      const { artifact } = event;
      return { ...event, artifact: { ...artifact, parts: await place(ref, artifact.parts) } };
    }
  }
}

async function placeTask(scope: Scope, task: Task, place: Place): Promise<Task<ContentPart>> {
  const ref = { scope, taskId: task.id };
  const artifacts: Task<ContentPart>['artifacts'][number][] = [];
  // One after the other: what a frame may hold goes to artifacts first, then to the newest messages.
  for (const artifact of task.artifacts) {
    artifacts.push({ ...artifact, parts: await place(ref, artifact.parts) });
  }
  const status = await placeStatus(ref, task.status, place);
  const history: Message<ContentPart>[] = [];
  for (const message of task.history.toReversed()) {
    history.unshift(await placeMessage(ref, message, place));
  }
  return { ...task, artifacts, status, history };
}

async function placeStatus(
  ref: TaskRef,
  { message, ...status }: Task['status'],
  place: Place,
): Promise<Task<ContentPart>['status']> {
  if (message === undefined) return status;
  return { ...status, message: await placeMessage(ref, message, place) };
}

async function placeMessage(
  ref: TaskRef,
  message: Message,
  place: Place,
): Promise<Message<ContentPart>> {
  return { ...message, parts: await place(ref, message.parts) };
}
