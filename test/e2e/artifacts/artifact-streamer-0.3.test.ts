// `ArtifactStreamer` with 0.3's events, in an agent of the official SDK of 0.3 and read by its client.

import type { AgentCard, Task, TaskArtifactUpdateEvent } from 'a2a-sdk-0.3';
import { ClientFactory } from 'a2a-sdk-0.3/client';
import {
  DefaultRequestHandler,
  InMemoryTaskStore,
  type AgentExecutor,
  type ExecutionEventBus,
  type RequestContext,
} from 'a2a-sdk-0.3/server';
import { UserBuilder, jsonRpcHandler } from 'a2a-sdk-0.3/server/express';
import express from 'express';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ArtifactStreamer } from '../../../src';

const TOKENS = ['Tokyo 🗼', '', ', Kyōto', ', 大阪'];

const executor: AgentExecutor = {
  async execute({ taskId, contextId, userMessage }: RequestContext, bus: ExecutionEventBus) {
    const address = { taskId, contextId };
    bus.publish({
      ...{ kind: 'task', id: taskId, contextId, history: [userMessage] },
      status: { state: 'working' },
    });
    const streamer = new ArtifactStreamer({ ...address, name: 'response', protocolVersion: '0.3' });
    const tokens = (async function* () {
      yield* TOKENS;
    })();
    for await (const event of streamer.pipe(tokens, { finalize: false })) {
      bus.publish(event as TaskArtifactUpdateEvent);
    }
    bus.publish(streamer.append({ data: [1, 2] }) as TaskArtifactUpdateEvent);
    bus.publish(streamer.finalize('.') as TaskArtifactUpdateEvent);
    bus.publish({
      ...{ kind: 'status-update', ...address, final: true },
      status: { state: 'completed' },
    });
    bus.finished();
  },
  cancelTask: () => Promise.resolve(),
};

let server: Server;
let task: Task;

beforeAll(async () => {
  const app = express();
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const card: AgentCard = {
    ...{ name: 'agent', description: 'an agent', version: '1', protocolVersion: '0.3.0', url },
    ...{ defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'], skills: [] },
    capabilities: { streaming: true },
  };
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executor);
  const userBuilder = (): ReturnType<typeof UserBuilder.noAuthentication> =>
    UserBuilder.noAuthentication();
  app.use(jsonRpcHandler({ requestHandler, userBuilder }));
  const client = await new ClientFactory().createFromAgentCard(card);
  const sent = await client.sendMessage({
    message: {
      ...{ kind: 'message', messageId: randomUUID(), role: 'user' },
      parts: [{ kind: 'text', text: 'go' }],
    },
  });
  if (sent.kind !== 'task') throw new Error('a message instead of a task');
  task = await client.getTask({ id: sent.id });
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('ArtifactStreamer: an agent of 0.3 holds one artifact with the exact text', () => {
  const [artifact, ...others] = task.artifacts ?? [];
  expect(others).toEqual([]);
  expect(artifact?.name).toBe('response');
  const texts = artifact?.parts.map((part) => (part.kind === 'text' ? part.text : ''));
  expect(texts?.join('')).toBe(`${TOKENS.join('')}.`);
});

test('ArtifactStreamer: data that is no object is wrapped for an agent of 0.3', () => {
  const data = task.artifacts?.[0]?.parts.flatMap((part) => (part.kind === 'data' ? [part] : []));
  expect(data).toEqual([
    { kind: 'data', data: { value: [1, 2] }, metadata: { data_part_compat: true } },
  ]);
});
