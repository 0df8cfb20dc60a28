// An A2A server as the official SDK makes one: in memory, with an agent that says progress or streams chunks. Tells its parent its port.

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
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../monotonic';

/** What the message's data part tells a skill; each reads what it needs. */
interface Options {
  readonly events: number;
  readonly count: number;
  readonly bytes: number;
  readonly everyMs: number;
}

type Work = (bus: ExecutionEventBus, context: RequestContext) => Promise<void>;

/** By `metadata.skillId` of the message. */
const SKILLS: Readonly<Record<string, Work>> = {
  /** As many progress events as it is told to say, in one go. */
  async says(bus, { taskId, contextId, userMessage }) {
    const { events } = optionsOf(userMessage);
    for (let n = 1; n <= events; n += 1) {
      const parts = [{ text: `progress ${n}` }];
      const message = { messageId: randomUUID(), role: 'ROLE_AGENT', parts };
      const status = { state: 'TASK_STATE_WORKING', message };
      const update = TaskStatusUpdateEvent.fromJSON({ taskId, contextId, status });
      bus.publish(AgentEvent.statusUpdate(update));
    }
  },

  /** One artifact of `count` chunks of `bytes` bytes. */
  async chunks(bus, context) {
    const { count, bytes } = optionsOf(context.userMessage);
    for (let i = 0; i < count; i += 1) {
      append(bus, context, { text: 'x'.repeat(bytes), isFirst: i === 0 });
      // As a skill's `await page.append(…)` gives way.
      await Promise.resolve();
    }
  },

  /** One artifact of `count` lines of `bytes` bytes, one every `everyMs`; each begins with when it was said. */
  async paced(bus, context) {
    const { count, bytes, everyMs } = optionsOf(context.userMessage);
    const from = monotonicMs();
    for (let i = 0; i < count; i += 1) {
      await delay(Math.max(0, from + i * everyMs - monotonicMs()));
      const text = `${String(monotonicMs())} `.padEnd(bytes - 1, 'x') + '\n';
      append(bus, context, { text, isFirst: i === 0 });
    }
  },
};

function append(
  bus: ExecutionEventBus,
  { taskId, contextId }: RequestContext,
  { text, isFirst }: { readonly text: string; readonly isFirst: boolean },
): void {
  const artifact = { artifactId: 'page', parts: [{ text }] };
  const update = { taskId, contextId, artifact, append: !isFirst };
  bus.publish(AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON(update)));
}

class BenchAgent implements AgentExecutor {
  async execute(context: RequestContext, bus: ExecutionEventBus): Promise<void> {
    const { taskId, contextId, userMessage } = context;
    const skillId = String(userMessage.metadata?.['skillId']);
    const work = SKILLS[skillId];
    if (work === undefined) throw new Error(`there is no skill ${skillId}`);
    const status = { state: 'TASK_STATE_WORKING' };
    bus.publish(AgentEvent.task(Task.fromJSON({ id: taskId, contextId, status, history: [] })));
    await work(bus, context);
    const parts = [{ text: textOf(userMessage) }];
    const answer = { messageId: randomUUID(), role: 'ROLE_AGENT', parts };
    const completed = { state: 'TASK_STATE_COMPLETED', message: answer };
    const update = TaskStatusUpdateEvent.fromJSON({ taskId, contextId, status: completed });
    bus.publish(AgentEvent.statusUpdate(update));
    bus.finished();
  }

  async cancelTask(): Promise<void> {
    // Nobody does.
  }
}

function optionsOf({ parts }: RequestContext['userMessage']): Options {
  return parts.find(({ content }) => content?.$case === 'data')?.content?.value as Options;
}

function textOf({ parts }: RequestContext['userMessage']): string {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}

const card = AgentCard.fromJSON({
  name: 'bench',
  description: 'Says progress or streams chunks.',
  version: '1.0.0',
  capabilities: { streaming: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  supportedInterfaces: [
    { url: 'http://127.0.0.1/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
  ],
  skills: Object.keys(SKILLS).map((id) => ({ id, name: id, description: id, tags: ['bench'] })),
});

const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), new BenchAgent());
const app = express();
app.use('/', jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication }));
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
// The benchmark may be killed; its server is not to outlive it.
process.once('disconnect', () => process.exit());
// With an exit of its own it leaves the profile that it was asked for.
process.once('SIGTERM', () => process.exit());
