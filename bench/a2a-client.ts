// A client of the JSON-RPC edge as lean as Node allows: one keep-alive agent, no SDK.

import { randomUUID } from 'node:crypto';
import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** Of `message.parts`. */
export type Part = { readonly text: string } | { readonly data: unknown };

interface Status {
  readonly state: string;
  readonly message?: { readonly parts: readonly { readonly text?: string }[] };
}

export interface Task {
  readonly id: string;
  readonly status: Status;
}

/** One frame of a stream. */
export interface Frame {
  readonly task?: Task;
  readonly statusUpdate?: { readonly status: Status };
  readonly artifactUpdate?: {
    readonly artifact: { readonly parts: readonly { readonly text?: string }[] };
  };
}

interface Answer<T> {
  readonly result?: T;
  readonly error?: { readonly message: string };
}

const AT_ONCE = { returnImmediately: true } as const;

type Headings = Readonly<Record<string, string>>;

export class A2aClient {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Blocking SendMessage: resolves at a terminal or interrupted state. */
  async send(skillId: string, parts: readonly Part[]): Promise<Task> {
    const response = await this.call('SendMessage', { message: messageTo(skillId, parts) });
    const { task } = resultOf(JSON.parse(await text(response)) as Answer<{ readonly task?: Task }>);
    if (task === undefined) throw new Error('the answer to SendMessage holds no task');
    return task;
  }

  /** SendMessage that does not wait; resolves with the id of the new task. */
  async begin(skillId: string, parts: readonly Part[]): Promise<string> {
    const message = messageTo(skillId, parts);
    const answer = await this.ask('SendMessage', { message, configuration: AT_ONCE });
    return (answer as { readonly task: Task }).task.id;
  }

  /** SendStreamingMessage: the task's frames, to its end. */
  async *stream(skillId: string, parts: readonly Part[]): AsyncGenerator<Frame> {
    yield* framesOf(
      await this.call('SendStreamingMessage', { message: messageTo(skillId, parts) }),
    );
  }

  /** SubscribeToTask: resolves when the first frame is there; the stream stays open. */
  async subscribe(id: string): Promise<void> {
    const response = await this.open(id);
    await new Promise((resolve) => response.once('data', resolve));
    response.resume();
  }

  /** SubscribeToTask: its frames as they come. With a cursor it resumes after that event. */
  open(id: string, cursor?: number): Promise<IncomingMessage> {
    const headings = cursor === undefined ? {} : { 'Last-Event-ID': String(cursor) };
    return this.call('SubscribeToTask', { id }, headings);
  }

  /** SendMessage to a task that has asked; resolves when it is taken. */
  async answer(taskId: string, words: string): Promise<void> {
    const message = {
      messageId: randomUUID(),
      role: 'ROLE_USER',
      taskId,
      parts: [{ text: words }],
    };
    await this.ask('SendMessage', { message, configuration: AT_ONCE });
  }

  /** Any call that is answered at once. @throws Error when it is refused. */
  async ask(method: string, params: unknown): Promise<unknown> {
    const response = await this.call(method, params);
    return resultOf(JSON.parse(await text(response)) as Answer<unknown>);
  }

  /** Cuts every connection, open streams included. */
  close(): void {
    this.agent.destroy();
  }

  private call(method: string, params: unknown, more: Headings = {}): Promise<IncomingMessage> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'A2A-Version': '1.0',
      ...more,
    };
    return new Promise((resolve, reject) => {
      const sent = request(this.url, { method: 'POST', agent: this.agent, headers }, resolve);
      sent.on('error', (err: NodeJS.ErrnoException) => {
        // The server may close an idle connection in the moment in which it is used again.
        if (sent.reusedSocket && err.code === 'ECONNRESET')
          resolve(this.call(method, params, more));
        else reject(err);
      });
      sent.end(body);
    });
  }
}

function messageTo(skillId: string, parts: readonly Part[]): unknown {
  return { messageId: randomUUID(), role: 'ROLE_USER', parts, metadata: { skillId } };
}

function resultOf<T>({ result, error }: Answer<T>): T {
  if (result === undefined) throw new Error(`the gateway answered: ${error?.message ?? 'nothing'}`);
  return result;
}

/** @throws Error with what the server says where it refuses the stream. */
async function* framesOf(response: IncomingMessage): AsyncGenerator<Frame> {
  if (response.headers['content-type']?.startsWith('text/event-stream') !== true) {
    resultOf(JSON.parse(await text(response)) as Answer<Frame>);
  }
  let pending = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    const frames = (pending + String(chunk)).split('\n\n');
    pending = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) yield resultOf(JSON.parse(data.slice(6)) as Answer<Frame>);
    }
  }
}
