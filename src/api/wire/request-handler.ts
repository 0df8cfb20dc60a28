// The SDK's `A2ARequestHandler` over our task service: translation, and one guard for every error (D11).

import type {
  AgentCard,
  GetTaskRequest,
  ListTasksRequest,
  ListTasksResponse,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  TaskPushNotificationConfig,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  Message as WireMessage,
  Task as WireTask,
} from '@a2a-js/sdk';
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server';
import type { PartRestorer } from '../../a2a/part-restorer';
import type { Cards } from '../card/cards';
import type { Submission } from '../intake';
import type { StreamFrame } from '../stream-frames';
import type { TaskService } from '../task-service';
import type { Task } from '../../workflows/task';
import type { Webhooks } from '../webhooks';
import { Call } from './call';
import { TaskError, TaskErrorReason } from '../../temporal/task-error';
import { FaultError, fault, toFault, toSdkError, type Operation } from './error-table';
import { withPartDetails, type Said } from './legacy-parts';
import { PushOperations } from './push-configs';
import {
  fromWireMessage,
  limitHistory,
  toTaskQuery,
  toWireEvent,
  toWireMessage,
  toWireTask,
} from '../../a2a/translate';

export interface RequestHandlerOptions {
  readonly service: TaskService;
  readonly restorer: PartRestorer;
  /** Absent: push notifications are switched off. */
  readonly webhooks: Webhooks | undefined;
  readonly cards: Pick<Cards, 'card' | 'extended'>;
  /** Told of every failure that nobody expected. */
  onError(err: unknown): void;
}

/** 1.0 tells an agent that does not declare one (A2A §3.1.11) from one that lacks it; 0.3 does not. */
function noExtendedCard({ generation }: Call): FaultError {
  const kind = generation === '0.3' ? 'extendedCardNotConfigured' : 'unsupportedOperation';
  return new FaultError(kind, 'this agent has no extended card');
}

export class RequestHandler implements A2ARequestHandler {
  private readonly options: RequestHandlerOptions;
  private readonly push: PushOperations;

  constructor(options: RequestHandlerOptions) {
    this.options = options;
    this.push = new PushOperations(options.webhooks);
  }

  getAgentCard(): Promise<AgentCard> {
    return Promise.resolve(this.options.cards.card);
  }

  sendMessage(
    params: SendMessageRequest,
    context: ServerCallContext,
  ): Promise<WireTask | WireMessage> {
    return this.guard(context, 'send', async (call) => {
      const submission = this.toSubmission(params, call);
      const returnImmediately = params.configuration?.returnImmediately ?? false;
      const { service, restorer } = this.options;
      const answer = await service.send(call.caller, { ...submission, returnImmediately });
      if ('task' in answer) {
        return this.answer(call, answer.task, historyLengthOf(params, call));
      }
      return telling(
        call,
        toWireMessage(await restorer.message(call.caller.scope, answer.message)),
      );
    });
  }

  async *sendMessageStream(
    params: SendMessageRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const call = callOf(context);
    const open = (): AsyncGenerator<StreamFrame> =>
      this.options.service.stream(call.caller, this.toSubmission(params, call));
    yield* this.stream(call, open, {
      operation: 'send',
      historyLength: historyLengthOf(params, call),
    });
  }

  async *resubscribe(
    params: SubscribeToTaskRequest,
    context: ServerCallContext,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const call = callOf(context);
    const isLegacy = call.generation === '0.3';
    const open = (): AsyncGenerator<StreamFrame> =>
      this.options.service.subscribe(call.caller, {
        taskId: params.id,
        allowsFinished: isLegacy,
        endsAtQuestion: isLegacy,
        ...(call.cursor === undefined ? {} : { cursor: call.cursor }),
      });
    yield* this.stream(call, open, { operation: 'other' });
  }

  getTask(params: GetTaskRequest, context: ServerCallContext): Promise<WireTask> {
    return this.guard(context, 'other', async (call) =>
      this.answer(
        call,
        await this.options.service.get(call.caller, params.id),
        params.historyLength,
      ),
    );
  }

  listTasks(params: ListTasksRequest, context: ServerCallContext): Promise<ListTasksResponse> {
    return this.guard(context, 'other', async (call) => {
      const historyLength = params.historyLength ?? 0;
      const withArtifacts = params.includeArtifacts ?? false;
      const query = toTaskQuery(params);
      const inFull = withArtifacts || historyLength > 0;
      const page = await this.options.service.list(call.caller, query, inFull);
      const shown = page.tasks.map((task) =>
        limitHistory(withArtifacts ? task : { ...task, artifacts: [] }, historyLength),
      );
      const tasks = (await this.options.restorer.tasks(call.caller.scope, shown)).map(toWireTask);
      const { totalSize, nextPageToken } = page;
      return { tasks, totalSize, nextPageToken, pageSize: query.pageSize };
    });
  }

