// The worker process's one job: run task workflows and skills until told to drain.

import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type LogMetadata,
  type NativeConnectionOptions,
  type WorkerOptions,
} from '@temporalio/worker';
import { MAX_RUNNING_SKILLS, type SkillQueue } from '../activities/skill-queue';
import type { TaskActivities } from '../workflows/contract';
import type { PushActivities } from '../workflows/push-contract';
import { workflowSource } from './workflow-bundle';

export interface TaskWorkerOptions {
  /** An open one stays open: whoever opened it closes it after the worker. */
  readonly connection: NativeConnection | NativeConnectionOptions;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: TaskActivities;
  /** Those of skills that have places of their own. */
  readonly skillQueues: readonly SkillQueue[];
  /** Absent: this worker sends no notifications. */
  readonly push?: PushQueue;
  /**
   * Workflows that stay in memory; one that has left is read again from its history when something happens to it.
   * Default: the SDK's, 600 for each GiB of the heap's limit beyond 200 MiB.
   */
  readonly cacheSize?: number | undefined;
  /** Told when the worker stops without being asked. */
  readonly onFailure: (err: unknown) => void;
}

interface PushQueue {
  readonly taskQueue: string;
  readonly activities: PushActivities;
}

export interface TaskWorker {
  /** Stops taking work, gives running skills their grace, and resolves when all is handed back. */
  close(): Promise<void>;
}

/** A cancel or a lost task is to reach a running skill within this (D13). */
const HEARTBEAT_THROTTLE_MS = 500;

/** A workflow task waits so long for the worker that ran the last one, which may be dead. */
const STICKY_TIMEOUT_MS = 3_000;

/** Longer than the grace of a skill, shorter than the patience of a supervisor. */
const SHUTDOWN_FORCE_MS = 8_000;

/**
 * Webhooks of tasks that are at work, each with a place of its own: a skill never waits for them, and
 * none of them waits for another's receiver.
 */
export const MAX_RUNNING_DELIVERIES = 1_000;

/** Over it this process also starts and signals workflows: there is no faster way to the server. */
export async function connectWorker(options: NativeConnectionOptions): Promise<NativeConnection> {
  Runtime.install({ logger: new WorkerLogger('WARN') });
  return NativeConnection.connect(options);
}

/** Says nothing of a worker without workflows: that of notifications has none on purpose. */
class WorkerLogger extends DefaultLogger {
  override warn(message: string, meta?: LogMetadata): void {
    if (!message.startsWith('No workflows registered')) super.warn(message, meta);
  }
}

/** Nearly all of these queues are idle; a poll takes what waits there one after the other. */
const POLLS_OF_A_SKILL_QUEUE = 1;

export async function startTaskWorker(options: TaskWorkerOptions): Promise<TaskWorker> {
  const given = options.connection instanceof NativeConnection ? options.connection : undefined;
  const connection = given ?? (await NativeConnection.connect(options.connection));
  const shared = {
    connection,
    namespace: options.namespace,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    shutdownForceTime: SHUTDOWN_FORCE_MS,
  };
  const workers = await Promise.all(
    [
      skillsAndWorkflows(options),
      ...options.skillQueues.map((queue) => skillsOf(queue, options)),
      ...(options.push === undefined ? [] : [deliveries(options.push)]),
    ].map((particular) => Worker.create({ ...shared, ...particular })),
  );
  const closes = workers.map((one) => start(one, options.onFailure));
  return {
    async close() {
      await Promise.all(closes.map((close) => close()));
      if (given === undefined) await connection.close();
    },
  };
}

type Particular = Omit<WorkerOptions, 'connection' | 'namespace'>;

function skillsAndWorkflows({ taskQueue, activities, cacheSize }: TaskWorkerOptions): Particular {
  return {
    taskQueue,
    ...workflowSource(),
    activities: { ...activities },
    maxConcurrentActivityTaskExecutions: MAX_RUNNING_SKILLS,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
    ...(cacheSize !== undefined && { maxCachedWorkflows: cacheSize }),
  };
}

function skillsOf({ taskQueue, places }: SkillQueue, options: TaskWorkerOptions): Particular {
  return {
    taskQueue,
    activities: { ...options.activities },
    maxConcurrentActivityTaskExecutions: places,
    maxConcurrentActivityTaskPolls: POLLS_OF_A_SKILL_QUEUE,
  };
}

function deliveries({ taskQueue, activities }: PushQueue): Particular {
  return {
    taskQueue,
    activities: { ...activities },
    maxConcurrentActivityTaskExecutions: MAX_RUNNING_DELIVERIES,
  };
}

function start(worker: Worker, onFailure: (err: unknown) => void): () => Promise<void> {
  const run = worker.run();
  run.catch(onFailure);
  return async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await run.catch(() => undefined);
  };
}
