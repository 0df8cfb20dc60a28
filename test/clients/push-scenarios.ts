// Push notifications as every official client asks for them, and as a receiver gets them.

import { randomUUID } from 'node:crypto';
import type { PushConfig } from './dialects/dialect';
import { Receiver, type Received } from '../harness/receiver';
import { ENDLESS, to, type Cell, type Scenario } from './scenario';

function configFor(url: string): PushConfig {
  const id = randomUUID();
  return { id, url, token: `token-${id}`, scheme: 'Bearer', credentials: `secret-${id}` };
}

/** Of a 1.0 StreamResponse, or of a 0.3 Task. */
function stateIn({ event }: Received): string | undefined {
  const { statusUpdate, task, status } = event as Readonly<
    Record<string, { readonly state?: string; readonly status?: { readonly state: string } }>
  >;
  const state = statusUpdate?.status?.state ?? task?.status?.state ?? status?.state;
  return state?.replace('TASK_STATE_', '').toLowerCase();
}

async function ending(receiver: Receiver, state: string): Promise<Received> {
  const isLast = (delivery: Received): boolean => stateIn(delivery) === state;
  await receiver.until(`the end (${state})`, () => receiver.received.some(isLast));
  return receiver.received.find(isLast)!;
}

function expectDelivered(delivery: Received, config: PushConfig, { official }: Cell): void {
  const isLegacy = official.dialect.version === '0.3';
  const type = isLegacy ? 'application/json' : 'application/a2a+json';
  expect(delivery.headers).toMatchObject({
    'content-type': expect.stringContaining(type) as string,
    authorization: `Bearer ${config.credentials}`,
    'x-a2a-notification-token': config.token,
    'webhook-id': expect.any(String) as string,
  });
  if (isLegacy) expect(delivery.event).toMatchObject({ kind: 'task', id: expect.any(String) });
}

export const PUSH_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a config that comes with a send has the end of the task delivered',
    isFor: (official, binding) => official.can('sendPush', binding),
    async run(cell) {
      const receiver = await Receiver.start();
      try {
        const push = configFor(receiver.url);
        await cell.client.send(to('echo'), { push });
        const last = await ending(receiver, 'completed');
        expectDelivered(last, push, cell);
      } finally {
        await receiver.close();
      }
    },
  },
  {
    name: 'a config is set and got while a task runs, and the cancel is delivered',
    async run(cell) {
      const { client } = cell;
      const receiver = await Receiver.start();
      try {
        const { id: taskId } = await client.send(ENDLESS, { waits: false });
        const config = configFor(receiver.url);
        const { id, url } = config;
        expect(await client.setPush(taskId, config)).toMatchObject({ taskId, id, url });
        expect(await client.getPush(taskId, id)).toMatchObject({ taskId, id, url });
        await client.cancel(taskId);
        const last = await ending(receiver, 'canceled');
        expectDelivered(last, config, cell);
      } finally {
        await receiver.close();
      }
    },
  },
  {
    name: 'configs are listed and deleted, also of a finished task',
    isFor: (official, binding) =>
      official.can('listPush', binding) && official.can('deletePush', binding),
    async run({ client }) {
      const { id: taskId } = await client.send(to('echo'));
      const configs = [1, 2].map(() => configFor('http://127.0.0.1:1/'));
      for (const config of configs) await client.setPush(taskId, config);
      const ids = async (): Promise<readonly string[]> =>
        (await client.listPush(taskId)).map(({ id }) => id).toSorted();
      expect(await ids()).toEqual(configs.map(({ id }) => id).toSorted());
      for (const { id } of configs) await client.deletePush(taskId, id);
      expect(await ids()).toEqual([]);
    },
  },
];
