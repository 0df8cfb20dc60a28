// A worker in this process and the client side of its tasks, on a real Temporal server and without a gateway.

import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { join } from 'node:path';
import { createTaskActivities } from '../../src/activities/run-skill';
import type { LongLog } from '../../src/activities/batch-stream';
import type { Pace } from '../../src/activities/emitter';
import type { Skill } from '../../src/activities/skill';
import { skillQueuesOf } from '../../src/activities/skill-queue';
import { createDirectoryPartStores, type PartStores } from '../../src/storage/part-store';
import { openClient } from '../../src/temporal/connection';
import { ContinuationTokens } from '../../src/temporal/continuations';
import { Tasks } from '../../src/temporal/tasks';
import { AddressRules } from '../../src/webhooks/address-rules';
import { createPushActivities } from '../../src/webhooks/deliver';
import { createPoster, type Poster } from '../../src/webhooks/post';
import { startTaskWorker, type TaskWorker } from '../../src/worker/worker';
import type { TaskActivities } from '../../src/workflows/contract';
import type { Batch } from '../../src/workflows/emission';
import type { PushActivities } from '../../src/workflows/push-contract';
import './kept-workflows';
import { serviceError } from './service-error';
import { createCaller, type Caller } from './task-caller';
import { startTestTemporal, type TestTemporal, type TestTemporalOptions } from './temporal';

const NAMESPACE = 'default';
/** What a worker polls, and a caller uses, unless told otherwise. */
export const TASK_QUEUE = 'tasks';

/** What the addresses that skills hand out are signed with here. */
export const CONTINUATION_KEY = Buffer.alloc(32, 7);

/** gRPC's status code. */
const INVALID_ARGUMENT = 3;

/** A first run may have to fetch the server. */
const START_DEADLINE_MS = 300_000;

export interface TaskStageOptions extends TestTemporalOptions {
  readonly skills: readonly Skill[];
  /** What skills say leaves at another pace. */
  readonly pace?: Pace;
  /** After how many batches of a run a stream moves to a log. */
  readonly log?: Pick<LongLog, 'after'>;
  /** Batches that Temporal is said to refuse for good. */
  refuses?(batch: Batch): boolean;
  /** Is told of each batch that was recorded, in the task or in a log. */
  onSent?(batch: Batch): void;
}

interface WorkerParts {
  readonly taskQueue: string;
  readonly activities: TaskActivities;
  readonly skills: readonly Skill[];
  readonly push: PushActivities | undefined;
}

/** A stage with a worker from the test file's first `beforeAll` to its last `afterAll`. */
export function useTaskStage(options: TaskStageOptions): TaskStage {
  const stage = new TaskStage(options);
  beforeAll(async () => {
    quieten();
    await stage.open();
    await stage.startWorker(TASK_QUEUE, stage.activities, stage.pushActivities());
  }, START_DEADLINE_MS);
  afterAll(() => stage.close());
  return stage;
}

/** Once in a process: the core tells each task that fails, and here they are meant to. */
export function quieten(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}

export class TaskStage {
  /** On the queue that `startWorker` polls by default. */
  readonly caller: Caller;
  private readonly options: TaskStageOptions;
  private readonly callers: Caller[] = [];
  private readonly workers = new Set<TaskWorker>();
  private readonly posters: Poster[] = [];
  private opened: { readonly temporal: TestTemporal; readonly client: Client } | undefined;

  constructor(options: TaskStageOptions) {
    this.options = options;
    this.caller = this.callerOn(TASK_QUEUE);
  }

  get client(): Client {
    return this.running.client;
  }

  /** `host:port` of the server. */
  get address(): string {
    return this.running.temporal.address;
  }

  /** Where stored parts lie. */
  get partsDirectory(): string {
    return join(this.running.temporal.dataDir, 'parts');
  }

  /** Those of a worker process, with the skills of this stage. */
  get activities(): TaskActivities {
    return this.activitiesWith(this.options.skills);
  }

