// Every error of A2A: where it is specified, what each binding calls it, and how it is provoked.

import { randomUUID } from 'node:crypto';
import { status as grpcStatus } from '@grpc/grpc-js';
import { taskIn } from './shapes';
import { refusalOf, type Generation, type Refused, type Speaker, type Via } from './via';

/** Who is asked. */
export interface Place {
  readonly speaker: Speaker;
  /** Speaks the same to a gateway that serves no push, needs an extension and lost its extended card. */
  readonly reluctant: Speaker;
  /** Of the first gateway. */
  readonly url: string;
}

export interface ErrorRow {
  readonly error: string;
  readonly reason: string;
  /** Of JSON-RPC. */
  readonly code: number;
  readonly http: number;
  readonly grpc: keyof typeof grpcStatus;
  readonly sections: Readonly<Partial<Record<Generation, string>>>;
  /** Whether the binding has it. Default: each has. */
  readonly isOf?: (via: Via) => boolean;
  /** It is the server's fault: JSON-RPC says so by the HTTP status too. */
  readonly isServerError?: true;
  provoke(place: Place): Promise<Refused>;
}

export const REQUIRED_EXTENSION = 'urn:longhaul:a2a:stream-cursor:1';

/** What satisfies the reluctant gateway. */
const NAMED = {
  'A2A-Extensions': REQUIRED_EXTENSION,
  'X-A2A-Extensions': REQUIRED_EXTENSION,
};

const send = (speaker: Speaker, message: object, headers = {}): Promise<unknown> =>
  speaker.call('SendMessage', { message: { skill: 'echo', ...message }, headers });

async function finished(speaker: Speaker): Promise<string> {
  return taskIn(await send(speaker, {})).id;
}

/** Posts a body that no speaker would say. */
async function post({ speaker, url }: Place, body: string): Promise<Refused> {
  const { binding, generation } = speaker;
  if (binding === 'gRPC') throw new Error('gRPC has no bodies of text');
  const prefix = generation === '0.3' ? '/v1' : '';
  const path = binding === 'REST' ? `${prefix}/message:send` : '/';
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'A2A-Version': generation },
    body,
  });
  return { binding, status: response.status, body: await response.json() };
}

const BOTH = { '1.0': '3.3.2', '0.3': '8.2' } as const;
const ONLY_V1 = { '1.0': '3.3.2' } as const;
const STANDARD = { '1.0': '9.5', '0.3': '8.1' } as const;

const isText = ({ binding }: Via): boolean => binding !== 'gRPC';

