// An agent that knows none of our extensions: the SDK's own server over real HTTP, its work done by hand.

import {
  Role,
  TaskState,
  type AgentCard,
  type Message,
  type Part,
  type Task,
  type TaskArtifactUpdateEvent,
  type TaskStatus,
} from '@a2a-js/sdk';
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  type AgentExecutor,
  type ExecutionEventBus,
  type RequestContext,
} from '@a2a-js/sdk/server';
import {
  UserBuilder,
  agentCardHandler,
  jsonRpcHandler,
  restHandler,
} from '@a2a-js/sdk/server/express';
import express, { type Express } from 'express';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One message under way; the test says what the agent does with it. */
export class Run {
  readonly taskId: string;
  readonly contextId: string;
  readonly message: Message;
  private readonly bus: ExecutionEventBus;
  readonly end: () => void;

  constructor(context: RequestContext, bus: ExecutionEventBus, end: () => void) {
    this.taskId = context.taskId;
    this.contextId = context.contextId;
    this.message = context.userMessage;
    this.bus = bus;
    this.end = end;
  }

  task(state: TaskState): void {
    const task: Task = {
      ...{ id: this.taskId, contextId: this.contextId, status: this.statusOf(state) },
      ...{ artifacts: [], history: [this.message], metadata: undefined },
    };
    this.bus.publish(AgentEvent.task(task));
  }

  status(state: TaskState, text?: string): void {
    const status = this.statusOf(state, text);
    this.bus.publish(AgentEvent.statusUpdate({ ...this.ids, status, metadata: undefined }));
  }

  chunk(text: string, how: Partial<TaskArtifactUpdateEvent> = {}): void {
    const artifact = {
      ...{ artifactId: 'a', name: 'page', description: '', parts: [textPart(text)] },
      ...{ metadata: undefined, extensions: [] },
    };
    const flags = { append: true, lastChunk: false, metadata: undefined, ...how };
    this.bus.publish(AgentEvent.artifactUpdate({ ...this.ids, artifact, ...flags }));
  }

  reply(text: string): void {
    this.bus.publish(AgentEvent.message(this.says(text)));
  }

  private get ids() {
    return { taskId: this.taskId, contextId: this.contextId };
  }

  private statusOf(state: TaskState, text?: string): TaskStatus {
    const message = text === undefined ? undefined : this.says(text);
    return { state, message, timestamp: new Date().toISOString() };
  }

  private says(text: string): Message {
    return {
      ...{
        messageId: crypto.randomUUID(),
        ...this.ids,
        role: Role.ROLE_AGENT,
        parts: [textPart(text)],
      },
      ...{ metadata: undefined, extensions: [], referenceTaskIds: [] },
    };
  }
}

export class PlainAgent {
  /** JSON-RPC methods whose answer has begun, in order. */
  readonly answered: readonly string[];
  readonly port: number;
  private readonly server: Server;
  private readonly runs: Run[];
  private readonly arrivals: ((run: Run) => void)[];

  private constructor(server: Server, executor: ByHand, answered: string[]) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    this.runs = executor.runs;
    this.arrivals = executor.arrivals;
    this.answered = answered;
  }

  /** @param url where clients reach it, as its card says. */
  static async start(port: number, url: string, streaming: boolean): Promise<PlainAgent> {
    const executor = new ByHand();
    const answered: string[] = [];
    const handler = new DefaultRequestHandler(
      cardOf(url, streaming),
      new InMemoryTaskStore(),
      executor,
    );
    const server = appOf(handler, answered).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new PlainAgent(server, executor, answered);
  }

  /** The message that is or will be under way next. */
  async next(): Promise<Run> {
    return this.runs.shift() ?? new Promise((resolve) => this.arrivals.push(resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

class ByHand implements AgentExecutor {
  readonly runs: Run[] = [];
  readonly arrivals: ((run: Run) => void)[] = [];
  private readonly open = new Map<string, Run>();

  execute(context: RequestContext, bus: ExecutionEventBus): Promise<void> {
    return new Promise((resolve) => {
      const run = new Run(context, bus, resolve);
      this.open.set(run.taskId, run);
      const arrival = this.arrivals.shift();
      if (arrival === undefined) this.runs.push(run);
      else arrival(run);
    });
  }

  cancelTask = async (taskId: string): Promise<void> => {
    const run = this.open.get(taskId);
    run?.status(TaskState.TASK_STATE_CANCELED);
    run?.end();
  };
}

function appOf(requestHandler: DefaultRequestHandler, answered: string[]): Express {
  const userBuilder = UserBuilder.noAuthentication;
  const app = express();
  app.use('/.well-known/agent-card.json', agentCardHandler({ agentCardProvider: requestHandler }));
  app.use(express.json(), (req, res, next) => {
    const { method } = (req.body ?? {}) as { method?: string };
    const write = res.write.bind(res) as (...args: unknown[]) => boolean;
    let isFirst = true;
    res.write = (...args: unknown[]): boolean => {
      if (isFirst) answered.push(method ?? req.path);
      isFirst = false;
      return write(...args);
    };
    next();
  });
  app.use('/rest', restHandler({ requestHandler, userBuilder }));
  app.use('/', jsonRpcHandler({ requestHandler, userBuilder }));
  return app;
}

function cardOf(url: string, streaming: boolean): AgentCard {
  const protocolVersion = '1.0';
  return {
    ...{ name: 'plain', description: 'for tests', version: '1', provider: undefined },
    supportedInterfaces: [
      { url: `${url}/`, protocolBinding: 'JSONRPC', tenant: '', protocolVersion },
      { url: `${url}/rest`, protocolBinding: 'HTTP+JSON', tenant: '', protocolVersion },
    ],
    capabilities: { streaming, extensions: [] },
    ...{ securitySchemes: {}, securityRequirements: [], signatures: [], skills: [] },
    ...{ defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'] },
  };
}

function textPart(value: string): Part {
  return {
    content: { $case: 'text', value },
    ...{ metadata: undefined, filename: '', mediaType: '' },
  };
}
