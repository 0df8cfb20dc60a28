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

  /** SendStreamingMessage: the task's frames, to its end. */
  async *stream(skillId: string, parts: readonly Part[]): AsyncGenerator<Frame> {
    yield* framesOf(
      await this.call('SendStreamingMessage', { message: messageTo(skillId, parts) }),
    );
  }

  /** SubscribeToTask: resolves when the first frame is there; the stream stays open. */
  async subscribe(id: string): Promise<void> {
    const response = await this.call('SubscribeToTask', { id });
    await new Promise((resolve) => response.once('data', resolve));
    response.resume();
  }

  /** Cuts every connection, open streams included. */
  close(): void {
    this.agent.destroy();
  }

  private call(method: string, params: unknown): Promise<IncomingMessage> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'A2A-Version': '1.0',
    };
    return new Promise((resolve, reject) => {
      const sent = request(this.url, { method: 'POST', agent: this.agent, headers }, resolve);
      sent.on('error', (err: NodeJS.ErrnoException) => {
        // The server may close an idle connection in the moment in which it is used again.
        if (sent.reusedSocket && err.code === 'ECONNRESET') resolve(this.call(method, params));
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
