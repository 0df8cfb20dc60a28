// Starts the workflows of tasks and replies: one call, and at most once for an id that a key has made (D6).

import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client';
import type { Priority, SearchAttributePair } from '@temporalio/common';
import type { ReplyStart, TaskStart } from '../workflows/contract';
import { withinDeadline } from './connection';
import { createDecoder, readPage, type Decode } from './history';
import { fairnessKeyOf } from './scope';
import { TaskError, TaskErrorReason } from './task-error';

/**
 * A worker that dies in a workflow task keeps every signal from being recorded for so long; the
 * server's default of 10 s would be most of the time that a recovery takes.
 */
const WORKFLOW_TASK_TIMEOUT_MS = 5_000;

export interface WorkflowStarterOptions {
  readonly client: Client;
  readonly taskQueue: string;
  /** Over the connection of a worker in this process, which then is handed its first work at once. */
  readonly starter?: Client;
}

interface WorkflowStart {
  readonly type: string;
  readonly workflowId: string;
  readonly start: TaskStart | ReplyStart;
  readonly searchAttributes: SearchAttributePair[];
}

export class WorkflowStarter {
  private readonly options: WorkflowStarterOptions;
  private readonly decode: Decode;

  constructor(options: WorkflowStarterOptions) {
    this.options = options;
    this.decode = createDecoder(options.client);
  }

  /**
   * Repeated for the same id it starts nothing.
   * @throws TaskError `key-reused` when the id was started with another digest; `unavailable`.
   */
  async start({ type, workflowId, start, searchAttributes }: WorkflowStart): Promise<void> {
    const { taskQueue, starter } = this.options;
    const client = starter ?? this.options.client;
    try {
      await withinDeadline(client, () =>
        client.workflow.start(type, {
          workflowId,
          taskQueue,
          args: [start],
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
          requestEagerStart: starter !== undefined,
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
          typedSearchAttributes: searchAttributes,
          // Its activities and the runs that continue it inherit it.
          priority: priorityOf(start),
        }),
      );
    } catch (err) {
      if (!(err instanceof WorkflowExecutionAlreadyStartedError)) throw err;
    }
    if (start.digest !== undefined) await this.assertSameDigest(workflowId, start.digest);
  }

  private async assertSameDigest(workflowId: string, digest: string): Promise<void> {
    const { client } = this.options;
    const page = await withinDeadline(client, () =>
      readPage(client, { workflowId, waitNewEvent: false }),
    );
    const input = page.events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
    const first = (await this.decode(input)) as TaskStart | ReplyStart;
    if (first.digest !== digest) throw keyReused();
  }
}

function priorityOf({ limits: { priority }, scope }: TaskStart | ReplyStart): Priority {
  const fairnessKey = fairnessKeyOf(scope);
  return priority === undefined ? { fairnessKey } : { fairnessKey, priorityKey: priority };
}

export function keyReused(): TaskError {
  return new TaskError(
    TaskErrorReason.keyReused,
    'this idempotency key was used for another message',
  );
}
