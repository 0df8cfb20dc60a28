// Where a message goes: to a new task, to a task that is open, or to a skill that replies.

import { createHash, createHmac, randomUUID } from 'node:crypto';
import stringify from 'safe-stable-stringify';
import { replyWorkflowIdOf, type Replies, type ReplyRef } from '../temporal/replies';
import { scopeKey } from '../temporal/scope';
import { planParts, storePlanned } from '../temporal/stored-parts';
import { TaskError, TaskErrorReason } from '../temporal/task-error';
import { workflowIdOf, type TaskRef, type Tasks } from '../temporal/tasks';
import type { PartStores } from '../storage/part-store';
import type { TurnLimits } from '../workflows/contract';
import { FORMAT } from '../workflows/emission';
import { USER_PARTS_BYTES } from '../workflows/limits';
import type { ContentPart, Message, Scope } from '../workflows/task';
import { assertContentTypes } from './content-types';
import { assertMessageFits, assertModesFit } from './message-size';
import { retryRequestOf, type Recovery, type RetryRequest } from './recovery';
import type { WebhookRequest, Webhooks } from './webhooks';

/** Which skill takes a message, and within which bounds. */
export interface SkillChoice {
  readonly skillId: string;
  readonly limits: TurnLimits;
  /** It answers with a Message and leaves no task. */
  readonly replies: boolean;
  /** Media types that it takes, wildcards included. Default: any. */
  readonly inputModes?: readonly string[];
}

/** The skills of this agent as the gateway needs them. */
export interface SkillCatalog {
  /** `message.metadata.skillId`, else the first skill that accepts the message. */
  choose(message: Message<ContentPart>): SkillChoice | undefined;
  /** Those that everyone may know of. */
  readonly ids: readonly string[];
}

export interface Submission {
  readonly message: Message<ContentPart>;
  /** The same key with the same message is the same task (D6). */
  readonly idempotencyKey?: string;
  /** Is to be notified of what follows; a reply is all that its caller gets. */
  readonly webhook?: WebhookRequest;
  /** Media types that the caller would like; a preference, recorded with a new task (A2A §3.2.2). */
  readonly acceptedOutputModes?: readonly string[];
}

/** What has become of a message. */
export type Taken =
  | {
      readonly kind: 'task';
      readonly ref: TaskRef;
      /** The number of the last event before the message; 0 for a new task. */
      readonly since: number;
      /** Of a new task. */
      readonly skillId?: string;
    }
  | { readonly kind: 'reply'; readonly ref: ReplyRef };

export interface IntakeOptions {
  readonly tasks: Tasks;
  readonly replies: Replies;
  readonly stores: PartStores;
  readonly catalog: SkillCatalog;
  readonly recovery: Recovery;
  /** Absent: push notifications are switched off. */
  readonly webhooks?: Webhooks;
  /** Is recorded with each task, for addresses that a skill hands out. */
  readonly publicUrl: string;
}

/** A message, and what tells a repeated one from another. */
interface Given {
  readonly scope: Scope;
  readonly message: Message<ContentPart>;
  readonly key: string | undefined;
  readonly digest: { readonly digest?: string };
  readonly outputModes: { readonly acceptedOutputModes?: readonly string[] };
}

