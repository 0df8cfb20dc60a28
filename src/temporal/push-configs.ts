// Push notification configurations of tasks, kept as the workflows that deliver them (A2A §3.1.7 to §3.1.10).

import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { createHash } from 'node:crypto';
import {
  PUSH_WORKFLOW,
  PushMemo,
  type PushConfig,
  type PushProgress,
  type PushStart,
} from '../workflows/push-contract';
import { FORMAT } from '../workflows/emission';
import { busy, withinDeadline } from './connection';
import { isNotFound } from './grpc-failure';
import { createDecoder, type Decode } from './history';
import { TaskError, TaskErrorReason } from './task-error';
import { workflowIdOf, type TaskRef } from './tasks';

/**
 * What one task may have, so that a message cannot be multiplied at will. Each has a workflow id made
 * of the task's and of its place among these: listing needs no index that lags, and creating no worker.
 */
const PUSH_CONFIGS_MAX = 10;

/** Two callers may reach for the same place at once; each try has found another one taken. */
const TRIES = PUSH_CONFIGS_MAX;

/** Longer than it takes to terminate what was started only to be; whoever dies in between leaves it to its timeout. */
const TOMBSTONE = { startDelay: 60_000, workflowExecutionTimeout: 1_000 } as const;

const {
  WORKFLOW_EXECUTION_STATUS_CANCELED: CANCELED,
  WORKFLOW_EXECUTION_STATUS_FAILED: FAILED,
  WORKFLOW_EXECUTION_STATUS_RUNNING: RUNNING,
  WORKFLOW_EXECUTION_STATUS_TERMINATED: TERMINATED,
  WORKFLOW_EXECUTION_STATUS_TIMED_OUT: TIMED_OUT,
} = temporal.api.enums.v1.WorkflowExecutionStatus;

/** One configuration and how far its delivery is. */
export interface PushDelivery {
  readonly config: PushConfig;
  readonly progress: PushProgress;
}

export interface PushConfigsOptions {
  readonly client: Client;
  /** Where the workers of workflows poll. */
  readonly taskQueue: string;
  /** See `PushStart`. */
  readonly delivery: Pick<PushStart, 'publicUrl' | 'taskQueue' | 'scheduleMs'>;
}

/** A place, and what is in it. */
interface Slot {
  readonly workflowId: string;
  /** Of what runs in it: by this it is told from what others put there meanwhile. */
  readonly running?: string;
  readonly held: PushDelivery | undefined;
}

type Filled = Slot & { readonly held: PushDelivery };

export class PushConfigs {
  private readonly options: PushConfigsOptions;
  private readonly decode: Decode;

  constructor(options: PushConfigsOptions) {
    this.options = options;
    this.decode = createDecoder(options.client);
  }

