// gRPC of both generations, by the service definitions that the official SDK generates (A2A §10).

import {
  AgentCard,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetExtendedAgentCardRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  SendMessageRequest,
  SendMessageResponse,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import { LegacyA2AService } from '@a2a-js/sdk/compat/v0_3/server/grpc';
import {
  Client,
  Metadata,
  credentials,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Headings } from '../../harness/calls';
import { Refusal, type Asked, type Generation, type Operation, type Speaker } from '../via';
import { fromLegacyProto, legacyMethod, legacyRequest } from './legacy-grpc';
import { v1Config, v1Send } from './requests';
import { statusDetails } from './status-details';

/** How an operation is called, and how its answer reads as JSON. */
interface Translated {
  readonly definition: MethodDefinition<unknown, unknown>;
  readonly request: unknown;
  readonly toJson: (answer: unknown) => unknown;
}

/** @param address `host:port`. */
export function grpcSpeaker(address: string, generation: Generation): Speaker & { close(): void } {
  const client = new Client(address, credentials.createInsecure());
  const translate = generation === '1.0' ? translateV1 : translateLegacy;
  return {
    binding: 'gRPC',
    generation,
    call(operation, asked) {
      const { definition, request, toJson } = translate(operation, asked);
      const { path, requestSerialize, responseDeserialize } = definition;
      return new Promise((resolve, reject) => {
        const metadata = metadataOf(generation, asked.headers);
        client.makeUnaryRequest(
          ...([path, requestSerialize, responseDeserialize, request, metadata] as const),
          (err, answer) => {
            if (err === null) resolve(toJson(answer));
            else reject(toRefusal(err));
          },
        );
      });
    },
    async *stream(operation, asked) {
      const { definition, request, toJson } = translate(operation, asked);
      const { path, requestSerialize, responseDeserialize } = definition;
      const metadata = metadataOf(generation, asked.headers);
      const events = client.makeServerStreamRequest(
        ...([path, requestSerialize, responseDeserialize, request, metadata] as const),
      );
      try {
        for await (const event of events) yield toJson(event);
      } catch (err) {
        throw toRefusal(err as ServiceError);
      }
    },
    close: () => client.close(),
  };
}

function metadataOf(generation: Generation, headers: Headings = {}): Metadata {
  const metadata = new Metadata();
  metadata.set('a2a-version', generation);
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

function toRefusal({ code, metadata }: ServiceError): Refusal {
  return new Refusal({ binding: 'gRPC', code, details: statusDetails(metadata) });
}

interface V1 {
  readonly name: keyof typeof A2AService;
  readonly request: { fromJSON(json: unknown): unknown };
  /** Absent: the answer is empty. */
  readonly answer?: { toJSON(answer: never): unknown };
  readonly json: (asked: Asked) => object;
  /** What protobuf does not tell from absent, and its JSON leaves out. */
  readonly defaults?: object;
}

const ofTask = ({ taskId: id, historyLength }: Asked): object => ({ id, historyLength });
const ofConfig = ({ taskId, configId: id }: Asked): object => ({ taskId, id });

/** What the codecs of 1.0 make of the same JSON as on the other bindings. */
const V1_OPERATIONS: Readonly<Record<Operation, V1>> = {
  SendMessage: {
    ...{ name: 'sendMessage', request: SendMessageRequest, json: v1Send },
    answer: SendMessageResponse,
  },
  SendStreamingMessage: {
    ...{ name: 'sendStreamingMessage', request: SendMessageRequest, json: v1Send },
    answer: StreamResponse,
  },
  GetTask: { name: 'getTask', request: GetTaskRequest, answer: Task, json: ofTask },
  ListTasks: {
    ...{ name: 'listTasks', request: ListTasksRequest, answer: ListTasksResponse },
    json: ({ contextId }) => ({ contextId }),
    defaults: { tasks: [], nextPageToken: '', totalSize: 0 },
  },
  CancelTask: { name: 'cancelTask', request: CancelTaskRequest, answer: Task, json: ofTask },
  SubscribeToTask: {
    ...{ name: 'subscribeToTask', request: SubscribeToTaskRequest, json: ofTask },
    answer: StreamResponse,
  },
  CreateTaskPushNotificationConfig: {
    ...{ name: 'createTaskPushNotificationConfig', json: v1Config },
    ...{ request: TaskPushNotificationConfig, answer: TaskPushNotificationConfig },
  },
  GetTaskPushNotificationConfig: {
    ...{ name: 'getTaskPushNotificationConfig', json: ofConfig },
    ...{ request: GetTaskPushNotificationConfigRequest, answer: TaskPushNotificationConfig },
  },
  ListTaskPushNotificationConfigs: {
    ...{ name: 'listTaskPushNotificationConfigs', json: ofConfig },
    request: ListTaskPushNotificationConfigsRequest,
    answer: ListTaskPushNotificationConfigsResponse,
  },
  DeleteTaskPushNotificationConfig: {
    ...{ name: 'deleteTaskPushNotificationConfig', json: ofConfig },
    request: DeleteTaskPushNotificationConfigRequest,
  },
  GetExtendedAgentCard: {
    ...{ name: 'getExtendedAgentCard', json: () => ({}) },
    ...{ request: GetExtendedAgentCardRequest, answer: AgentCard },
  },
};

function translateV1(operation: Operation, asked: Asked): Translated {
  const { name, request, answer, json, defaults = {} } = V1_OPERATIONS[operation];
  return {
    definition: A2AService[name] as unknown as Translated['definition'],
    request: request.fromJSON(json(asked)),
    toJson: (given) => ({ ...defaults, ...(answer?.toJSON(given as never) as object) }),
  };
}

function translateLegacy(operation: Operation, asked: Asked): Translated {
  return {
    definition: LegacyA2AService[legacyMethod(operation)] as unknown as Translated['definition'],
    request: legacyRequest(operation, asked),
    toJson: fromLegacyProto,
  };
}
