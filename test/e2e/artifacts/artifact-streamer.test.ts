// `ArtifactStreamer` in an agent of the official SDK: its server in this process, real HTTP, its client.

import {
  AgentCard,
  SendMessageRequest,
  TaskArtifactUpdateEvent,
  TaskState,
  type StreamResponse,
  type Task,
} from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  type AgentExecutor,
  type ExecutionEventBus,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { UserBuilder, jsonRpcHandler } from '@a2a-js/sdk/server/express';
import express from 'express';
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { ArtifactStreamer } from '../../../src';

/** What a model says, token by token. */
const TOKENS = ['Day 1: ', 'Tokyo 🗼', '\nDay 2: ', 'Kyōto', '\n', '', 'Day 3: 大阪'];
const ANSWER = TOKENS.join('');

const llm = {
  async *stream(): AsyncGenerator<string> {
    for (const token of TOKENS) {
      await setImmediate();
      yield token;
    }
  },
};

type Address = Pick<RequestContext, 'taskId' | 'contextId'>;

/** Tells the artifact of a task: what is under test. */
type Teller = (address: Address, tell: (event: unknown) => void) => Promise<void>;

function executorOf(tell: Teller): AgentExecutor {
  return {
    async execute({ taskId, contextId, userMessage }: RequestContext, bus: ExecutionEventBus) {
      const statusOf = (state: TaskState) => ({ state, message: undefined, timestamp: undefined });
      bus.publish(
        AgentEvent.task({
          ...{ id: taskId, contextId, history: [userMessage], artifacts: [], metadata: undefined },
          status: statusOf(TaskState.TASK_STATE_WORKING),
        }),
      );
      await tell({ taskId, contextId }, (event) => {
        bus.publish(AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON(event)));
      });
      const status = statusOf(TaskState.TASK_STATE_COMPLETED);
      bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status, metadata: undefined }));
      bus.finished();
    },
    cancelTask: () => Promise.resolve(),
  };
}

interface Seen {
  readonly events: readonly StreamResponse[];
  readonly task: Task;
}

const servers: Server[] = [];

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** Streams one message to such an agent, then gets the task. */
async function seenOf(tell: Teller): Promise<Seen> {
  const app = express();
  const server = app.listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const card = AgentCard.fromJSON({
    ...{ name: 'agent', description: 'an agent', version: '1' },
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
    ...{ defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'], skills: [] },
  });
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), executorOf(tell));
  const userBuilder = (): ReturnType<typeof UserBuilder.noAuthentication> =>
    UserBuilder.noAuthentication();
  app.use(jsonRpcHandler({ requestHandler, userBuilder }));
  const client = await new ClientFactory().createFromAgentCard(card);
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'go' }] };
  const events: StreamResponse[] = [];
  for await (const event of client.sendMessageStream(SendMessageRequest.fromJSON({ message }))) {
    events.push(event);
  }
  const [first] = events;
  if (first?.payload?.$case !== 'task') throw new Error('the stream did not begin with a task');
  const { id } = first.payload.value;
  return { events, task: await client.getTask({ tenant: '', id, historyLength: undefined }) };
}

const textOf = (parts: Task['artifacts'][number]['parts']): string =>
  parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');

function updatesOf({ events }: Seen) {
  return events.flatMap(({ payload }) =>
    payload?.$case === 'artifactUpdate' ? [payload.value] : [],
  );
}

describe('ArtifactStreamer: an event for each chunk of a model, then finalize', () => {
  let seen: Seen;

  beforeAll(async () => {
    seen = await seenOf(async ({ contextId, taskId }, enqueueEvent) => {
      const streamer = new ArtifactStreamer({ contextId, taskId, name: 'response' });
      for await (const chunk of llm.stream()) enqueueEvent(streamer.append(chunk));
      enqueueEvent(streamer.finalize());
    });
  });

  test('is one artifact with the exact text, not one for each chunk', () => {
    expect(seen.task.artifacts.map(({ name, parts }) => [name, textOf(parts)])).toEqual([
      ['response', ANSWER],
    ]);
  });

  test('has one id in all events, the first of which begins it', () => {
    const updates = updatesOf(seen);
    expect(new Set(updates.map(({ artifact }) => artifact?.artifactId)).size).toBe(1);
    expect(updates.map(({ append }) => append)).toEqual([false, ...TOKENS.map(() => true)]);
  });

  test('is known to be complete by its last event, and by no other', () => {
    expect(updatesOf(seen).map(({ lastChunk }) => lastChunk)).toEqual([
      ...TOKENS.map(() => false),
      true,
    ]);
  });
});

test('ArtifactStreamer: pipe turns the stream of a model into the events', async () => {
  const seen = await seenOf(async (address, enqueueEvent) => {
    const streamer = new ArtifactStreamer({ ...address, name: 'response' });
    for await (const event of streamer.pipe(llm.stream())) enqueueEvent(event);
  });
  expect(seen.task.artifacts.map(({ parts }) => textOf(parts))).toEqual([ANSWER]);
});

test('ArtifactStreamer: a second one in the same task is another artifact', async () => {
  const seen = await seenOf(async (address, enqueueEvent) => {
    for (const name of ['plan', 'summary']) {
      const streamer = new ArtifactStreamer({ ...address, name });
      enqueueEvent(streamer.append(name));
      enqueueEvent(streamer.finalize('!'));
    }
  });
  expect(seen.task.artifacts.map(({ name, parts }) => [name, textOf(parts)])).toEqual([
    ['plan', 'plan!'],
    ['summary', 'summary!'],
  ]);
});

test('ArtifactStreamer: one that begins anew under a known id replaces what it was', async () => {
  const seen = await seenOf(async (address, enqueueEvent) => {
    for (const text of ['draft', 'final']) {
      const streamer = new ArtifactStreamer({ ...address, artifactId: 'page' });
      enqueueEvent(streamer.append(text));
      enqueueEvent(streamer.finalize());
    }
  });
  expect(seen.task.artifacts.map(({ parts }) => textOf(parts))).toEqual(['final']);
});
