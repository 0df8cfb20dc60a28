// The worker process's one job: run task workflows and skills until told to drain.

import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type NativeConnectionOptions,
} from '@temporalio/worker';
import type { TaskActivities } from '../workflows/contract';

export interface TaskWorkerOptions {
  /** An open one stays open: whoever opened it closes it after the worker. */
  readonly connection: NativeConnection | NativeConnectionOptions;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly activities: TaskActivities;
  /** Told when the worker stops without being asked. */
  onFailure(err: unknown): void;
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

/** Skills wait for others most of their time; what computes is bounded by the cores anyway. */
const MAX_RUNNING_SKILLS = 200;

/** Over it this process also starts and signals workflows: there is no faster way to the server. */
export async function connectWorker(options: NativeConnectionOptions): Promise<NativeConnection> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  return NativeConnection.connect(options);
}

export async function startTaskWorker(options: TaskWorkerOptions): Promise<TaskWorker> {
  const given = options.connection instanceof NativeConnection ? options.connection : undefined;
  const connection = given ?? (await NativeConnection.connect(options.connection));
  const worker = await Worker.create({
    connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    workflowsPath: require.resolve('../workflows'),
    interceptors: { workflowModules: [require.resolve('../workflows/cancel-reason')] },
    activities: { ...options.activities },
    maxConcurrentActivityTaskExecutions: MAX_RUNNING_SKILLS,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
    shutdownForceTime: SHUTDOWN_FORCE_MS,
  });
  const run = worker.run();
  run.catch((err: unknown) => {
    options.onFailure(err);
  });
  return {
    async close() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await run.catch(() => undefined);
      if (given === undefined) await connection.close();
    },
  };
}
