// Follows a task and notifies one receiver of its events, in order: the activity of a push workflow.

import { Context } from '@temporalio/activity';
import { applyEvent } from '../workflows/apply-event';
import type { DeliveryInput, DeliveryOutcome, PushActivities } from '../workflows/push-contract';
import { isInterrupted, type Task, type TaskEvent } from '../workflows/task';
import { createPartRestorer } from '../a2a/part-restorer';
import { notificationOf } from '../a2a/notification';
import type { PartStores } from '../storage/part-store';
import type { Following } from '../temporal/event-feed';
import { isNotFound } from '../temporal/grpc-failure';
import { TaskError, TaskErrorReason } from '../temporal/task-error';
import type { Tasks } from '../temporal/tasks';
import type { Notification, Poster } from './post';
import { openSecrets } from './secrets';
import { signatureOf } from './signature';

/** A lost worker is noticed by its silence, and a deleted configuration by the answer to a beat. */
const HEARTBEAT_MS = 500;

/** Each beat is a write to the database: with nothing new to tell, every fourth is enough (2 s of the 5 s there are). */
const QUIET_BEATS = 4;

/** With this share of the places taken, a delivery that is quiet for so long gives its own to those who wait. */
const CROWDED = 0.9;
const TURN_MS = 30_000;

/** Runs of a task that goes on are dropped too; what they told cannot be sent any more. */
const GONE = 'the events that follow are not kept any more';

export interface DeliveryRuntime {
  /** How many deliveries the worker runs at once. Default: as many as come. */
  readonly places?: number;
  readonly tasks: Tasks;
  readonly stores: PartStores;
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
  const running = new Map<string, Delivery>();
  const isCrowded = (): boolean => running.size >= CROWDED * (runtime.places ?? Infinity);
  return {
    async deliver(input) {
      const { workflowId } = input;
      // Of an attempt that the server has given up on, or of a configuration that was replaced.
      running.get(workflowId)?.stop();
      const delivery = new Delivery(runtime, input, isCrowded);
      running.set(workflowId, delivery);
      try {
        return await delivery.run();
      } finally {
        if (running.get(workflowId) === delivery) running.delete(workflowId);
      }
    },
  };
}

class Delivery {
  private readonly runtime: DeliveryRuntime;
  private readonly input: DeliveryInput;
  private readonly context = Context.current();
  /** The last event that the receiver has taken. */
  private cursor: number;
  private readonly stopping = new AbortController();
  /** Ends the following, not the notification that is on its way. */
  private readonly resting = new AbortController();
  private readonly isCrowded: () => boolean;

  constructor(runtime: DeliveryRuntime, input: DeliveryInput, isCrowded: () => boolean) {
    this.runtime = runtime;
    this.input = input;
    this.isCrowded = isCrowded;
    const { cancellationSignal } = this.context;
    if (cancellationSignal.aborted) this.stop();
    cancellationSignal.addEventListener('abort', () => {
      this.stop();
    });
    const beaten: unknown = this.context.info.heartbeatDetails;
    this.cursor = typeof beaten === 'number' ? Math.max(beaten, input.cursor) : input.cursor;
  }

  stop(): void {
    this.stopping.abort(new Error('the delivery is to stop'));
    this.resting.abort();
  }

  async run(): Promise<DeliveryOutcome> {
    let beaten = this.cursor;
    let quiet = 0;
    const heartbeat = setInterval(() => {
      quiet = this.cursor === beaten ? quiet + 1 : 0;
      if (quiet * HEARTBEAT_MS >= TURN_MS && this.isCrowded()) this.resting.abort();
      if (quiet % QUIET_BEATS !== 0) return;
      beaten = this.cursor;
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
    const { signal } = this.resting;
    try {
      const following = await tasks.follow(this.input.task, { cursor: this.cursor, signal });
      try {
        if (following.task.seq > Math.max(this.cursor, 1)) return this.lost(GONE);
        return await this.send(following);
      } finally {
        following.close();
      }
    } catch (err) {
      if (err instanceof TaskError) {
        if (err.reason !== TaskErrorReason.notFound) throw err;
        return this.lost('the task is no more');
      }
      if (!isNotFound(err)) throw err;
      return this.lost(GONE);
    }
  }

  private lost(reason: string): DeliveryOutcome {
    return { kind: 'lost', cursor: this.cursor, reason };
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
    return { kind: this.resting.signal.aborted ? 'stopped' : 'delivered', cursor: this.cursor };
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
      const posted = await poster.post(notification, this.stopping.signal);
      return posted.kind === 'accepted' ? undefined : { ...posted, cursor };
    } catch (err) {
      if (this.stopping.signal.aborted) return { kind: 'stopped', cursor };
      // A part that is gone from the store, a secret that is not the gateways': no retry mends it soon.
      report(err, this.input.task.taskId);
      return { kind: 'refused', cursor, reason: 'the notification could not be made' };
    }
  }

  private async notification(told: Told): Promise<Notification> {
    const { stores, signingSecrets, credentialsKey, userAgent } = this.runtime;
    const { config, publicUrl, task } = this.input;
    const restorer = createPartRestorer(stores, publicUrl);
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
    const now = following.now();
    // The newest is as the task's readers have it: no event tells of a follow-up, nor of what was left unread.
    task = now.seq === event.seq ? now : applyEvent(task, event);
    yield { event, task };
  }
}
