// The JavaScript client of A2A 0.3 as a driver.

import type {
  DeleteTaskPushNotificationConfigParams,
  ListTaskPushNotificationConfigParams,
  MessageSendParams,
  TaskIdParams,
  TaskPushNotificationConfig,
  TaskQueryParams,
} from 'a2a-sdk-0.3';
import {
  ClientFactory,
  ClientFactoryOptions,
  JsonRpcTransportFactory,
  RestTransportFactory,
  type Client,
  type RequestOptions,
} from 'a2a-sdk-0.3/client';
import { GrpcTransportFactory } from 'a2a-sdk-0.3/client/grpc';
import { observed, type Binding, type Driver, type Order } from './driver';

export async function openJs03(binding: Binding, urls: readonly string[]): Promise<Driver> {
  const factory = new ClientFactory(
    ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      transports: [
        new JsonRpcTransportFactory(),
        new RestTransportFactory(),
        new GrpcTransportFactory(),
      ],
      preferredTransports: [binding],
    }),
  );
  const clients = await Promise.all(urls.map((url) => factory.createFromUrl(url)));
  return {
    obey: (order) => observed(answers(clients[order.gateway]!, order)),
    close: () => Promise.resolve(),
  };
}

/** The parameters are what its types say: the dialect of 0.3 has made them. */
async function* answers(client: Client, { op, params, headers }: Order): AsyncGenerator {
  const options = { serviceParameters: headers };
  switch (op) {
    case 'stream':
      yield* client.sendMessageStream(params as MessageSendParams, options);
      return;
    case 'subscribe':
      yield* client.resubscribeTask(params as TaskIdParams, options);
      return;
    case 'send':
      yield client.sendMessage(params as MessageSendParams, options);
      return;
    case 'get':
      yield client.getTask(params as TaskQueryParams, options);
      return;
    case 'cancel':
      yield client.cancelTask(params as TaskIdParams, options);
      return;
    case 'list':
      throw new Error('0.3 has no list of tasks');
    case 'setPush':
      yield client.setTaskPushNotificationConfig(params as TaskPushNotificationConfig, options);
      return;
    case 'getPush':
      yield client.getTaskPushNotificationConfig(params as TaskIdParams, options);
      return;
    case 'listPush':
      yield client.listTaskPushNotificationConfig(
        params as ListTaskPushNotificationConfigParams,
        options,
      );
      return;
    case 'deletePush':
      await client.deleteTaskPushNotificationConfig(
        params as DeleteTaskPushNotificationConfigParams,
        options,
      );
      yield {};
      return;
    case 'extendedCard':
      yield client.getAgentCard(options);
      return;
    case 'card':
      yield chosen(client, options);
      return;
  }
}

async function chosen(client: Client, options: RequestOptions): Promise<unknown> {
  return {
    card: await client.getAgentCard(options),
    transport: client.transport.constructor.name,
  };
}
