// Starts a skill's reply and waits for it: a workflow under an address that no operation on tasks reaches.

import { setTimeout as delay } from 'node:timers/promises';
import { REPLY_WORKFLOW, SEARCH, type ReplyEnd, type ReplyStart } from '../workflows/contract';
import type { Message, Scope } from '../workflows/task';
import { LONG_POLL_DEADLINE_MS } from './connection';
import { isFault } from './grpc-failure';
import { createDecoder } from './history';
import { readRunEnd, type RunEnd } from './run-end';
import { scopeKey } from './scope';
import { TaskError, TaskErrorReason } from './task-error';
import { WorkflowStarter, type WorkflowStarterOptions } from './workflow-starter';

/** Wait after a poll that Temporal did not answer: short, because a caller waits. */
const RETRY_MS = 500;

export interface ReplyRef {
  readonly scope: Scope;
  readonly replyId: string;
  readonly contextId: string;
}

export class Replies {
  private readonly options: WorkflowStarterOptions;
  private readonly starter: WorkflowStarter;

  constructor(options: WorkflowStarterOptions) {
    this.options = options;
    this.starter = new WorkflowStarter(options);
  }

  /**
   * Starts the work; with `start.digest` at most once for its id.
   * @throws TaskError `key-reused`, `unavailable`.
   */
  async start(start: ReplyStart): Promise<ReplyRef> {
    const { scope, contextId, taskId: replyId } = start;
    await this.starter.start({
      type: REPLY_WORKFLOW,
      workflowId: replyWorkflowIdOf({ scope, replyId }),
      start,
      searchAttributes: [
        { key: SEARCH.scope, value: scopeKey(scope) },
        { key: SEARCH.context, value: contextId },
        { key: SEARCH.skill, value: start.skillId },
      ],
    });
    return { scope, replyId, contextId };
  }

  /**
   * Waits for the reply, through outages of Temporal, until `signal` aborts.
   * @throws TaskError `skill-failed`, `skill-rejected`, `skill-broke-contract`; `unavailable` when `signal` has aborted.
   */
  async message(ref: ReplyRef, signal: AbortSignal): Promise<Message> {
    const end = await this.end(replyWorkflowIdOf(ref), signal);
    if (end.kind === 'ended') throw new TaskError(TaskErrorReason.skillFailed, end.reason);
    const replyEnd = end.result as ReplyEnd;
    const { state, message } = replyEnd;
    if (state === 'completed' && message !== undefined) {
      const { replyId: messageId, contextId } = ref;
      return { messageId, role: 'ROLE_AGENT', contextId, ...message };
    }
    throw new TaskError(reasonOf(replyEnd), textOf(message) ?? `the reply was ${state}`);
  }

  private async end(workflowId: string, signal: AbortSignal): Promise<RunEnd> {
    const { client } = this.options;
    const source = { client, decode: createDecoder(client), workflowId };
    while (!signal.aborted) {
      try {
        const end = await client.withAbortSignal(signal, () =>
          client.withDeadline(Date.now() + LONG_POLL_DEADLINE_MS, () => readRunEnd(source, true)),
        );
        if (end !== undefined) return end;
      } catch (err) {
        if (!isFault(err)) throw err;
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    throw new TaskError(TaskErrorReason.unavailable, 'nobody waits any more; the work goes on');
  }
}

function reasonOf({ state, isBreach }: ReplyEnd): TaskErrorReason {
  if (isBreach) return TaskErrorReason.skillBrokeContract;
  return state === 'rejected' ? TaskErrorReason.skillRejected : TaskErrorReason.skillFailed;
}

/** One segment more than a task's, so that no task id can name it. */
export function replyWorkflowIdOf({ scope, replyId }: Pick<ReplyRef, 'scope' | 'replyId'>): string {
  return `${scopeKey(scope)}/reply/${encodeURIComponent(replyId)}`;
}

function textOf(message: ReplyEnd['message']): string | undefined {
  const texts = message?.parts.flatMap((part) => ('text' in part ? [part.text] : []));
  return texts === undefined || texts.length === 0 ? undefined : texts.join('\n');
}
