// One agent as the rest of the client calls it: the SDK's client, and what its card promises.

import type {
  AgentCard,
  GetTaskRequest,
  Message,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
} from '@a2a-js/sdk';
import {
  ServiceParameters,
  withA2AExtensions,
  type Client,
  type RequestOptions,
} from '@a2a-js/sdk/client';
import { ConnectTimeoutError } from './errors';
import { IDEMPOTENCY_KEY_URI, STREAM_CURSOR_URI, declaredExtensions } from './extensions';

/** More than agents keep; the original request is the first message of all. */
const HISTORY_LENGTH = 10_000;

export interface Sending {
  readonly request: SendMessageRequest;
  /** The same for each repetition of the same message. */
  readonly idempotencyKey: string;
}

export interface AgentOptions {
  /** For calls that have one answer. */
  readonly answerTimeoutMs: number;
  /** Sent with every request: headers over HTTP, metadata over gRPC. */
  readonly serviceParameters: Readonly<Record<string, string>>;
}

export class Agent {
  readonly client: Client;
  readonly card: AgentCard;
  readonly extensions: ReadonlySet<string>;
  private readonly options: AgentOptions;

  constructor(client: Client, card: AgentCard, options: AgentOptions) {
    this.client = client;
    this.card = card;
    this.extensions = declaredExtensions(card);
    this.options = options;
  }

  get streams(): boolean {
    return this.card.capabilities?.streaming === true;
  }

  /** Events are numbered, and a stream resumes after any of them. */
  get resumes(): boolean {
    return this.extensions.has(STREAM_CURSOR_URI);
  }

  /** The same message with the same key is one message. */
  get knowsRepetition(): boolean {
    return this.extensions.has(IDEMPOTENCY_KEY_URI);
  }

  sendStream(sending: Sending, signal?: AbortSignal): AsyncIterable<StreamResponse> {
    const headers = { 'Idempotency-Key': sending.idempotencyKey };
    return this.client.sendMessageStream(sending.request, this.with(headers, signal));
  }

  /** Does not wait for the task's end; without a limit where it may not be repeated: a reply takes as long as it takes. */
  send({ request, idempotencyKey }: Sending, signal?: AbortSignal): Promise<Message | Task> {
    const configuration = {
      ...{ acceptedOutputModes: [], taskPushNotificationConfig: undefined },
      ...request.configuration,
      returnImmediately: true,
    };
    const send = (either: AbortSignal | undefined): Promise<Message | Task> => {
      const options = this.with({ 'Idempotency-Key': idempotencyKey }, either);
      return this.client.sendMessage({ ...request, configuration }, options);
    };
    return this.knowsRepetition ? this.inTime(signal, send) : send(signal);
  }

  /** @param after the number of the last event that is known; the stream goes on with the next. */
  subscribe(
    taskId: string,
    after: number | undefined,
    signal?: AbortSignal,
  ): AsyncIterable<StreamResponse> {
    const params: SubscribeToTaskRequest = { tenant: '', id: taskId };
    const headers: Record<string, string> =
      after === undefined || !this.resumes ? {} : { 'Last-Event-ID': String(after) };
    return this.client.resubscribeTask(params, this.with(headers, signal));
  }

  get(taskId: string, signal?: AbortSignal): Promise<Task> {
    return this.getWith({ tenant: '', id: taskId }, signal);
  }

  /** With its history: the SDK's server of A2A 0.3 leaves it out unless it is told a length. */
  async getWhole(taskId: string, signal?: AbortSignal): Promise<Task> {
    const task = await this.get(taskId, signal);
    if (task.history.length > 0) return task;
    return this.getWith({ tenant: '', id: taskId, historyLength: HISTORY_LENGTH }, signal);
  }

  private getWith(params: GetTaskRequest, signal: AbortSignal | undefined): Promise<Task> {
    return this.inTime(signal, (either) => this.client.getTask(params, this.with({}, either)));
  }

  cancel(taskId: string, signal?: AbortSignal): Promise<Task> {
    const params = { tenant: '', id: taskId, metadata: undefined };
    return this.inTime(signal, (either) => this.client.cancelTask(params, this.with({}, either)));
  }

  private async inTime<T>(
    signal: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { answerTimeoutMs } = this.options;
    const late = AbortSignal.timeout(answerTimeoutMs);
    try {
      return await call(signal === undefined ? late : AbortSignal.any([signal, late]));
    } catch (err) {
      signal?.throwIfAborted();
      if (late.aborted) throw new ConnectTimeoutError(this.card.name, answerTimeoutMs);
      throw err;
    }
  }

  private with(headers: Record<string, string>, signal: AbortSignal | undefined): RequestOptions {
    const given = { ...this.options.serviceParameters, ...headers };
    const uris = [...this.extensions];
    // An agent may require that its extensions are named.
    const names = uris.length === 0 ? [] : [withA2AExtensions(...uris)];
    return {
      serviceParameters: ServiceParameters.createFrom(given, ...names),
      ...(signal === undefined ? {} : { signal }),
    };
  }
}
