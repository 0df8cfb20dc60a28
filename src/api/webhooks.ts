// The A2A operations on push notification configurations, and those on their deliveries (A2A §3.1.7 to §3.1.10).

import { createHmac, randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { noSuchConfig, type PushConfigs, type PushDelivery } from '../temporal/push-configs';
import { patienceOf } from '../temporal/patience';
import { TaskError, TaskErrorReason } from '../temporal/task-error';
import type { Cursor, PageTokens } from '../temporal/page-tokens';
import { workflowIdOf, type TaskRef, type Tasks } from '../temporal/tasks';
import { NOT_REACHED, destinationOf, type AddressRules } from '../webhooks/address-rules';
import { resolveHost } from '../webhooks/resolve';
import { closeSecrets } from '../webhooks/secrets';
import type { PushConfig, PushSecrets } from '../workflows/push-contract';

/** A name that resolves no sooner is taken as it is; it is looked at again when it is dialed. */
const RESOLVE_MS = 1_000;

/** As hard to hit by chance as a UUID. */
const ID_LENGTH = 22;

/** What a caller asks for. */
export interface WebhookRequest {
  /** Default: made up, from what it says where it comes with a message; in 0.3 the task's own id. */
  readonly id?: string;
  readonly url: string;
  readonly scheme?: string;
  readonly secrets: PushSecrets;
  readonly generation: PushConfig['generation'];
}

export interface WebhooksOptions {
  readonly tasks: Tasks;
  readonly configs: PushConfigs;
  readonly rules: AddressRules;
  readonly tokens: PageTokens;
  /** Seals what callers entrust to a configuration. */
  readonly credentialsKey: Buffer;
}

export interface PageOptions {
  readonly pageSize: number;
  /** Empty for the first page. */
  readonly pageToken: string;
}

export interface ConfigPage {
  readonly configs: readonly PushConfig[];
  readonly nextPageToken: string;
}

export class Webhooks {
  private readonly options: WebhooksOptions;

  constructor(options: WebhooksOptions) {
    this.options = options;
  }

  /** @throws TaskError `invalid` when its address is none that a notification may go to. */
  async check({ url }: WebhookRequest): Promise<void> {
    const { rules } = this.options;
    const problem = rules.problemOf(url) ?? (await this.problemOfName(new URL(url)));
    if (problem !== undefined) throw new TaskError(TaskErrorReason.invalid, `url: ${problem}`);
  }

  /** @throws TaskError `full` when a message with this configuration could not be followed. */
  async assertRoom(ref: TaskRef, request: WebhookRequest): Promise<void> {
    await this.options.configs.assertRoom(ref, this.idOf(ref, request));
  }

  /**
   * For what follows in a task; one that is over has nothing to send, but it can be sent again.
   * @throws TaskError `not-found`, `invalid`, `full`, `unavailable`.
   */
  async create(ref: TaskRef, request: WebhookRequest): Promise<PushConfig> {
    await this.check(request);
    const { seq } = await this.options.tasks.read(ref);
    const id = request.id ?? (request.generation === '0.3' ? ref.taskId : randomUUID());
    return this.keep(ref, { ...request, id }, seq);
  }

  /** The same of what `check` has passed, for the events after `cursor`. @throws TaskError `full`, `unavailable`. */
  async keep(ref: TaskRef, request: WebhookRequest, cursor: number): Promise<PushConfig> {
    const config = this.toConfig(ref, request);
    await this.options.configs.create(ref, config, cursor);
    return config;
  }

  /** @throws TaskError `not-found` for the task or the configuration. */
  async get(ref: TaskRef, configId: string | undefined): Promise<PushConfig> {
    const id = configId ?? ref.taskId;
    const found = await this.options.configs.get(ref, id);
    if (found !== undefined) return found.config;
    throw await this.missing(ref);
  }

  /** Oldest first. @throws TaskError `not-found` for the task, `invalid` for a token that is not ours. */
  async list(ref: TaskRef, { pageSize, pageToken }: PageOptions): Promise<ConfigPage> {
    const { tokens } = this.options;
    const listed = `push ${workflowIdOf(ref)}`;
    const from = pageToken === '' ? undefined : tokens.read(listed, pageToken);
    const all = (await this.deliveries(ref)).map(({ config }) => config);
    const rest = from === undefined ? all : all.filter((config) => isAfter(config, from));
    const configs = rest.slice(0, pageSize);
    const last = configs.at(-1);
    const hasMore = last !== undefined && rest.length > configs.length;
    return { configs, nextPageToken: hasMore ? tokens.write(listed, positionOf(last)) : '' };
  }

  /** As `list`, with how far each delivery is. */
  async deliveries(ref: TaskRef): Promise<readonly PushDelivery[]> {
    const found = await this.options.configs.list(ref);
    if (found.length === 0) await this.options.tasks.read(ref);
    return found;
  }

  /** Does nothing when there is none. @throws TaskError `not-found` for the task. */
  async delete(ref: TaskRef, configId: string): Promise<void> {
    await this.options.tasks.read(ref);
    await this.options.configs.delete(ref, configId);
  }

  /** Sends every event after `cursor` again. @throws TaskError `not-found`, `cursor-beyond-end`. */
  async redeliver(ref: TaskRef, configId: string, cursor: number): Promise<void> {
    const { seq } = await this.options.tasks.read(ref);
    if (cursor > seq) {
      const text = `after: the task has ${String(seq)} events so far`;
      throw new TaskError(TaskErrorReason.cursorBeyondEnd, text);
    }
    await this.options.configs.redeliver(ref, configId, cursor);
  }

  private toConfig(ref: TaskRef, request: WebhookRequest): PushConfig {
    const { url, scheme, secrets, generation } = request;
    const id = this.idOf(ref, request);
    const owner = { owner: ref, configId: id, secrets };
    return {
      ...{ id, url, generation, createdAt: new Date().toISOString() },
      ...(scheme === undefined ? {} : { scheme }),
      ...closeSecrets(this.options.credentialsKey, owner),
    };
  }

  /** One that comes with message after message is one and the same; so it is with a repeated send. */
  private idOf(
    { taskId }: TaskRef,
    { id, url, scheme, secrets, generation }: WebhookRequest,
  ): string {
    if (id !== undefined) return id;
    if (generation === '0.3') return taskId;
    const said = JSON.stringify([taskId, url, scheme, secrets.credentials, secrets.token]);
    const hmac = createHmac('sha256', this.options.credentialsKey).update(said);
    return hmac.digest('base64url').slice(0, ID_LENGTH);
  }

  private async missing(ref: TaskRef): Promise<TaskError> {
    await this.options.tasks.read(ref);
    return noSuchConfig();
  }

  /** A name that leads nowhere yet is accepted: a receiver may come up later. */
  private async problemOfName(url: URL): Promise<string | undefined> {
    const to = destinationOf(url);
    if (isIP(to.host) !== 0) return undefined;
    const patience = patienceOf(RESOLVE_MS, new AbortController().signal);
    const over = new Promise<readonly { address: string }[]>((resolve) => {
      patience.signal.addEventListener('abort', () => {
        resolve([]);
      });
    });
    const { rules } = this.options;
    const found = resolveHost(rules, to).catch(() => []);
    const addresses = await Promise.race([found, over]).finally(patience.end);
    return addresses.every(({ address }) => rules.mayDial(address, to)) ? undefined : NOT_REACHED;
  }
}

function positionOf({ createdAt, id }: PushConfig): Cursor {
  return { time: createdAt, id };
}

function isAfter({ createdAt, id }: PushConfig, from: Cursor): boolean {
  return createdAt > from.time || (createdAt === from.time && id > from.id);
}
