// The official JavaScript client of A2A 1.0, and how the tests read what it gives them.

import {
  SendMessageRequest,
  TaskState,
  type ListTasksRequest,
  type StreamResponse,
  type Task,
} from '@a2a-js/sdk';
import { ClientFactory, ClientFactoryOptions, type Client } from '@a2a-js/sdk/client';
import { randomUUID } from 'node:crypto';

export const BINDINGS = [
  { binding: 'JSON-RPC', transport: 'JSONRPC' },
  { binding: 'REST', transport: 'HTTP+JSON' },
] as const;

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';

interface Request {
  readonly skill: string;
  readonly text?: string;
  readonly options?: Readonly<Record<string, number>>;
  readonly taskId?: string;
  readonly contextId?: string;
  readonly configuration?: Readonly<Record<string, unknown>>;
}

function request({ skill, text = 'hello', options, configuration, ...address }: Request) {
  const parts = [{ text }, ...(options === undefined ? [] : [{ data: options }])];
  const metadata = { skillId: skill };
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts, metadata, ...address };
  return SendMessageRequest.fromJSON({ message, configuration });
}

/** The client at one gateway, over one binding. */
export class SdkClient {
  private readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async at(
    url: string,
    transport: (typeof BINDINGS)[number]['transport'],
  ): Promise<SdkClient> {
    const options = { preferredTransports: [transport] };
    const factory = new ClientFactory(
      ClientFactoryOptions.createFrom(ClientFactoryOptions.default, options),
    );
    return new SdkClient(await factory.createFromUrl(url));
  }

  async send(what: Request): Promise<Task> {
    const result = await this.client.sendMessage(request(what));
    if (!('status' in result)) throw new Error('a message instead of a task');
    return result;
  }

  stream(what: Request): AsyncGenerator<StreamResponse, void, undefined> {
    return this.client.sendMessageStream(request(what));
  }

  get(id: string, historyLength?: number): Promise<Task> {
    return this.client.getTask({ tenant: '', id, historyLength });
  }

  list(query: Partial<ListTasksRequest>): ReturnType<Client['listTasks']> {
    return this.client.listTasks({
      tenant: '',
      contextId: '',
      status: TaskState.TASK_STATE_UNSPECIFIED,
      pageToken: '',
      statusTimestampAfter: undefined,
      ...query,
    });
  }

  cancel(id: string): Promise<Task> {
    return this.client.cancelTask({ tenant: '', id, metadata: undefined });
  }

  subscribe(id: string): AsyncGenerator<StreamResponse, void, undefined> {
    return this.client.resubscribeTask({ tenant: '', id });
  }
}

export async function all(stream: AsyncIterable<StreamResponse>): Promise<StreamResponse[]> {
  const events: StreamResponse[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

export function seqOf({ payload }: StreamResponse): number {
  return (payload!.value.metadata![CURSOR] as { readonly seq: number }).seq;
}

export function stateOf({ payload }: StreamResponse): TaskState | undefined {
  return payload?.$case === 'task' || payload?.$case === 'statusUpdate'
    ? payload.value.status?.state
    : undefined;
}

export function textOf(
  holder: { readonly parts: Task['history'][number]['parts'] } | undefined,
): string {
  const texts = holder?.parts.map(({ content }) =>
    content?.$case === 'text' ? content.value : '',
  );
  return (texts ?? []).join('');
}

export function taskOf(event: StreamResponse | undefined): Task {
  if (event?.payload?.$case !== 'task') throw new Error('not a task');
  return event.payload.value;
}

export function progressOf(events: readonly StreamResponse[]): string[] {
  return events.flatMap(({ payload }) =>
    payload?.$case === 'statusUpdate' && payload.value.status?.message !== undefined
      ? [textOf(payload.value.status.message)]
      : [],
  );
}

/** A refused stream reaches the client as an SSE frame, of which it keeps the text only. */
export async function expectRefusal(act: Promise<unknown>, reason: string): Promise<void> {
  const err: unknown = await act.then(
    () => undefined,
    (refused: unknown) => refused,
  );
  const { reason: said, message } = err as { readonly reason?: string; readonly message: string };
  expect(said ?? message).toContain(reason);
}
