// What tests of push notifications ask of a gateway.

import { http, messageFor, result, rpc, sendAndLeave, type Answer } from './calls';
import { seqOf, type Received, type Receiver } from './receiver';
import type { StackOptions } from './stack';
import type { WireTask } from './wire';

export const SECRETS = [7, 8].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`);

/** A stack whose webhooks may go to loopback, and whose failed ones are tried again soon. */
export function pushStack(retrySeconds: string, more: StackOptions = {}): StackOptions {
  return {
    ...more,
    env: {
      PUSH_ALLOW_HOSTS: '127.0.0.1',
      PUSH_SIGNING_SECRETS: SECRETS.join(','),
      PUSH_RETRY_SECONDS: retrySeconds,
    },
  };
}

export interface WireConfig {
  readonly id: string;
  readonly taskId: string;
  readonly url: string;
  readonly token?: string;
  readonly authentication?: { readonly scheme: string; readonly credentials?: string };
}

export interface WireDelivery {
  readonly configId: string;
  readonly state: string;
  readonly delivered: number;
  readonly failures: number;
  readonly lastError?: string;
  readonly nextAttemptAt?: string;
}

/** A task that is at work, with a webhook from its first event on. */
export async function startNotified(
  url: string,
  receiver: { readonly url: string },
  { skill = 'steps', options = {}, config = {} } = {},
): Promise<WireTask> {
  const params = {
    message: messageFor(skill, options),
    configuration: {
      returnImmediately: true,
      taskPushNotificationConfig: { url: receiver.url, ...config },
    },
  };
  return (await result(rpc<{ task: WireTask }>(url, 'SendMessage', params))).task;
}

export function start(url: string, skill: string, options: object = {}): Promise<WireTask> {
  return sendAndLeave(url, messageFor(skill, options));
}

export function createConfig(url: string, config: object): Promise<WireConfig> {
  return result(rpc<WireConfig>(url, 'CreateTaskPushNotificationConfig', config));
}

export async function listConfigs(url: string, taskId: string): Promise<readonly WireConfig[]> {
  const params = { taskId };
  const list = rpc<{ configs: WireConfig[] }>(url, 'ListTaskPushNotificationConfigs', params);
  return (await result(list)).configs;
}

export async function deliveriesOf(url: string, taskId: string): Promise<readonly WireDelivery[]> {
  const path = `/tasks/${taskId}/pushNotificationDeliveries`;
  const { body } = await http<{ deliveries: readonly WireDelivery[] }>(url, { path });
  return body.deliveries;
}

export function redeliver(
  url: string,
  { taskId, id }: Pick<WireConfig, 'taskId' | 'id'>,
  after: unknown,
): Promise<Answer<WireDelivery & { readonly error?: { readonly message: string } }>> {
  const path = `/tasks/${taskId}/pushNotificationConfigs/${encodeURIComponent(id)}:redeliver`;
  return http(url, { path, body: { after } });
}

/** Whether the last event of a task that completed has been taken. */
export function hasEnd(receiver: Receiver): boolean {
  return receiver.taken.some(
    ({ event }) => event.statusUpdate?.status.state === 'TASK_STATE_COMPLETED',
  );
}

/** The numbers of the events, each where it came first. */
export function orderOf(received: readonly Received[]): readonly number[] {
  return [...new Set(received.map(seqOf))];
}

/** 1 to `count`. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
