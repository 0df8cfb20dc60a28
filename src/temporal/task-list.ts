// Lists tasks by search attributes, newest status first (A2A §3.1.4). Visibility lags: never used for get.

import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { Memo, SEARCH, TASK_WORKFLOW } from '../workflows/contract';
import type { Decision } from '../workflows/recorded';
import { TaskState, type Task } from '../workflows/task';
import { withinDeadline } from './connection';
import { createDecoder, type Decode } from './history';
import { PageTokens, type Cursor } from './page-tokens';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

export interface TaskQuery {
  readonly contextId?: string;
  readonly skillId?: string;
  readonly state?: TaskState;
  /** Only tasks whose status is from this time or later. */
  readonly statusTimeFrom?: Date;
  /** 1 to 100. */
  readonly pageSize: number;
  readonly pageToken?: string;
}

export interface TaskPage {
  /** Without history and artifacts; the status is that of the last decision. */
  readonly tasks: readonly Task[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
  /** Tasks that match, over all pages. */
  readonly totalSize: number;
}

/** A listing of so many is read whole and sorted here: the server's SQL store cannot sort. */
const SORTED_HERE = 400;

/** No task is older than that. */
const OLDEST = Date.UTC(2020, 0, 1);

/** Clocks of workers may be ahead by so much. */
const CLOCK_SKEW_MS = 60_000;
const FIRST_WINDOW_MS = 2 * CLOCK_SKEW_MS;

const LISTING_DEADLINE_MS = 2_200;

export class TaskListing {
  private readonly client: Client;
  private readonly decode: Decode;
  private readonly tokens: PageTokens;

  /** @param key signs page tokens; the same for all gateways. */
  constructor(client: Client, key: Buffer) {
    this.client = client;
    this.tokens = new PageTokens(key);
    this.decode = createDecoder(client);
  }

  /**
   * @param scope see `scopeKey`; every listing is bound to one.
   * @throws TaskError `invalid` for a page token that is not ours; `unavailable`.
   */
  async list(scope: string, query: TaskQuery): Promise<TaskPage> {
    const filter = toFilter(scope, query);
    const cursor =
      query.pageToken === undefined ? undefined : this.tokens.read(filter, query.pageToken);
    return withinDeadline(this.client, () => this.page(filter, query, cursor), LISTING_DEADLINE_MS);
  }

  private async page(filter: string, query: TaskQuery, cursor?: Cursor): Promise<TaskPage> {
    const totalSize = await this.count(filter);
    const until = cursor === undefined ? Date.now() + CLOCK_SKEW_MS : Date.parse(cursor.time);
    const from = totalSize <= SORTED_HERE ? OLDEST : await this.windowStart(filter, query, until);
    const found = await this.tasksBetween(filter, from, until);
    const rest = found
      .sort((a, b) => compare(toPosition(b), toPosition(a)))
      .filter((task) => cursor === undefined || compare(toPosition(task), cursor) < 0);
    const tasks = rest.slice(0, query.pageSize);
    const last = tasks.at(-1);
    const hasMore = rest.length > tasks.length || (from > OLDEST && last !== undefined);
    const nextPageToken = hasMore && last ? this.tokens.write(filter, toPosition(last)) : '';
    return { tasks, totalSize, nextPageToken };
  }

  /** A time so that what came after it fills the page and is few enough to be sorted here. */
  private async windowStart(filter: string, query: TaskQuery, until: number): Promise<number> {
    const countFrom = (from: number): Promise<number> =>
      this.count(`${filter} AND ${between(from, until)}`);
    let tooFew = until;
    let start = until - FIRST_WINDOW_MS;
    let count = await countFrom(start);
    while (count <= query.pageSize && start > OLDEST) {
      tooFew = start;
      start = Math.max(until - (until - start) * 8, OLDEST);
      count = await countFrom(start);
    }
    while (count > SORTED_HERE && tooFew - start > 1) {
      const middle = Math.floor((tooFew + start) / 2);
      const inHalf = await countFrom(middle);
      if (inHalf <= query.pageSize) {
        tooFew = middle;
      } else {
        start = middle;
        count = inHalf;
      }
    }
    return start;
  }

  private async count(query: string): Promise<number> {
    const { namespace } = this.client.options;
    const { count } = await this.client.workflowService.countWorkflowExecutions({
      namespace,
      query,
    });
    return Number(count);
  }

