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
import { observed, type Binding, type Driver, type Order } from './driver';

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

async function* answers(client: Client, order: Order): AsyncGenerator {
  const options = { serviceParameters: order.headers };
  switch (order.op) {
    case 'stream':
      yield* told(client.sendMessageStream(SendMessageRequest.fromJSON(order.params), options));
      return;
    case 'subscribe':
      yield* told(client.resubscribeTask(SubscribeToTaskRequest.fromJSON(order.params), options));
      return;
    case 'setPush':
    case 'getPush':
    case 'listPush':
    case 'deletePush':
      yield pushAnswer(client, order, options);
      return;
    case 'card':
    case 'send':
    case 'get':
    case 'cancel':
    case 'list':
    case 'extendedCard':
      yield answer(client, order, options);
      return;
  }
}

async function* told(events: AsyncIterable<StreamResponse>): AsyncGenerator {
  for await (const event of events) yield StreamResponse.toJSON(event);
}

async function answer(
  client: Client,
  { op, params }: Order,
  options: RequestOptions,
): Promise<unknown> {
  switch (op) {
    case 'send': {
      const said = await client.sendMessage(SendMessageRequest.fromJSON(params), options);
      return 'status' in said ? { task: Task.toJSON(said) } : { message: Message.toJSON(said) };
    }
    case 'get':
      return Task.toJSON(await client.getTask(GetTaskRequest.fromJSON(params), options));
    case 'cancel':
      return Task.toJSON(await client.cancelTask(CancelTaskRequest.fromJSON(params), options));
    case 'list': {
      const page = await client.listTasks(ListTasksRequest.fromJSON(params), options);
      return ListTasksResponse.toJSON(page);
    }
    case 'extendedCard':
      return AgentCard.toJSON(await client.getAgentCard(options));
    default: {
      const card = await client.getAgentCard(options);
      return { card: AgentCard.toJSON(card), transport: client.transport.protocolName };
    }
  }
}

async function pushAnswer(
  client: Client,
  { op, params }: Order,
  options: RequestOptions,
): Promise<unknown> {
  switch (op) {
    case 'setPush': {
      const config = TaskPushNotificationConfig.fromJSON(params);
      const made = await client.createTaskPushNotificationConfig(config, options);
      return TaskPushNotificationConfig.toJSON(made);
    }
    case 'getPush': {
      const asked = GetTaskPushNotificationConfigRequest.fromJSON(params);
      const config = await client.getTaskPushNotificationConfig(asked, options);
      return TaskPushNotificationConfig.toJSON(config);
    }
    case 'listPush': {
      const asked = ListTaskPushNotificationConfigsRequest.fromJSON(params);
      const page = await client.listTaskPushNotificationConfig(asked, options);
      return ListTaskPushNotificationConfigsResponse.toJSON(page);
    }
    default: {
      const asked = DeleteTaskPushNotificationConfigRequest.fromJSON(params);
      await client.deleteTaskPushNotificationConfig(asked, options);
      return {};
    }
  }
}