export class Intake {
  private readonly options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.options = options;
  }

  /**
   * Resolves when the message is recorded.
   * @throws TaskError `invalid` when no skill takes it or it is too long; `content-type`; what
   * `Tasks.message`, `Tasks.start` and `Recovery.start` throw.
   */
  async take(scope: Scope, submission: Submission): Promise<Taken> {
    // Whoever sends it is the user here; the journal of answers is the user's messages in order.
    const message = { ...submission.message, role: 'ROLE_USER' as const };
    const { idempotencyKey: key, acceptedOutputModes = [], webhook } = submission;
    const digest = key === undefined ? {} : { digest: digestOf(message) };
    const outputModes = acceptedOutputModes.length === 0 ? {} : { acceptedOutputModes };
    const given = { scope, message, key, digest, outputModes };
    // Before anything is recorded: a message that was taken is not refused for its webhook.
    if (webhook !== undefined) await this.assertWebhook(given, webhook);
    const taken = await this.takeIn(given);
    if (webhook !== undefined && taken.kind === 'task') {
      await this.options.webhooks?.keep(taken.ref, webhook, taken.since);
    }
    return taken;
  }

  private takeIn(given: Given): Promise<Taken> {
    const { taskId } = given.message;
    const retry = retryRequestOf(given.message);
    if (retry !== undefined) return this.retry(given, retry);
    return taskId === undefined ? this.open(given) : this.followUp(given, taskId);
  }

  private async assertWebhook(
    { scope, message: { taskId } }: Given,
    webhook: WebhookRequest,
  ): Promise<void> {
    const { webhooks } = this.options;
    await webhooks?.check(webhook);
    if (taskId !== undefined) await webhooks?.assertRoom({ scope, taskId }, webhook);
  }

  private async followUp({ scope, message, key, digest }: Given, taskId: string): Promise<Taken> {
    const ref = { scope, taskId };
    const stored = await this.stored(message, workflowIdOf(ref));
    const followUp = { v: FORMAT, message: stored, ...digest } as const;
    const updateId = key === undefined ? undefined : idOf(scope, 'message', key);
    const { seq } = await this.options.tasks.message(ref, followUp, updateId);
    return { kind: 'task', ref, since: seq };
  }

  private async open({ scope, message, key, digest, outputModes }: Given): Promise<Taken> {
    const { replies, inputModes, ...choice } = this.choose(message);
    assertContentTypes(message.parts, {
      skillId: choice.skillId,
      ...(inputModes && { inputModes }),
    });
    assertModesFit(outputModes.acceptedOutputModes);
    const taskId = idOf(scope, replies ? 'reply' : 'task', key);
    const contextId = message.contextId ?? idOf(scope, 'context', key);
    const ids = { taskId, contextId, scope };
    const start = { v: FORMAT, ...ids, ...choice, ...outputModes, ...digest } as const;
    const workflowId = replies
      ? replyWorkflowIdOf({ scope, replyId: taskId })
      : workflowIdOf({ scope, taskId });
    const first = { ...(await this.stored(message, workflowId)), contextId };
    if (replies) {
      const ref = await this.options.replies.start({ ...start, message: first });
      return { kind: 'reply', ref };
    }
    const { tasks, publicUrl } = this.options;
    await tasks.start({ ...start, publicUrl, message: { ...first, taskId } });
    return { kind: 'task', ref: { scope, taskId }, since: 0, skillId: choice.skillId };
  }

  private async retry(given: Given, request: RetryRequest): Promise<Taken> {
    const { scope, message, key, digest, outputModes } = given;
    assertModesFit(outputModes.acceptedOutputModes);
    const { tasks, publicUrl, recovery } = this.options;
    const ref = { scope, taskId: idOf(scope, 'task', key) };
    const again = await recovery.start(ref, request, message);
    const { skillId } = again;
    const { replies, limits } = this.choose({ ...message, metadata: { skillId } });
    if (replies)
      throw new TaskError(TaskErrorReason.invalid, `"${skillId}" replies, and has no tasks`);
    const ids = { v: FORMAT, ...ref, limits, publicUrl } as const;
    await tasks.start({ ...ids, ...again, ...outputModes, ...digest });
    return { kind: 'task', ref, since: 0, skillId };
  }

  /** @throws TaskError `invalid` when too much of it would have to travel inline. */
  private async stored(message: Message<ContentPart>, workflowId: string): Promise<Message> {
    const plan = planParts(message.parts, USER_PARTS_BYTES);
    assertMessageFits(message, plan.bytes);
    const store = this.options.stores.of(workflowId);
    return { ...message, parts: await storePlanned(store, plan) };
  }

  private choose(message: Message<ContentPart>): SkillChoice {
    const { catalog } = this.options;
    const choice = catalog.choose(message);
    if (choice !== undefined) return choice;
    const wanted = message.metadata?.['skillId'];
    const ids = catalog.ids.join(', ');
    throw new TaskError(
      TaskErrorReason.invalid,
      wanted === undefined
        ? `no skill takes this message; name one in message.metadata.skillId: ${ids}`
        : `message.metadata.skillId: there is no skill ${JSON.stringify(wanted)}; there are: ${ids}`,
    );
  }
}

/** Random without a key. The scope keys the hash, so one key of two callers names two tasks. */
function idOf(scope: Scope, use: string, key: string | undefined): string {
  if (key === undefined) return randomUUID();
  const hex = createHmac('sha256', scopeKey(scope)).update(`${use}\n${key}`).digest('hex');
  // In the shape of a UUID, as clients know ids.
  return [0, 8, 12, 16, 20].map((at, i) => hex.slice(at, [8, 12, 16, 20, 32][i])).join('-');
}

/** What makes two messages the same request; the order of members says nothing in JSON. */
function digestOf(message: Message<ContentPart>): string {
  return createHash('sha256').update(stringify(message)).digest('hex');
}
