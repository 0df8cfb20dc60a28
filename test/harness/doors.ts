// The operations of one tenant over each binding, and what came of them: the same three doors for one set of tests.

import type { ServiceError } from '@grpc/grpc-js';
import { http, rpc, type Headings } from './calls';
import { GrpcCaller, toRefusal } from './grpc';
import { readSse } from './sse';
import type { Stack } from './stack';
import type { WireEvent, WireMessage, WirePage, WireTask } from './wire';

/** What came of an operation: its result, or the text of the refusal. */
type Outcome<T> = { readonly result: T } | { readonly refusal: string };

/** One binding, speaking for a tenant; none is the default one. */
export interface Door {
  send(message: WireMessage, headers?: Headings): Promise<Outcome<WireTask>>;
  get(id: string): Promise<Outcome<WireTask>>;
  list(contextId: string): Promise<Outcome<WirePage>>;
  cancel(id: string): Promise<Outcome<WireTask>>;
  /** The first event of the stream. */
  subscribe(id: string): Promise<Outcome<WireEvent>>;
  /** The ids of the webhooks of a task, after one more was made. */
  hook(id: string): Promise<Outcome<readonly string[]>>;
}

export function overRpc(stack: Stack, tenant?: string): Door {
  const named = tenant === undefined ? {} : { tenant };
  const ask = async <T>(method: string, params: object, headers: Headings = {}) => {
    const { body } = await rpc<T>(stack.url, method, { ...params, ...named }, headers);
    return outcome<T>(body.result, body.error);
  };
  return {
    send: async (message, headers) =>
      only(await ask<{ task: WireTask }>('SendMessage', { message }, headers)),
    get: (id) => ask('GetTask', { id }),
    list: (contextId) => ask('ListTasks', { contextId }),
    cancel: (id) => ask('CancelTask', { id }),
    async subscribe(id) {
      const body = JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'SubscribeToTask' },
        params: { id, ...named },
      });
      const first = await firstEvent(`${stack.url}/`, { method: 'POST', body });
      const { result, error } = first as { result?: WireEvent; error?: { message: string } };
      return outcome(result, error);
    },
    async hook(taskId) {
      const made = await ask('CreateTaskPushNotificationConfig', { taskId, ...HOOK });
      if ('refusal' in made) return made;
      return idsOf(await ask<Hooks>('ListTaskPushNotificationConfigs', { taskId }));
    },
  };
}

const HOOK = { id: 'mine', url: 'https://hooks.example.com/' };

interface Hooks {
  readonly configs: readonly { readonly id: string }[];
}

function idsOf(listed: Outcome<Hooks>): Outcome<readonly string[]> {
  return 'refusal' in listed ? listed : { result: listed.result.configs.map(({ id }) => id) };
}

function overGrpc(stack: Stack, tenant = ''): Door {
  const ask = async <T>(
    name: string,
    request: object,
    headings: Headings = {},
  ): Promise<Outcome<T>> => {
    const caller = new GrpcCaller(stack.grpc);
    try {
      const { value } = await caller.ask<T>(name, { ...request, tenant }, { headings });
      return { result: value };
    } catch (err) {
      return { refusal: toRefusal(err as ServiceError).message };
    } finally {
      caller.close();
    }
  };
  return {
    send: async (message, headers) =>
      only(await ask<{ task: WireTask }>('SendMessage', { message }, headers)),
    get: (id) => ask('GetTask', { id }),
    async list(contextId) {
      const listed = await ask<WirePage>('ListTasks', { contextId });
      // Protobuf leaves out what is empty.
      const empty = { tasks: [], totalSize: 0 };
      return 'refusal' in listed ? listed : { result: { ...empty, ...listed.result } };
    },
    cancel: (id) => ask('CancelTask', { id }),
    async subscribe(id) {
      const caller = new GrpcCaller(stack.grpc);
      const stream = caller.stream('SubscribeToTask', { id, tenant });
      try {
        await stream.until('the first event', () => stream.events.length > 0);
        return { result: stream.events[0]!.event };
      } catch {
        return { refusal: toRefusal((await stream.over)!).message };
      } finally {
        caller.close();
      }
    },
    async hook(taskId) {
      const made = await ask('CreateTaskPushNotificationConfig', { taskId, ...HOOK });
      if ('refusal' in made) return made;
      return idsOf(await ask<Hooks>('ListTaskPushNotificationConfigs', { taskId }));
    },
  };
}

export interface RestAnswer {
  readonly error?: { readonly message: string };
}

export function overRest(stack: Stack, tenant?: string): Door {
  const prefix = tenant === undefined ? '' : `/${encodeURIComponent(tenant)}`;
  const ask = async <T>(path: string, body?: object, headers: Headings = {}) => {
    const call = { path: prefix + path, headers, ...(body === undefined ? {} : { body }) };
    const answer = (await http<T & RestAnswer>(stack.url, call)).body;
    return outcome<T>(answer, answer.error);
  };
  return {
    send: async (message, headers) =>
      only(await ask<{ task: WireTask }>('/message:send', { message }, headers)),
    get: (id) => ask(`/tasks/${id}`),
    list: (contextId) => ask(`/tasks?contextId=${contextId}`),
    cancel: (id) => ask(`/tasks/${id}:cancel`, {}),
    async subscribe(id) {
      const event = await firstEvent(`${stack.url}${prefix}/tasks/${id}:subscribe`, {});
      return outcome(event as WireEvent, (event as RestAnswer).error);
    },
    async hook(id) {
      const path = `/tasks/${id}/pushNotificationConfigs`;
      const made = await ask(path, HOOK);
      return 'refusal' in made ? made : idsOf(await ask<Hooks>(path));
    },
  };
}

function outcome<T>(result: T | undefined, error?: { readonly message: string }): Outcome<T> {
  return error === undefined ? { result: result! } : { refusal: error.message };
}

function only(outcome: Outcome<{ readonly task: WireTask }>): Outcome<WireTask> {
  return 'refusal' in outcome ? outcome : { result: outcome.result.task };
}

/** Of a stream, or else the JSON of the refusal. */
export async function firstEvent(url: string, init: RequestInit): Promise<unknown> {
  const headers = { 'A2A-Version': '1.0', 'Content-Type': 'application/json' };
  const response = await fetch(url, { ...init, headers });
  if (response.headers.get('Content-Type')?.startsWith('text/event-stream') !== true) {
    return response.json();
  }
  for await (const { data } of readSse(response)) return data;
  throw new Error('a stream without an event');
}

/** @throws Error with the text of a refusal. */
export async function done<T>(asked: Promise<Outcome<T>>): Promise<T> {
  const outcome = await asked;
  if ('refusal' in outcome) throw new Error(outcome.refusal);
  return outcome.result;
}

/** Of each binding, and of the tenant for whom it speaks. */
export const DOORS = [
  { binding: 'JSON-RPC', doorTo: overRpc },
  { binding: 'REST', doorTo: overRest },
  { binding: 'gRPC', doorTo: overGrpc },
] as const;