  /**
   * Keeps a configuration and starts its delivery after event `cursor`. One that has its id is
   * replaced, and the delivery goes on where it was.
   * @throws TaskError `full`, `unavailable`.
   */
  async create(ref: TaskRef, config: PushConfig, cursor: number): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const slots = await this.slots(ref);
      const known = find(slots, config.id);
      const slot = known ?? firstFree(slots, config.id);
      if (slot === undefined) throw tooMany();
      // A deletion that was not brought to its end.
      if (slot.held === undefined && slot.running !== undefined) await this.terminate(slot);
      const from = known === undefined ? cursor : known.held.progress.cursor;
      if (await this.start(slot, this.startOf(ref, config, from))) return;
      if (tries >= TRIES) throw tooMany();
    }
  }

  /** @throws TaskError `full` when the task has no place for one with this id. */
  async assertRoom(ref: TaskRef, configId: string): Promise<void> {
    const slots = await this.slots(ref);
    if ((find(slots, configId) ?? firstFree(slots, configId)) === undefined) throw tooMany();
  }

  /** All of a task, oldest first. */
  async list(ref: TaskRef): Promise<readonly PushDelivery[]> {
    const held = (await this.slots(ref)).flatMap((slot) => slot.held ?? []);
    const orderOf = ({ config }: PushDelivery): string => `${config.createdAt} ${config.id}`;
    return held.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  }

  /** Undefined when the task has none of that id. */
  async get(ref: TaskRef, configId: string): Promise<PushDelivery | undefined> {
    return find(await this.slots(ref), configId)?.held;
  }

  /** Ends the delivery and forgets the configuration. Does nothing when there is none. */
  async delete(ref: TaskRef, configId: string): Promise<void> {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const slot = find(await this.slots(ref), configId);
      if (slot === undefined) return;
      // What has ended cannot be terminated: a run in its place can.
      const isGone = slot.running === undefined ? this.bury(slot) : this.terminate(slot);
      if (await isGone) return;
    }
    throw busy();
  }

  /**
   * Sends every event after `cursor`, whatever was sent before; also when the delivery was over.
   * @throws TaskError `not-found`, `unavailable`.
   */
  async redeliver(ref: TaskRef, configId: string, cursor: number): Promise<void> {
    const slot = find(await this.slots(ref), configId);
    if (slot === undefined) throw noSuchConfig();
    await this.start(slot, this.startOf(ref, slot.held.config, cursor));
  }

  private startOf({ scope, taskId }: TaskRef, config: PushConfig, cursor: number): PushStart {
    return { v: FORMAT, task: { scope, taskId }, config, cursor, ...this.options.delivery };
  }

  /** False when somebody else has taken the free place meanwhile. */
  private async start({ workflowId, held }: Slot, start: PushStart): Promise<boolean> {
    const { client, taskQueue } = this.options;
    const { config, cursor } = start;
    const progress: PushProgress = { state: 'delivering', cursor, failures: 0 };
    try {
      await withinDeadline(client, () =>
        client.workflow.start(PUSH_WORKFLOW, {
          workflowId,
          taskQueue,
          args: [start],
          memo: { [PushMemo.config]: config, [PushMemo.progress]: progress },
          ...(held === undefined ? ONLY_IF_FREE : WHATEVER_IS_THERE),
        }),
      );
      return true;
    } catch (err) {
      if (err instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw err;
    }
  }

  /** False when somebody else has taken the place meanwhile. */
  private async bury({ workflowId }: Slot): Promise<boolean> {
    const { client, taskQueue } = this.options;
    try {
      const handle = await withinDeadline(client, () =>
        client.workflow.start(PUSH_WORKFLOW, {
          ...{ workflowId, taskQueue, args: [], ...TOMBSTONE },
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        }),
      );
      return await this.terminate({ workflowId, running: handle.firstExecutionRunId });
    } catch (err) {
      if (err instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw err;
    }
  }

  /** False when it has ended, or something else runs in its place. */
  private async terminate({ workflowId, running }: Omit<Slot, 'held'>): Promise<boolean> {
    const { client } = this.options;
    const handle = client.workflow.getHandle(workflowId, undefined, {
      ...(running === undefined ? {} : { firstExecutionRunId: running }),
    });
    try {
      await withinDeadline(client, () => handle.terminate('the configuration was deleted'));
      return true;
    } catch (err) {
      if (err instanceof WorkflowNotFoundError) return false;
      throw err;
    }
  }

  private slots(ref: TaskRef): Promise<readonly Slot[]> {
    const ids = Array.from({ length: PUSH_CONFIGS_MAX }, (_, i) => pushWorkflowIdOf(ref, i));
    return withinDeadline(this.options.client, () =>
      Promise.all(ids.map((workflowId) => this.slot(workflowId))),
    );
  }

  private async slot(workflowId: string): Promise<Slot> {
    const { client } = this.options;
    const { namespace } = client.options;
    try {
      const { workflowExecutionInfo: info, pendingActivities } =
        await client.workflowService.describeWorkflowExecution({
          namespace,
          execution: { workflowId },
        });
      const fields = info?.memo?.fields ?? {};
      const config = (await this.decode(fields[PushMemo.config])) as PushConfig | undefined;
      const told = (await this.decode(fields[PushMemo.progress])) as PushProgress | undefined;
      const slot = {
        workflowId,
        ...(info?.status === RUNNING && info.firstRunId ? { running: info.firstRunId } : {}),
      };
      if (info?.status === TERMINATED || config === undefined || told === undefined) {
        return { ...slot, held: undefined };
      }
      const beat = await this.decode(pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]);
      return { ...slot, held: { config, progress: progressOf(told, beat, info?.status) } };
    } catch (err) {
      if (isNotFound(err)) return { workflowId, held: undefined };
      throw err;
    }
  }
}

/** The memo is of the last run of the activity; the beat is of the one under way. */
function progressOf(told: PushProgress, beat: unknown, status: unknown): PushProgress {
  if (status === CANCELED || status === FAILED || status === TIMED_OUT) {
    const { cursor, failures } = told;
    return {
      state: 'exhausted',
      cursor,
      failures,
      lastError: 'the delivery was ended from outside',
    };
  }
  // What failed has come through since.
  if (typeof beat === 'number' && beat > told.cursor) {
    return { state: 'delivering', cursor: beat, failures: 0 };
  }
  return told;
}

/** One that was deleted has been terminated, which the reuse policy counts as failed. */
const ONLY_IF_FREE = {
  workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
  workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
} as const;

const WHATEVER_IS_THERE = {
  workflowIdConflictPolicy: WorkflowIdConflictPolicy.TERMINATE_EXISTING,
  workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
} as const;

/** Two segments more than a task's, so that no task id can name it. */
export function pushWorkflowIdOf(ref: TaskRef, index: number): string {
  return `${workflowIdOf(ref)}/push/${String(index)}`;
}

function find(slots: readonly Slot[], configId: string): Filled | undefined {
  return slots.find((slot): slot is Filled => slot.held?.config.id === configId);
}

/** The same order for the same id, so that two who create it at once reach for the same place. */
function firstFree(slots: readonly Slot[], configId: string): Slot | undefined {
  const first = createHash('sha256').update(configId).digest().readUInt32BE() % slots.length;
  return [...slots.slice(first), ...slots.slice(0, first)].find(({ held }) => held === undefined);
}

export function noSuchConfig(): TaskError {
  const text = 'the task has no such push notification configuration';
  return new TaskError(TaskErrorReason.notFound, text);
}

function tooMany(): TaskError {
  const most = String(PUSH_CONFIGS_MAX);
  const text = `a task has at most ${most} push notification configurations: delete one first`;
  return new TaskError(TaskErrorReason.full, text);
}
