// Reads a task as it is now, or at its end, by the fewest calls that tell it.

import type { Client } from '@temporalio/client';
import { taskQuery } from '../workflows/contract';
import type { Task } from '../workflows/task';
import { withinDeadline } from './connection';
import { isNotFound } from './grpc-failure';
import type { Decode, HistorySource } from './history';
import { patienceOf } from './patience';
import { readRunEnd } from './run-end';
import { noSuchTask } from './task-error';
import { TaskHistory } from './task-history';

/** A query goes to a worker; without one it must leave time for reading the history instead. */
const QUERY_DEADLINE_MS = 700;

interface TaskReaderOptions {
  readonly client: Client;
  /** Of a worker in this process, if there is one: its calls do their work off this thread. */
  readonly fastest: Client;
  readonly decode: Decode;
}

/** How long somebody waits for something, and by what they give up sooner. */
export interface Waiting {
  readonly withinMs: number;
  readonly signal: AbortSignal;
}

export class TaskReader {
  private readonly client: Client;
  private readonly fastest: Client;
  private readonly decode: Decode;

  constructor({ client, fastest, decode }: TaskReaderOptions) {
    this.client = client;
    this.fastest = fastest;
    this.decode = decode;
  }

  /**
   * The task as of now, with or without a worker.
   * @throws TaskError `not-found`, `unavailable`.
   */
  async read(workflowId: string): Promise<Task> {
    const source = { client: this.client, decode: this.decode, workflowId };
    const history = new TaskHistory(source);
    const readOn = (): Promise<unknown> => withinDeadline(this.client, () => history.next(false));
    try {
      await readOn();
      // One page holds nearly every task. A longer one is asked for before it is read to the end.
      if (!history.isCaughtUp) {
        const short = await withinDeadline(this.client, () => this.inShort(source));
        if (short !== undefined) return short;
      }
      while (!history.isCaughtUp) await readOn();
      return history.task;
    } catch (err) {
      throw isNotFound(err) ? noSuchTask(err) : err;
    }
  }

  /** By small calls: from the result of a closed workflow, or from a worker that holds an open one. */
  private async inShort(source: HistorySource): Promise<Task | undefined> {
    const { client, workflowId } = source;
    // Asked for the end of an open run, the server waits a second for it, also where it is told not to.
    const { workflowExecutionInfo: info } = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId },
    });
    // What the server ended itself no worker knows; the history does.
    if (!info?.closeTime) return this.query(workflowId);
    const end = await readRunEnd(source, false);
    return end?.kind === 'completed' ? (end.result as Task) : undefined;
  }

  /**
   * The task if it ends within `withinMs`, by one call whatever happens meanwhile; undefined if it
   * does not, or if it cannot be told.
   */
  async ended(workflowId: string, { withinMs, signal }: Waiting): Promise<Task | undefined> {
    const source = { client: this.fastest, decode: this.decode, workflowId };
    const patience = patienceOf(withinMs, signal);
    const over = new Promise<undefined>((resolve) => {
      patience.signal.addEventListener('abort', () => {
        resolve(undefined);
      });
    });
    // A call over a worker's connection takes no signal: given up, it is left to its own deadline.
    // The patience cannot be that deadline: with half a second left the server does not wait at all.
    const asked = withinDeadline(this.fastest, () => readRunEnd(source, true));
    const end = await Promise.race([asked.catch(() => undefined), over]).finally(patience.end);
    return end?.kind === 'completed' ? (end.result as Task) : undefined;
  }

  private async query(workflowId: string): Promise<Task | undefined> {
    const handle = this.client.workflow.getHandle(workflowId);
    const asked = this.client.withDeadline(Date.now() + QUERY_DEADLINE_MS, () =>
      handle.query(taskQuery),
    );
    // Without a worker the history answers.
    return asked.then(
      (task) => task ?? undefined,
      () => undefined,
    );
  }
}
