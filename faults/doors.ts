// The same operation over each binding, and in one shape what came of it: the task, or the refusal in the words of the binding.

import type { ServiceError } from '@grpc/grpc-js';
import { http, rpc, type Headings } from '../test/harness/calls';
import { GrpcCaller, toRefusal } from '../test/harness/grpc';
import type { TestProcess } from '../test/harness/processes';
import type { WireMessage, WireTask } from '../test/harness/wire';
import type { Trial } from './trial';

export interface Refused {
  /** `google.rpc.ErrorInfo.reason`; empty where the answer has none, which I9 forbids. */
  readonly reason: string;
  readonly message: string;
  /** HTTP's status, or the name of gRPC's code. */
  readonly status: string;
  readonly retryAfter: boolean;
}

/** What a call came to; `ms` is how long its answer took. */
export type Outcome = { readonly ms: number } & (
  { readonly task: WireTask } | { readonly refused: Refused }
);

/** One binding of one gateway. Its calls reject where the gateway broke off, and resolve with what it answered. */
export interface Door {
  readonly binding: string;
  /** @param configuration as A2A has it. */
  send(message: WireMessage, headers?: Headings, configuration?: object): Promise<Outcome>;
  get(id: string): Promise<Outcome>;
  cancel(id: string): Promise<Outcome>;
  close(): void;
}

/** Those of every gateway; one that serves gRPC has three. They are closed with the trial. */
export function openDoors(
  trial: Pick<Trial, 'defer'>,
  ...gateways: readonly TestProcess[]
): readonly Door[] {
  const doors = gateways.flatMap(({ url, grpcAddress }) => [
    overRpc(url),
    overRest(url),
    ...(grpcAddress === '' ? [] : [overGrpc(grpcAddress)]),
  ]);
  trial.defer(() => {
    for (const door of doors) door.close();
    return Promise.resolve();
  });
  return doors;
}

/** Each in turn. @param n of the call. */
export function doorFor(doors: readonly Door[], n: number): Door {
  const door = doors[n % doors.length];
  if (door === undefined) throw new Error('there is no door');
  return door;
}

interface Details {
  readonly code: number | string;
  readonly message: string;
  readonly data?: unknown;
  readonly details?: unknown;
}

function overRpc(url: string): Door {
  const ask = async (method: string, params: object, headers: Headings = {}): Promise<Outcome> => {
    const { body, ms, ...head } = await rpc<Sent>(url, method, params, headers);
    if (body.error !== undefined) return { ms, refused: refusedOver(head, body.error) };
    return { ms, task: taskIn(body.result) };
  };
  return {
    binding: 'JSON-RPC',
    send: (message, headers, configuration) =>
      ask('SendMessage', { message, configuration }, headers),
    get: (id) => ask('GetTask', { id }),
    cancel: (id) => ask('CancelTask', { id }),
    close: () => undefined,
  };
}

function overRest(url: string): Door {
  const ask = async (path: string, body?: object, headers: Headings = {}): Promise<Outcome> => {
    const call = { path, headers, ...(body === undefined ? {} : { body }) };
    const { body: answer, ms, ...head } = await http<Sent & { error?: Details }>(url, call);
    if (answer.error !== undefined) return { ms, refused: refusedOver(head, answer.error) };
    return { ms, task: taskIn(answer) };
  };
  return {
    binding: 'REST',
    send: (message, headers, configuration) =>
      ask('/message:send', { message, configuration }, headers),
    get: (id) => ask(`/tasks/${id}`),
    cancel: (id) => ask(`/tasks/${id}:cancel`, {}),
    close: () => undefined,
  };
}

function overGrpc(address: string): Door {
  const caller = new GrpcCaller(address);
  const ask = async (name: string, request: object, headings: Headings = {}): Promise<Outcome> => {
    const from = Date.now();
    const called = caller.ask<Sent>(name, request, { headings });
    return called.then(
      ({ value }) => ({ ms: Date.now() - from, task: taskIn(value) }),
      (err: unknown) => {
        const { code, message, reason = '' } = toRefusal(err as ServiceError);
        // Nobody answered: grpc-js says so itself, and has no reason to give.
        if (reason === '' && code === 'UNAVAILABLE') throw err;
        const retryAfter = (err as ServiceError).metadata.get('retry-after').length > 0;
        return { ms: Date.now() - from, refused: { reason, message, status: code, retryAfter } };
      },
    );
  };
  return {
    binding: 'gRPC',
    send: (message, headings, configuration) =>
      ask('SendMessage', { message, ...(configuration && { configuration }) }, headings),
    get: (id) => ask('GetTask', { id }),
    cancel: (id) => ask('CancelTask', { id }),
    close: () => {
      caller.close();
    },
  };
}

/** A send answers `{ task }`, every other operation the task. */
type Sent = { readonly task: WireTask } | WireTask;

function taskIn(answer: Sent | undefined): WireTask {
  if (answer === undefined) throw new Error('an answer with neither result nor error');
  return 'task' in answer ? answer.task : answer;
}

function refusedOver(
  { status, headers }: { readonly status: number; readonly headers: Headers },
  { message, data, details }: Details,
): Refused {
  const infos = (data ?? details ?? []) as readonly { readonly reason?: string }[];
  const reason = infos.find((info) => info.reason !== undefined)?.reason ?? '';
  return { reason, message, status: String(status), retryAfter: headers.has('retry-after') };
}
