// An A2A server as the official SDK makes one: in memory, with an agent that streams chunks. Tells its parent its port.

import { AgentCard, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from '@a2a-js/sdk';
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
import type { AddressInfo } from 'node:net';

class ChunksAgent implements AgentExecutor {
  async execute(
    { taskId, contextId, userMessage }: RequestContext,
    bus: ExecutionEventBus,
  ): Promise<void> {
    const ids = { taskId, contextId };
    const { count, bytes } = optionsOf(userMessage);
    const status = { state: 'TASK_STATE_WORKING' };
    bus.publish(AgentEvent.task(Task.fromJSON({ id: taskId, contextId, status, history: [] })));
    for (let i = 0; i < count; i += 1) {
      const artifact = { artifactId: 'page', parts: [{ text: 'x'.repeat(bytes) }] };
      const update = { ...ids, artifact, append: i > 0, lastChunk: i === count - 1 };
      bus.publish(AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON(update)));
      // As a skill's `await page.append(…)` gives way.
      await Promise.resolve();
    }
    const completed = { ...ids, status: { state: 'TASK_STATE_COMPLETED' } };
    bus.publish(AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON(completed)));
    bus.finished();
  }

  async cancelTask(): Promise<void> {
    // Nobody does.
  }
}

function optionsOf({ parts }: RequestContext['userMessage']): { count: number; bytes: number } {
  const data = parts.find(({ content }) => content?.$case === 'data')?.content?.value as unknown;
  return data as { count: number; bytes: number };
}

const card = AgentCard.fromJSON({
  name: 'chunks',
  description: 'Streams chunks.',
  version: '1.0.0',
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  supportedInterfaces: [
    { url: 'http://127.0.0.1/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
  ],
  skills: [{ id: 'chunks', name: 'chunks', description: 'Streams chunks.', tags: ['bench'] }],
});

const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), new ChunksAgent());
const app = express();
app.use('/', jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
// The benchmark may be killed; its server is not to outlive it.
process.once('disconnect', () => process.exit());
