// The client for callers: streams that survive, waiting with a limit, retry and recovery, over the SDK's client.

import type {
  AgentCard,
  Message,
  SendMessageConfiguration,
  SendMessageRequest,
  StreamResponse,
  Task,
} from '@a2a-js/sdk';
import type { Client } from '@a2a-js/sdk/client';
import type { Agent } from './agent';
import { ProtocolError } from './errors';
import { recoveryMessage, retryMessage, textMessage, type TextOptions } from './messages';
import { monitor, type MonitorOptions } from './monitor';
import { Pace, untilAnswered, type ReconnectOptions } from './pace';
import { TaskEvents, type Start } from './task-events';

/** How a message is sent; `taskId`, `contextId` and `skillId` are for one that is a text. */
export interface SendOptions extends TextOptions {
  /** Default: a new UUID. The same key with the same message is the same task. */
  readonly idempotencyKey?: string;
  readonly configuration?: Partial<SendMessageConfiguration>;
  readonly signal?: AbortSignal;
}

export interface FollowOptions {
  /** The number of the last event that is known; 0: from the first one on. Default: from now on. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

export class LonghaulClient {
  private readonly agent: Agent;
  private readonly reconnect: ReconnectOptions;

  /** Use `createLonghaulClient`. */
  constructor(agent: Agent, reconnect: ReconnectOptions) {
    this.agent = agent;
    this.reconnect = reconnect;
  }

  /** The SDK's client, for every other operation; extensions that the card requires it does not name. */
  get client(): Client {
    return this.agent.client;
  }

  get agentCard(): AgentCard {
    return this.agent.card;
  }

  /**
   * Sends a message and yields the events of its task, each once and in order, over as many
   * connections as it takes; or the one Message of a reply. It ends where the task is over or asks
   * (`input-required`). Leaving the loop cancels nothing.
   * @throws the errors of `longhaul/client` and of `@a2a-js/sdk/errors`.
   */
  streamTask(message: string | Message, options: SendOptions = {}): AsyncIterable<StreamResponse> {
    return this.events(sendStart(message, options), true, options.signal);
  }

  /**
   * The events of a task that is there, to its end. Without `after`, and always with an agent that
   * has no stream cursors, it begins with the Task as it is.
   */
  followTask(taskId: string, { after, signal }: FollowOptions = {}): AsyncIterable<StreamResponse> {
    const start: Start = { kind: 'follow', taskId, ...(after === undefined ? {} : { after }) };
    return this.events(start, false, signal);
  }

  /**
   * Sends a message, or takes a task that is there, and resolves with the task when it is over or asks.
   * @throws TaskFailedError when it failed or was rejected; TaskTimeoutError, with the task as last known.
   */
  monitorTask(
    what: string | Message | { readonly taskId: string; readonly after?: number },
    options: MonitorOptions & Omit<SendOptions, 'signal'> = {},
  ): Promise<Task> {
    const start: Start =
      typeof what === 'string' || 'parts' in what
        ? sendStart(what, options)
        : { kind: 'follow', ...what };
    const { reconnect } = this;
    return monitor(this.agent, { start, endsAtQuestion: true, reconnect }, options);
  }

  /**
   * Has a task that failed, or was rejected or canceled, done again: sends its request again in the
   * same context, naming the task. Resolves with the new task as it begins.
   * @throws TaskStateError for a task in another state.
   */
  async retryTask(taskId: string, options: { readonly signal?: AbortSignal } = {}): Promise<Task> {
    return this.begin(retryMessage(await this.getWhole(taskId, options.signal)), options);
  }

  /**
   * Asks for a corrected version of a task that failed or was rejected: a new task in the same
   * context, which names the old one. Resolves with it as it begins.
   * @param text Default: quotes the failure and the original request.
   * @throws TaskStateError for a task in another state.
   */
  async recoverTask(
    taskId: string,
    text?: string,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Task> {
    return this.begin(recoveryMessage(await this.getWhole(taskId, options.signal), text), options);
  }

  /** GetTask (A2A §3.1.3), repeated while the agent cannot be reached. */
  getTask(taskId: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Task> {
    const get = (): Promise<Task> => this.agent.get(taskId, signal);
    return untilAnswered(get, new Pace(this.reconnect), signal);
  }

  /** CancelTask (A2A §3.1.5), repeated likewise. Resolves with the canceled task. */
  cancelTask(taskId: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Task> {
    const cancel = (): Promise<Task> => this.agent.cancel(taskId, signal);
    return untilAnswered(cancel, new Pace(this.reconnect), signal);
  }

  private getWhole(taskId: string, signal: AbortSignal | undefined): Promise<Task> {
    const get = (): Promise<Task> => this.agent.getWhole(taskId, signal);
    return untilAnswered(get, new Pace(this.reconnect), signal);
  }

  private async begin(message: Message, options: SendOptions): Promise<Task> {
    const events = new TaskEvents(this.agent, {
      ...this.eventsOptions(sendStart(message, options), true, options.signal),
      streams: false,
    });
    for await (const { payload } of events) if (payload?.$case === 'task') return payload.value;
    throw new ProtocolError('the agent replied with a message, not a task');
  }

  private events(
    start: Start,
    endsAtQuestion: boolean,
    signal: AbortSignal | undefined,
  ): AsyncIterable<StreamResponse> {
    return new TaskEvents(this.agent, this.eventsOptions(start, endsAtQuestion, signal));
  }

  private eventsOptions(start: Start, endsAtQuestion: boolean, signal: AbortSignal | undefined) {
    const { reconnect } = this;
    return { start, endsAtQuestion, reconnect, ...(signal === undefined ? {} : { signal }) };
  }
}

function sendStart(message: string | Message, options: Omit<SendOptions, 'signal'>): Start {
  const { idempotencyKey = crypto.randomUUID(), configuration } = options;
  const request: SendMessageRequest = {
    tenant: '',
    message: typeof message === 'string' ? textMessage(message, options) : message,
    configuration: {
      ...{ acceptedOutputModes: [], taskPushNotificationConfig: undefined },
      ...{ returnImmediately: false, ...configuration },
    },
    metadata: undefined,
  };
  return { kind: 'send', sending: { request, idempotencyKey } };
}
