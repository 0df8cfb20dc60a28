// The JavaScript client of A2A 1.0 as a driver.

import {
  AgentCard,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  Message,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import {
  ClientFactory,
  ClientFactoryOptions,
  type Client,
  type RequestOptions,
} from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { observed, type Binding, type Driver, type Op, type Order } from './driver';

export async function openJs13(binding: Binding, urls: readonly string[]): Promise<Driver> {
  const factory = new ClientFactory(
    ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      transports: [new GrpcTransportFactory()],
      preferredTransports: [binding],
    }),
  );
  const clients = await Promise.all(urls.map((url) => factory.createFromUrl(url)));
  return {
    obey: (order) => observed(answers(clients[order.gateway]!, order)),
    close: () => Promise.resolve(),
  };
}

async function* answers(client: Client, { op, params, headers }: Order): AsyncGenerator {
  const options = { serviceParameters: headers };
  if (op === 'stream') {
    yield* told(client.sendMessageStream(SendMessageRequest.fromJSON(params), options));
  } else if (op === 'subscribe') {
    yield* told(client.resubscribeTask(SubscribeToTaskRequest.fromJSON(params), options));
  } else yield CALLS[op](client, params, options);
}

async function* told(events: AsyncIterable<StreamResponse>): AsyncGenerator {
  for await (const event of events) yield StreamResponse.toJSON(event);
}

type Call = (client: Client, params: object, options: RequestOptions) => Promise<unknown>;

/** The operations that have one answer. */
const CALLS: Readonly<Record<Exclude<Op, 'stream' | 'subscribe'>, Call>> = {
  async card(client, _params, options) {
    const card = await client.getAgentCard(options);
    return { card: AgentCard.toJSON(card), transport: client.transport.protocolName };
  },
  async extendedCard(client, _params, options) {
    return AgentCard.toJSON(await client.getAgentCard(options));
  },
  async send(client, params, options) {
    const said = await client.sendMessage(SendMessageRequest.fromJSON(params), options);
    return 'status' in said ? { task: Task.toJSON(said) } : { message: Message.toJSON(said) };
  },
  async get(client, params, options) {
    return Task.toJSON(await client.getTask(GetTaskRequest.fromJSON(params), options));
  },
  async cancel(client, params, options) {
    return Task.toJSON(await client.cancelTask(CancelTaskRequest.fromJSON(params), options));
  },
  async list(client, params, options) {
    const page = await client.listTasks(ListTasksRequest.fromJSON(params), options);
    return ListTasksResponse.toJSON(page);
  },
  async setPush(client, params, options) {
    const config = TaskPushNotificationConfig.fromJSON(params);
    const made = await client.createTaskPushNotificationConfig(config, options);
    return TaskPushNotificationConfig.toJSON(made);
  },
  async getPush(client, params, options) {
    const asked = GetTaskPushNotificationConfigRequest.fromJSON(params);
    const config = await client.getTaskPushNotificationConfig(asked, options);
    return TaskPushNotificationConfig.toJSON(config);
  },
  async listPush(client, params, options) {
    const asked = ListTaskPushNotificationConfigsRequest.fromJSON(params);
    const page = await client.listTaskPushNotificationConfig(asked, options);
    return ListTaskPushNotificationConfigsResponse.toJSON(page);
  },
  async deletePush(client, params, options) {
    const asked = DeleteTaskPushNotificationConfigRequest.fromJSON(params);
    await client.deleteTaskPushNotificationConfig(asked, options);
    return {};
  },
};
