// The wire's operations on push notification configurations, over the service's (A2A §3.1.7 to §3.1.10).

import type {
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  TaskPushNotificationConfig,
} from '@a2a-js/sdk';
import type { TaskRef } from '../../temporal/tasks';
import { DEFAULT_TENANT } from '../../workflows/task';
import type { PushConfig, PushSecrets } from '../../workflows/push-contract';
import type { WebhookRequest, Webhooks } from '../webhooks';
import type { Call, Generation } from './call';
import { FaultError } from './error-table';

export const NO_PUSH = 'push notifications are switched off at this agent';

/** Pages are smaller only on request: a task has few. */
const DEFAULT_PAGE_SIZE = 100;

export class PushOperations {
  private readonly given: Webhooks | undefined;

  /** @param webhooks absent: switched off, and every operation is refused. */
  constructor(webhooks: Webhooks | undefined) {
    this.given = webhooks;
  }

  async create(
    params: TaskPushNotificationConfig,
    call: Call,
  ): Promise<TaskPushNotificationConfig> {
    const ref = refOf(call, params.taskId);
    const config = await this.webhooks.create(ref, toWebhookRequest(params, call.generation));
    return toWire(ref, config);
  }

  async get(
    { taskId, id }: GetTaskPushNotificationConfigRequest,
    call: Call,
  ): Promise<TaskPushNotificationConfig> {
    const ref = refOf(call, taskId);
    return toWire(ref, await this.webhooks.get(ref, id === '' ? undefined : id));
  }

  async list(
    { taskId, ...asked }: ListTaskPushNotificationConfigsRequest,
    call: Call,
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    const ref = refOf(call, taskId);
    const pageSize = (call.page?.size ?? asked.pageSize) || DEFAULT_PAGE_SIZE;
    const pageToken = call.page?.token ?? asked.pageToken;
    const page = await this.webhooks.list(ref, { pageSize, pageToken });
    call.list = 'configs';
    const configs = page.configs.map((config) => toWire(ref, config));
    return { configs, nextPageToken: page.nextPageToken };
  }

  async delete({ taskId, id }: DeleteTaskPushNotificationConfigRequest, call: Call): Promise<void> {
    await this.webhooks.delete(refOf(call, taskId), id);
  }

  /** What a send asks for on its way. @throws FaultError `pushNotSupported`. */
  request(params: TaskPushNotificationConfig, { generation }: Call): WebhookRequest {
    if (this.given === undefined) throw new FaultError('pushNotSupported', NO_PUSH);
    return toWebhookRequest(params, generation);
  }

  private get webhooks(): Webhooks {
    if (this.given !== undefined) return this.given;
    throw new FaultError('pushNotSupported', NO_PUSH);
  }
}

function refOf({ caller }: Call, taskId: string): TaskRef {
  return { scope: caller.scope, taskId };
}

/** The SDK has empty strings for absent fields. */
function toWebhookRequest(
  { id, url, token, authentication }: TaskPushNotificationConfig,
  generation: Generation,
): WebhookRequest {
  const { scheme = '', credentials = '' } = authentication ?? {};
  const secrets: PushSecrets = {
    ...(credentials === '' ? {} : { credentials }),
    ...(token === '' ? {} : { token }),
  };
  return {
    ...{ url, generation, secrets },
    ...(id === '' ? {} : { id }),
    ...(scheme === '' ? {} : { scheme }),
  };
}

function toWire({ scope, taskId }: TaskRef, config: PushConfig): TaskPushNotificationConfig {
  const { id, url, scheme, shown } = config;
  const { credentials = '', token = '' } = shown;
  const authentication = scheme === undefined ? undefined : { scheme, credentials };
  const tenant = scope.tenant === DEFAULT_TENANT ? '' : scope.tenant;
  return { tenant, taskId, id, url, token, authentication };
}
