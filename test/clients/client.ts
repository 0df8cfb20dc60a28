// One client under test: what tests ask of it, said in the words of its generation.

import type { Headings } from '../harness/calls';
import { within } from '../harness/eventually';
import type { Dialect, PushConfig, Said, SeenPush, SendOptions } from './dialects/dialect';
import type { Chosen, Driver, Op } from './driver';
import type { Seen, SeenTask } from './seen';

export interface StreamOptions {
  readonly headers?: Headings;
  /** Default: the first one. */
  readonly gateway?: number;
}

export class Client {
  private readonly driver: Driver;
  private readonly dialect: Dialect;

  constructor(driver: Driver, dialect: Dialect) {
    this.driver = driver;
    this.dialect = dialect;
  }

  async chosen(): Promise<Chosen> {
    return (await this.answer('card', {})) as Chosen;
  }

  async extendedCard(headers: Headings = {}): Promise<Chosen['card']> {
    return (await this.answer('extendedCard', {}, headers)) as Chosen['card'];
  }

  /** The answer, be it a task or a message. */
  async ask(said: Said, options: SendOptions = {}, headers: Headings = {}): Promise<Seen> {
    const params = this.dialect.sendParams(said, options);
    return this.dialect.seen(await this.answer('send', params, headers));
  }

  async send(said: Said, options: SendOptions = {}): Promise<SeenTask> {
    const seen = await this.ask(said, options);
    if (seen.kind !== 'task') throw new Error(`a ${seen.kind} instead of a task`);
    return seen;
  }

  stream(said: Said, options: StreamOptions = {}): AsyncGenerator<Seen> {
    return this.follow('stream', this.dialect.sendParams(said, {}), options);
  }

  subscribe(id: string, options: StreamOptions = {}): AsyncGenerator<Seen> {
    return this.follow('subscribe', { id }, options);
  }

  async get(id: string, historyLength?: number): Promise<SeenTask> {
    const params = { id, ...(historyLength === undefined ? {} : { historyLength }) };
    return this.dialect.task(await this.answer('get', params));
  }

  async cancel(id: string): Promise<SeenTask> {
    return this.dialect.task(await this.answer('cancel', { id }));
  }

  /** The ids of the tasks of a context. */
  async list(contextId: string): Promise<readonly string[]> {
    const { tasks = [] } = (await this.answer('list', { contextId })) as {
      readonly tasks?: readonly { readonly id: string }[];
    };
    return tasks.map(({ id }) => id);
  }

  async setPush(taskId: string, config: PushConfig): Promise<SeenPush> {
    return this.dialect.push(await this.answer('setPush', this.dialect.pushParams(taskId, config)));
  }

  async getPush(taskId: string, id: string): Promise<SeenPush> {
    return this.dialect.push(await this.answer('getPush', this.dialect.pushQuery(taskId, id)));
  }

  async listPush(taskId: string): Promise<readonly SeenPush[]> {
    return this.dialect.pushes(await this.answer('listPush', this.dialect.pushQuery(taskId)));
  }

  async deletePush(taskId: string, id: string): Promise<void> {
    await this.answer('deletePush', this.dialect.pushQuery(taskId, id));
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  private async answer(op: Op, params: object, headers: Headings = {}): Promise<unknown> {
    const answers = this.driver.obey({ op, params, headers, gateway: 0 });
    let last: unknown;
    for await (const answer of answers) last ??= answer;
    return last;
  }

  private async *follow(
    op: Op,
    params: object,
    { headers = {}, gateway = 0 }: StreamOptions,
  ): AsyncGenerator<Seen> {
    const answers = this.driver.obey({ op, params, headers, gateway });
    for await (const answer of answers) yield this.dialect.seen(answer);
  }
}

/** The events of a stream that must end by itself. */
export function all(events: AsyncIterable<Seen>): Promise<readonly Seen[]> {
  const read = async (): Promise<readonly Seen[]> => {
    const seen: Seen[] = [];
    for await (const event of events) seen.push(event);
    return seen;
  };
  return within('the end of the stream', read());
}

/** The task that a stream begins with. */
export async function begun(events: AsyncGenerator<Seen>): Promise<SeenTask> {
  const { value } = (await events.next()) as { readonly value?: Seen };
  if (value?.kind !== 'task') throw new Error('the stream did not begin with a task');
  return value;
}