  private async tasksBetween(filter: string, from: number, until: number): Promise<Task[]> {
    const { namespace } = this.client.options;
    const query = `${filter} AND ${between(from, until)}`;
    const executions: Execution[] = [];
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await this.client.workflowService.listWorkflowExecutions({
        namespace,
        query,
        pageSize: 1_000,
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      });
      executions.push(...page.executions);
      ({ nextPageToken } = page);
    } while (nextPageToken.length > 0);
    return Promise.all(executions.map((execution) => this.toTask(execution)));
  }

  private async toTask(execution: Execution): Promise<Task> {
    const field = async (key: { readonly name: string }): Promise<string> =>
      String(await this.decode(execution.searchAttributes?.indexedFields?.[key.name]));
    const memo = execution.memo?.fields;
    const decision = (await this.decode(memo?.[Memo.decision])) as Decision | undefined;
    const seq = Number((await this.decode(memo?.[Memo.seq])) ?? 1);
    const id = decodeURIComponent(execution.execution?.workflowId?.split('/').at(-1) ?? '');
    const contextId = await field(SEARCH.context);
    const timestamp = new Date(await field(SEARCH.statusTime)).toISOString();
    // A run that the server ended has published no decision of it.
    const state =
      ENDED_BY_SERVER.get(execution.status) ??
      decision?.state ??
      toState(await field(SEARCH.state));
    const message =
      decision?.message === undefined || state !== decision.state
        ? {}
        : {
            message: {
              messageId: `${id}:${String(seq)}`,
              role: 'ROLE_AGENT' as const,
              ...decision.message,
              contextId,
              taskId: id,
            },
          };
    const canceled =
      decision?.cancelMetadata === undefined ? {} : { cancelMetadata: decision.cancelMetadata };
    const status = { state, timestamp, ...message, ...canceled };
    const skillId = await field(SEARCH.skill);
    return { id, contextId, skillId, status, history: [], artifacts: [], seq };
  }
}

const Status = temporal.api.enums.v1.WorkflowExecutionStatus;

const ENDED_BY_SERVER: ReadonlyMap<unknown, TaskState> = new Map([
  [Status.WORKFLOW_EXECUTION_STATUS_CANCELED, TaskState.canceled],
  [Status.WORKFLOW_EXECUTION_STATUS_FAILED, TaskState.failed],
  [Status.WORKFLOW_EXECUTION_STATUS_TERMINATED, TaskState.failed],
  [Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, TaskState.failed],
]);

function toFilter(scope: string, query: TaskQuery): string {
  const is = (key: { readonly name: string }, value: string): string =>
    `${key.name} = ${quote(value)}`;
  return [
    `WorkflowType = ${quote(TASK_WORKFLOW)}`,
    // A run that was continued lives on in the next one.
    `ExecutionStatus != 'ContinuedAsNew'`,
    is(SEARCH.scope, scope),
    ...(query.contextId === undefined ? [] : [is(SEARCH.context, query.contextId)]),
    ...(query.skillId === undefined ? [] : [is(SEARCH.skill, query.skillId)]),
    ...(query.state === undefined ? [] : [hasState(query.state)]),
    ...(query.statusTimeFrom === undefined
      ? []
      : [`${SEARCH.statusTime.name} >= ${quote(query.statusTimeFrom.toISOString())}`]),
  ].join(' AND ');
}

function hasState(state: TaskState): string {
  const decided = `${SEARCH.state.name} = ${quote(state)}`;
  if (state === TaskState.failed) {
    return `(${decided} OR ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut'))`;
  }
  if (state === TaskState.canceled) return `(${decided} OR ExecutionStatus = 'Canceled')`;
  return `${decided} AND ExecutionStatus IN ('Running', 'Completed')`;
}

/**
 * Both ends included, by a bound that is not: SQLite compares times as texts, and the server writes
 * a bound without its trailing zeros, so that `<=` misses what happened in the bound's millisecond.
 */
function between(from: number, until: number): string {
  const time = (ms: number): string => quote(new Date(ms).toISOString());
  const { name } = SEARCH.statusTime;
  return `${name} >= ${time(from)} AND ${name} < ${time(until + 1)}`;
}

/** A string of Temporal's list filter: single quotes, a backslash before what ends it early. */
function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** Runs that were continued by an earlier build have the attribute, and the memo with their next decision. */
function toState(attribute: string): TaskState {
  return Object.values(TaskState).find((state) => state === attribute) ?? TaskState.submitted;
}

function toPosition(task: Task): Cursor {
  return { time: task.status.timestamp, id: task.id };
}

function compare(a: Cursor, b: Cursor): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