const OF_TASKS: readonly ErrorRow[] = [
  {
    ...{ error: 'TaskNotFound', reason: 'TASK_NOT_FOUND' },
    ...{ code: -32001, http: 404, grpc: 'NOT_FOUND', sections: BOTH },
    provoke: ({ speaker }) => refusalOf(speaker.call('GetTask', { taskId: randomUUID() })),
  },
  {
    ...{ error: 'TaskNotCancelable', reason: 'TASK_NOT_CANCELABLE' },
    ...{ code: -32002, http: 400, grpc: 'FAILED_PRECONDITION', sections: BOTH },
    async provoke({ speaker }) {
      const taskId = await finished(speaker);
      return refusalOf(speaker.call('CancelTask', { taskId }));
    },
  },
  {
    ...{ error: 'PushNotificationNotSupported', reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED' },
    ...{ code: -32003, http: 400, grpc: 'FAILED_PRECONDITION', sections: BOTH },
    async provoke({ speaker, reluctant }) {
      const taskId = await finished(speaker);
      const asked = { taskId, configId: 'c', url: 'http://127.0.0.1:1/', headers: NAMED };
      return refusalOf(reluctant.call('CreateTaskPushNotificationConfig', asked));
    },
  },
  {
    ...{ error: 'UnsupportedOperation', reason: 'UNSUPPORTED_OPERATION' },
    ...{ code: -32004, http: 400, grpc: 'FAILED_PRECONDITION', sections: BOTH },
    async provoke({ speaker }) {
      const taskId = await finished(speaker);
      return refusalOf(send(speaker, { taskId }));
    },
  },
];

const OF_CONTENT: readonly ErrorRow[] = [
  {
    ...{ error: 'ContentTypeNotSupported', reason: 'CONTENT_TYPE_NOT_SUPPORTED' },
    ...{ code: -32005, http: 400, grpc: 'INVALID_ARGUMENT', sections: BOTH },
    provoke: ({ speaker }) => refusalOf(send(speaker, { skill: 'report', fileType: 'image/png' })),
  },
  {
    ...{ error: 'InvalidAgentResponse', reason: 'INVALID_AGENT_RESPONSE' },
    ...{ code: -32006, http: 500, grpc: 'INTERNAL', sections: BOTH },
    // It declares a reply and gives none.
    provoke: ({ speaker }) =>
      refusalOf(send(speaker, { skill: 'answer', options: { ending: 'completed' } })),
  },
];

const OF_AGREEMENT: readonly ErrorRow[] = [
  {
    ...{ error: 'ExtendedAgentCardNotConfigured', reason: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED' },
    ...{ code: -32007, http: 400, grpc: 'FAILED_PRECONDITION', sections: BOTH },
    provoke: ({ reluctant }) =>
      refusalOf(reluctant.call('GetExtendedAgentCard', { headers: NAMED })),
  },
  {
    ...{ error: 'ExtensionSupportRequired', reason: 'EXTENSION_SUPPORT_REQUIRED' },
    ...{ code: -32008, http: 400, grpc: 'FAILED_PRECONDITION', sections: ONLY_V1 },
    provoke: ({ reluctant }) => refusalOf(send(reluctant, {})),
  },
  {
    ...{ error: 'VersionNotSupported', reason: 'VERSION_NOT_SUPPORTED' },
    ...{ code: -32009, http: 400, grpc: 'FAILED_PRECONDITION', sections: ONLY_V1 },
    provoke: ({ speaker }) => refusalOf(send(speaker, {}, { 'A2A-Version': '2.0' })),
  },
];

const OF_REQUESTS: readonly ErrorRow[] = [
  {
    ...{ error: 'JSONParse', reason: 'INVALID_JSON' },
    ...{ code: -32700, http: 400, grpc: 'INVALID_ARGUMENT', sections: STANDARD, isOf: isText },
    provoke: (place) => post(place, '{"jsonrpc":'),
  },
  {
    ...{ error: 'InvalidRequest', reason: 'INVALID_REQUEST' },
    ...{ code: -32600, http: 400, grpc: 'INVALID_ARGUMENT', sections: STANDARD, isOf: isText },
    provoke: (place) => post(place, '['.repeat(100) + ']'.repeat(100)),
  },
  {
    ...{ error: 'MethodNotFound', reason: 'METHOD_NOT_FOUND' },
    ...{ code: -32601, http: 404, grpc: 'UNIMPLEMENTED', sections: STANDARD },
    isOf: ({ binding }) => binding === 'JSON-RPC',
    provoke: (place) => post(place, '{"jsonrpc":"2.0","id":1,"method":"tasks/imagine"}'),
  },
  {
    ...{ error: 'InvalidParams', reason: 'INVALID_PARAMS' },
    ...{ code: -32602, http: 400, grpc: 'INVALID_ARGUMENT', sections: STANDARD },
    provoke: ({ speaker }) => refusalOf(send(speaker, { isEmpty: true })),
  },
  {
    ...{ error: 'Internal', reason: 'INTERNAL_ERROR' },
    ...{ code: -32603, http: 500, grpc: 'INTERNAL', sections: STANDARD, isServerError: true },
    // A skill that was to reply has failed, and there is no task that could say so.
    provoke: ({ speaker }) =>
      refusalOf(send(speaker, { skill: 'answer', options: { ending: 'failed' } })),
  },
];

export const ERRORS: readonly ErrorRow[] = [
  ...OF_TASKS,
  ...OF_CONTENT,
  ...OF_AGREEMENT,
  ...OF_REQUESTS,
];

/** Fails unless the binding says the error exactly as it is specified (A2A §9.5, §10.6, §11.6). */
export function expectError(row: ErrorRow, via: Via, refused: Refused): void {
  const { reason, code, http, grpc } = row;
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'a2a-protocol.org',
  };
  const message = expect.any(String) as string;
  const details = expect.arrayContaining([info]) as unknown[];
  const rest = { error: { code: http, status: grpc, message, details } };
  if (refused.binding === 'gRPC') {
    expect({ code: refused.code, details: refused.details }).toEqual({
      code: grpcStatus[grpc],
      details,
    });
    return;
  }
  if (refused.binding === 'JSON-RPC') {
    const error = { code, message, data: via.generation === '1.0' ? [info] : info };
    expect(refused.body).toMatchObject({ jsonrpc: '2.0', error });
    expect(Object.keys(refused.body as object).toSorted()).toEqual(['error', 'id', 'jsonrpc']);
    expect(refused.status).toBe(row.isServerError === true ? http : 200);
    return;
  }
  if (via.generation === '1.0') expect(refused.body).toEqual(rest);
  else expect(refused.body).toMatchObject({ code, message, ...rest });
  expect(refused.status).toBe(http);
}
