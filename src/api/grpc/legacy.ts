// gRPC of 0.3: its requests in the words of the schemas, and what the SDK's codec of it leaves out.

import { TaskState, type TaskStatusUpdateEvent } from '@a2a-js/sdk';
import type { DescMessage, JsonValue } from '@bufbuild/protobuf';
import type { Call, CallOptions } from '../wire/call';
import { FaultError } from '../wire/error-table';
import { mendLegacyRestEvent } from '../wire/legacy';
import {
  hasPartDetails,
  legacyPartDetails,
  mendLegacyParts,
  type Said,
} from '../wire/legacy-parts';
import { checkParams } from '../wire/methods';
import { REQUESTS, checkRequest } from '../wire/request-schemas';
import type { Codec } from './codec';

type Fields = Readonly<Record<string, JsonValue>>;

/** The JSON-RPC method of the same name in 0.3, and its parameters. */
interface Equivalent {
  readonly method: string;
  readonly params: (request: Fields) => unknown;
}

const TASK_NAME = /^tasks\/([^/]+)$/;
const CONFIG_NAME = /^tasks\/([^/]+)\/pushNotificationConfigs\/([^/]+)$/;

const idOf = (name: JsonValue | undefined, field: string): string =>
  segmentsOf(name, { field, pattern: TASK_NAME, form: 'tasks/<id>' })[0] ?? '';

const configOf = ({ name }: Fields): object => {
  const form = 'tasks/<id>/pushNotificationConfigs/<id>';
  const [id, config] = segmentsOf(name, { field: 'name', pattern: CONFIG_NAME, form });
  return { id, pushNotificationConfigId: config };
};

const EQUIVALENTS: Readonly<Record<string, Equivalent>> = {
  GetTask: {
    method: 'tasks/get',
    params: ({ name, historyLength = 0 }) => ({ id: idOf(name, 'name'), historyLength }),
  },
  CancelTask: { method: 'tasks/cancel', params: ({ name }) => ({ id: idOf(name, 'name') }) },
  TaskSubscription: {
    method: 'tasks/resubscribe',
    params: ({ name }) => ({ id: idOf(name, 'name') }),
  },
  CreateTaskPushNotificationConfig: {
    method: 'tasks/pushNotificationConfig/set',
    params: ({ parent, config }) => ({
      taskId: idOf(parent, 'parent'),
      pushNotificationConfig: (config as Fields | undefined)?.['pushNotificationConfig'],
    }),
  },
  GetTaskPushNotificationConfig: {
    method: 'tasks/pushNotificationConfig/get',
    params: configOf,
  },
  DeleteTaskPushNotificationConfig: {
    method: 'tasks/pushNotificationConfig/delete',
    params: configOf,
  },
  ListTaskPushNotificationConfig: {
    method: 'tasks/pushNotificationConfig/list',
    params: ({ parent }) => ({ id: idOf(parent, 'parent') }),
  },
  GetAgentCard: { method: 'agent/getAuthenticatedExtendedCard', params: () => ({}) },
};

/** @throws FaultError `invalidParams`; what `checkParams` throws. */
export function checkLegacyRequest(method: string, request: JsonValue): void {
  const equivalent = EQUIVALENTS[method];
  // REST of 0.3 speaks the same messages as JSON.
  if (equivalent === undefined) checkRequest(REQUESTS.legacyRestSend, request);
  else checkParams(equivalent.method, equivalent.params(request as Fields));
}

function segmentsOf(
  name: JsonValue | undefined,
  of: { readonly field: string; readonly pattern: RegExp; readonly form: string },
): readonly string[] {
  const found = typeof name === 'string' ? of.pattern.exec(name) : null;
  if (found !== null) return found.slice(1);
  throw new FaultError('invalidParams', `${of.field}: must be ${of.form}`);
}

/** What the SDK does not pass on of a message that is sent. */
export function legacyDetails(
  request: JsonValue,
): Pick<CallOptions, 'partDetails' | 'historyLength'> {
  const { message, configuration } = request as Fields;
  if (message === undefined) return {};
  const { historyLength } = (configuration ?? {}) as { readonly historyLength?: number };
  return {
    partDetails: legacyPartDetails(request),
    ...(historyLength === undefined ? {} : { historyLength }),
  };
}

/** A number that is not given is 0 in this protobuf, and all of the history is wanted then. */
export function mendLegacyRequest(request: object): object {
  return 'historyLength' in request && request.historyLength === 0
    ? { ...request, historyLength: undefined }
    : request;
}

/** An answer on its way to the client. */
export interface Answer {
  readonly call: Call;
  readonly codec: Codec;
  readonly message: DescMessage;
}

/** The answer or event with the names and metadata of its parts, and `final` at a question. */
export function mendLegacyAnswer(bytes: Buffer, { call, codec, message }: Answer): Buffer {
  const { said } = call;
  if (said === undefined || !(asks(said) || hasPartDetails(said))) return bytes;
  return codec.changed(message, bytes, (json) => {
    mendLegacyParts(json, said);
    return mendLegacyRestEvent(json) as JsonValue;
  });
}

function asks(said: Said): boolean {
  const { status } = said as Partial<TaskStatusUpdateEvent>;
  return status?.state === TaskState.TASK_STATE_INPUT_REQUIRED;
}