  private activitiesWith(skills: readonly Skill[]): TaskActivities {
    const { refuses, pace, log, onSent } = this.options;
    const sending =
      (send: (batch: Batch) => Promise<void>) =>
      async (batch: Batch): Promise<void> => {
        await send(batch);
        onSent?.(batch);
      };
    return createTaskActivities({
      skills: new Map(skills.map((skill) => [skill.id, skill])),
      stores: this.stores,
      continuations: new ContinuationTokens(CONTINUATION_KEY),
      signal: (task, batch) =>
        refuses?.(batch) === true
          ? Promise.reject(serviceError(INVALID_ARGUMENT))
          : sending((sent) => this.caller.tasks.signal(task, sent))(batch),
      longLog: (run, speaker) => {
        const opened = this.caller.tasks.longLog(run, speaker);
        return { ...opened, send: sending(opened.send), ...log };
      },
      ...(pace && { pace }),
      takeOver: (run, speaker) => this.caller.tasks.takeOver(run, speaker),
      followUps: (run) => this.caller.tasks.followUps(run),
      readTask: (ref) => this.caller.tasks.read(ref),
      log: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
    });
  }

  /** Those that notify receivers on loopback. */
  pushActivities(): PushActivities {
    const poster = createPoster(new AddressRules([{ host: '127.0.0.1' }]));
    this.posters.push(poster);
    return createPushActivities({
      tasks: new Tasks({ client: this.client, taskQueue: TASK_QUEUE }),
      stores: this.stores,
      poster,
      credentialsKey: Buffer.alloc(32),
      signingSecrets: [Buffer.alloc(32)],
      userAgent: 'test',
      report: (err) => {
        throw err;
      },
    });
  }

  async open(): Promise<void> {
    const temporal = await startTestTemporal(this.options);
    const connection = { address: temporal.address };
    this.opened = {
      temporal,
      client: openClient({ connection, client: { namespace: NAMESPACE } }),
    };
  }

  /** As a process of its own; on another queue than the default, no worker polls until one is started. */
  callerOn(taskQueue = TASK_QUEUE): Caller {
    const openTasks = (): Tasks => new Tasks({ client: this.client, taskQueue });
    const caller = createCaller(openTasks, this.options.skills, taskQueue);
    this.callers.push(caller);
    return caller;
  }

  startWorker(
    taskQueue = TASK_QUEUE,
    activities = this.activities,
    push?: PushActivities,
  ): Promise<TaskWorker> {
    return this.runWorker({ taskQueue, activities, skills: this.options.skills, push });
  }

  /** As one that was given other `SKILLS` than the callers. */
  startWorkerWith(skills: readonly Skill[]): Promise<TaskWorker> {
    const activities = this.activitiesWith(skills);
    return this.runWorker({ taskQueue: TASK_QUEUE, activities, skills, push: undefined });
  }

  private async runWorker({
    taskQueue,
    activities,
    skills,
    push,
  }: WorkerParts): Promise<TaskWorker> {
    const worker = await startTaskWorker({
      ...(push && { push: { taskQueue: `${taskQueue}-push`, activities: push } }),
      connection: { address: this.running.temporal.address },
      namespace: NAMESPACE,
      taskQueue,
      activities,
      skillQueues: skillQueuesOf(skills, taskQueue),
      onFailure: (err) => {
        throw err;
      },
    });
    this.workers.add(worker);
    return {
      close: async () => {
        this.workers.delete(worker);
        await worker.close();
      },
    };
  }

  async close(): Promise<void> {
    for (const caller of this.callers) caller.close();
    await Promise.all([...this.workers].map((worker) => worker.close()));
    await Promise.all(this.posters.map((poster) => poster.close()));
    await this.opened?.client.connection.close();
    await this.opened?.temporal.close();
  }

  private get stores(): PartStores {
    return createDirectoryPartStores(this.partsDirectory);
  }

  private get running(): { readonly temporal: TestTemporal; readonly client: Client } {
    if (this.opened === undefined) throw new Error('the stage is not open');
    return this.opened;
  }
}