  cancelTask(params: CancelTaskRequest, context: ServerCallContext): Promise<WireTask> {
    return this.guard(context, 'cancel', async (call) => {
      const metadata = call.metadata ?? params.metadata ?? {};
      const said = Object.keys(metadata).length === 0 ? {} : { metadata };
      const { service } = this.options;
      const task = await service.cancel(call.caller, { taskId: params.id, ...said });
      return this.answer(call, task, undefined);
    });
  }

  getAuthenticatedExtendedAgentCard(
    _params: unknown,
    context: ServerCallContext,
  ): Promise<AgentCard> {
    return this.guard(context, 'other', async (call) => {
      const { extended } = this.options.cards;
      if (extended === undefined) throw noExtendedCard(call);
      const { card, json } = await extended.read(call.generation);
      call.card = json;
      return card;
    });
  }

  createTaskPushNotificationConfig(
    params: TaskPushNotificationConfig,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    return this.guard(context, 'other', (call) => this.push.create(params, call));
  }

  getTaskPushNotificationConfig(
    params: GetTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<TaskPushNotificationConfig> {
    return this.guard(context, 'other', (call) => this.push.get(params, call));
  }

  listTaskPushNotificationConfigs(
    params: ListTaskPushNotificationConfigsRequest,
    context: ServerCallContext,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    return this.guard(context, 'other', (call) => this.push.list(params, call));
  }

  deleteTaskPushNotificationConfig(
    params: DeleteTaskPushNotificationConfigRequest,
    context: ServerCallContext,
  ): Promise<void> {
    return this.guard(context, 'other', (call) => this.push.delete(params, call));
  }

  private toSubmission(params: SendMessageRequest, call: Call): Submission {
    const { message, configuration } = params;
    if (message === undefined) throw new FaultError('invalidParams', 'message: is required');
    const { idempotencyKey } = call;
    const config = configuration?.taskPushNotificationConfig;
    return {
      message: withPartDetails(fromWireMessage(message), call.partDetails),
      acceptedOutputModes: configuration?.acceptedOutputModes ?? [],
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(config === undefined ? {} : { webhook: this.push.request(config, call) }),
    };
  }

  private async answer(
    call: Call,
    task: Task,
    historyLength: number | undefined,
  ): Promise<WireTask> {
    const { restorer } = this.options;
    const limited = limitHistory(task, historyLength);
    return telling(call, toWireTask(await restorer.task(call.caller.scope, limited)));
  }

  /** Yields each event after telling the edge its number, and waits until the client has room. */
  private async *stream(
    call: Call,
    open: () => AsyncGenerator<StreamFrame>,
    { operation, historyLength }: { operation: Operation; historyLength?: number | undefined },
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const { restorer } = this.options;
    let address = { id: '', contextId: '' };
    try {
      for await (const frame of open()) {
        if ('message' in frame) {
          const value = telling(
            call,
            toWireMessage(await restorer.message(call.caller.scope, frame.message)),
          );
          yield { payload: { $case: 'message', value } };
          continue;
        }
        const { event, id } = frame;
        const limited =
          event.kind === 'task'
            ? { ...event, task: limitHistory(event.task, historyLength) }
            : event;
        if (event.kind === 'task') address = event.task;
        call.frameId = id;
        const ref = { scope: call.caller.scope, taskId: address.id };
        const said = toWireEvent(await restorer.event(ref, limited), address);
        call.said = said.payload?.value;
        yield said;
        call.hasBegun = true;
        // A stream that waits for its next event is to keep none.
        call.said = undefined;
        await call.ready();
      }
    } catch (err) {
      const refused = this.refused(call, call.hasBegun ? 'other' : operation, err);
      if (!(call.hasBegun && call.tellsLateFaults)) throw refused;
    }
  }

  private async guard<T>(
    context: ServerCallContext,
    operation: Operation,
    act: (call: Call) => T | Promise<T>,
  ): Promise<T> {
    const call = callOf(context);
    try {
      return await act(call);
    } catch (err) {
      throw this.refused(call, operation, err);
    }
  }

  private refused(call: Call, operation: Operation, err: unknown): Error {
    const ended = isWaitOver(err) ? call.ended : undefined;
    // Who has left reads no answer; to the others it is the gateway that is not there.
    call.fault = ended === undefined ? toFault(err, operation) : fault('stopping', ended.message);
    if (ended === undefined && call.fault.httpStatus >= 500) this.options.onError(err);
    return toSdkError(call.fault);
  }
}

/** The edge is to know what the SDK's codec was given, because the codec of 0.3 drops some of it. */
function telling<T extends Said>(call: Call, said: T): T {
  call.said = said;
  return said;
}

/** A wait that was given up says the same as one on an engine that does not answer. */
function isWaitOver(err: unknown): boolean {
  return err instanceof TaskError && err.reason === TaskErrorReason.unavailable;
}

function historyLengthOf({ configuration }: SendMessageRequest, call: Call): number | undefined {
  return configuration?.historyLength ?? call.historyLength;
}

function callOf(context: ServerCallContext): Call {
  if (context.user instanceof Call) return context.user;
  throw new Error('a request without its call');
}
