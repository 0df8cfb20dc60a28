// Follows a task and notifies one receiver of its events, in order: the activity of a push workflow.

import { Context } from '@temporalio/activity';
import { applyEvent } from '../workflows/apply-event';
import type { DeliveryInput, DeliveryOutcome, PushActivities } from '../workflows/push-contract';
import { isInterrupted, type Task, type TaskEvent } from '../workflows/task';
import { createPartRestorer } from '../a2a/part-restorer';
import { notificationOf } from '../a2a/notification';
import type { PartStore } from '../storage/part-store';
import type { Following } from '../temporal/event-feed';
import { TaskError, TaskErrorReason } from '../temporal/task-error';
import type { Tasks } from '../temporal/tasks';
import type { Notification, Poster } from './post';
import { openSecrets } from './secrets';
import { signatureOf } from './signature';

/** A lost worker is noticed by its silence, and a deleted configuration by the answer to a beat. */
const HEARTBEAT_MS = 500;

export interface DeliveryRuntime {
  readonly tasks: Tasks;
  readonly store: PartStore;
  readonly poster: Poster;
  /** Opens what gateways have sealed. */
  readonly credentialsKey: Buffer;
  /** Notifications are signed with each of them. */
  readonly signingSecrets: readonly Buffer[];
  /** `User-Agent` of the notifications. */
  readonly userAgent: string;
  /** Told of a failure that is not the receiver's. */
  readonly report: (err: unknown, taskId: string) => void;
}

export function createPushActivities(runtime: DeliveryRuntime): PushActivities {
  return { deliver: (input) => new Delivery(runtime, input).run() };
}

class Delivery {
  private readonly runtime: DeliveryRuntime;
  private readonly input: DeliveryInput;
  private readonly context = Context.current();
  /** The last event that the receiver has taken. */
  private cursor: number;

  constructor(runtime: DeliveryRuntime, input: DeliveryInput) {
    this.runtime = runtime;
    this.input = input;
    const beaten: unknown = this.context.info.heartbeatDetails;
    this.cursor = typeof beaten === 'number' ? Math.max(beaten, input.cursor) : input.cursor;
  }

  async run(): Promise<DeliveryOutcome> {
    const heartbeat = setInterval(() => {
      this.context.heartbeat(this.cursor);
    }, HEARTBEAT_MS);
    try {
      return await this.follow();
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async follow(): Promise<DeliveryOutcome> {
    const { tasks } = this.runtime;
    const { cancellationSignal: signal } = this.context;
    try {
      const following = await tasks.follow(this.input.task, { cursor: this.cursor, signal });
      try {
        return await this.send(following);
      } finally {
        following.close();
      }
    } catch (err) {
      if (!(err instanceof TaskError) || err.reason !== TaskErrorReason.notFound) throw err;
      return { kind: 'lost', cursor: this.cursor, reason: 'the task is no more' };
    }
  }

  private async send(following: Following): Promise<DeliveryOutcome> {
    if (await this.isToWait(following.now())) return { kind: 'waiting', cursor: this.cursor };
    for await (const told of eventsOf(following, this.cursor)) {
      const outcome = await this.tell(told);
      if (outcome !== undefined) return outcome;
      this.cursor = told.event.seq;
      if (await this.isToWait(following.now())) return { kind: 'waiting', cursor: this.cursor };
    }
    // The feed ends with the task, and also with the process.
    return { kind: this.hasToStop ? 'stopped' : 'delivered', cursor: this.cursor };
  }

  private get hasToStop(): boolean {
    return this.context.cancellationSignal.aborted;
  }

  /** A task that waits for its caller may do so for days, and nobody is to sit beside it. */
  private async isToWait({ status, seq }: Task): Promise<boolean> {
    if (!isInterrupted(status.state) || seq !== this.cursor) return false;
    const { workflowId, task } = this.input;
    return this.runtime.tasks.watch(task, { workflowId, seq });
  }

  /** Undefined when the receiver has taken it. */
  private async tell(told: Told): Promise<DeliveryOutcome | undefined> {
    const { poster, report } = this.runtime;
    const { cursor } = this;
    try {
      const notification = await this.notification(told);
      const posted = await poster.post(notification, this.context.cancellationSignal);
      return posted.kind === 'accepted' ? undefined : { ...posted, cursor };
    } catch (err) {
      if (this.hasToStop) return { kind: 'stopped', cursor };
      // A part that is gone from the store, a secret that is not the gateways': no retry mends it soon.
      report(err, this.input.task.taskId);
      return { kind: 'refused', cursor, reason: 'the notification could not be made' };
    }
  }

  private async notification(told: Told): Promise<Notification> {
    const { store, signingSecrets, credentialsKey, userAgent } = this.runtime;
    const { config, publicUrl, task } = this.input;
    const restorer = createPartRestorer(store, publicUrl);
    const of = { ...told, ref: task };
    const { contentType, body } = await notificationOf(config.generation, of, restorer);
    const { credentials, token } = openSecrets(credentialsKey, task, config);
    const id = `${task.taskId}.${String(told.event.seq)}`;
    const timestampS = Math.floor(Date.now() / 1_000);
    const authorization = [config.scheme, credentials].filter(Boolean).join(' ');
    return {
      url: config.url,
      body,
      headers: {
        'content-type': contentType,
        'user-agent': userAgent,
        ...(authorization === '' ? {} : { authorization }),
        ...(token === undefined ? {} : { 'x-a2a-notification-token': token }),
        'webhook-id': id,
        'webhook-timestamp': String(timestampS),
        'webhook-signature': signatureOf(signingSecrets, { id, timestampS, body }),
      },
    };
  }
}

/** One event, and the task as of it. */
interface Told {
  readonly event: TaskEvent;
  readonly task: Task;
}

/** Each event after the cursor with the task as of it; after 0 the task's creation comes first. */
async function* eventsOf(following: Following, cursor: number): AsyncGenerator<Told> {
  let { task }: { task: Task } = following;
  if (cursor < 1) yield { event: { kind: 'task', seq: 1, task }, task };
  for await (const event of following.events) {
    task = applyEvent(task, event);
    yield { event, task };
  }
}
