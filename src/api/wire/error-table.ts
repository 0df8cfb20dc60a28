// The one error table: what each failure is called on each binding (A2A §3.3.2, §9.5, §11.6).

import {
  ContentTypeNotSupportedError,
  ExtensionSupportRequiredError,
  InvalidAgentResponseError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
  VersionNotSupportedError,
  ExtendedAgentCardNotConfiguredError,
  A2AError,
} from '@a2a-js/sdk/errors';
import { MissingPartError } from '../../storage/part-store';
import { StoreFault } from '../../storage/store-fault';
import { TaskError, TaskErrorReason } from '../../temporal/task-error';

/** One row: the same failure in the words of JSON-RPC, HTTP and google.rpc. */
export interface Fault {
  /** `google.rpc.ErrorInfo.reason`. */
  readonly reason: string;
  /** JSON-RPC error code. */
  readonly code: number;
  readonly httpStatus: number;
  /** google.rpc.Code by name. */
  readonly status: keyof typeof HTTP_STATUS;
  /** What the caller is told. */
  readonly message: string;
  /** Seconds after which another try makes sense. */
  readonly retryAfterS?: number;
  /** It is about HTTP or the server, not the call: JSON-RPC too says it by the HTTP status. */
  readonly concernsHttp?: true;
}

type Row = Omit<Fault, 'message'>;

/** Long enough for a server that restarts, short enough for a person who waits. */
const RETRY_AFTER_S = 2;

/** What HTTP calls each google.rpc.Code (AIP-193). */
const HTTP_STATUS = {
  NOT_FOUND: 404,
  FAILED_PRECONDITION: 400,
  INVALID_ARGUMENT: 400,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;

function row(reason: string, code: number, status: keyof typeof HTTP_STATUS): Row {
  return { reason, code, httpStatus: HTTP_STATUS[status], status };
}

function ofHttp(given: Row, httpStatus = given.httpStatus): Row {
  return { ...given, httpStatus, concernsHttp: true };
}

/** Another try makes sense. */
function forNow(given: Row): Row {
  return { ...ofHttp(given), retryAfterS: RETRY_AFTER_S };
}

export const ERRORS = {
  // A2A §3.3.2
  taskNotFound: row('TASK_NOT_FOUND', -32001, 'NOT_FOUND'),
  taskNotCancelable: row('TASK_NOT_CANCELABLE', -32002, 'FAILED_PRECONDITION'),
  pushNotSupported: row('PUSH_NOTIFICATION_NOT_SUPPORTED', -32003, 'FAILED_PRECONDITION'),
  unsupportedOperation: row('UNSUPPORTED_OPERATION', -32004, 'FAILED_PRECONDITION'),
  /** The media type of a part; that of the request is `requestTypeNotSupported`. */
  contentTypeNotSupported: row('CONTENT_TYPE_NOT_SUPPORTED', -32005, 'INVALID_ARGUMENT'),
  invalidAgentResponse: row('INVALID_AGENT_RESPONSE', -32006, 'INTERNAL'),
  extendedCardNotConfigured: row(
    'EXTENDED_AGENT_CARD_NOT_CONFIGURED',
    -32007,
    'FAILED_PRECONDITION',
  ),
  extensionRequired: row('EXTENSION_SUPPORT_REQUIRED', -32008, 'FAILED_PRECONDITION'),
  versionNotSupported: row('VERSION_NOT_SUPPORTED', -32009, 'FAILED_PRECONDITION'),
  // JSON-RPC 2.0 §5.1, and what REST says in their place
  parseError: row('INVALID_JSON', -32700, 'INVALID_ARGUMENT'),
  invalidRequest: row('INVALID_REQUEST', -32600, 'INVALID_ARGUMENT'),
  methodNotFound: row('METHOD_NOT_FOUND', -32601, 'NOT_FOUND'),
  invalidParams: row('INVALID_PARAMS', -32602, 'INVALID_ARGUMENT'),
  // HTTP itself (RFC 9110 §15.5)
  forbidden: ofHttp(row('FORBIDDEN', -32600, 'PERMISSION_DENIED')),
  methodNotAllowed: ofHttp(row('METHOD_NOT_ALLOWED', -32600, 'INVALID_ARGUMENT'), 405),
  tooLarge: ofHttp(row('REQUEST_TOO_LARGE', -32600, 'INVALID_ARGUMENT'), 413),
  requestTypeNotSupported: ofHttp(
    row('CONTENT_TYPE_NOT_SUPPORTED', -32005, 'INVALID_ARGUMENT'),
    415,
  ),
  /** RFC 9110 §15.5.13 and §15.5.17, of stored parts. */
  preconditionFailed: ofHttp(row('PRECONDITION_FAILED', -32600, 'FAILED_PRECONDITION'), 412),
  rangeNotSatisfiable: ofHttp(row('RANGE_NOT_SATISFIABLE', -32600, 'INVALID_ARGUMENT'), 416),
  // The server
  internal: ofHttp(row('INTERNAL_ERROR', -32603, 'INTERNAL')),
  busy: forNow(row('TASK_ENGINE_BUSY', -32603, 'RESOURCE_EXHAUSTED')),
  unavailable: forNow(row('TASK_ENGINE_UNAVAILABLE', -32603, 'UNAVAILABLE')),
  storeUnavailable: forNow(row('PART_STORE_UNAVAILABLE', -32603, 'UNAVAILABLE')),
  stopping: forNow(row('GATEWAY_STOPPING', -32603, 'UNAVAILABLE')),
} as const satisfies Record<string, Row>;

export function fault(kind: keyof typeof ERRORS, message: string): Fault {
  return { ...ERRORS[kind], message };
}

/** An error that is thrown at the edge and known there. */
export class FaultError extends Error {
  readonly fault: Fault;
  constructor(kind: keyof typeof ERRORS, message: string) {
    super(message);
    this.name = 'FaultError';
    this.fault = fault(kind, message);
  }
}

/**
 * Whether a terminal task stands in the way of a cancel or of something else (A2A §3.1.5), and whether doing
 * it again may do it twice, which a cancel does not.
 */
export type Operation = 'cancel' | 'send' | 'other';

/** A send that got no answer may have been taken in: by a worker that came back, by a server that was slow. */
const MAYBE_SENT =
  'the task engine does not answer, and the message may have been recorded all the same. Send it again with ' +
  'the same Idempotency-Key; if it had none, see with GetTask or ListTasks first';

/** Translates whatever was thrown; what nobody expected tells the caller nothing. */
export function toFault(err: unknown, operation: Operation): Fault {
  if (err instanceof FaultError) return err.fault;
  if (err instanceof TaskError) return fromTaskError(err, operation);
  if (err instanceof MissingPartError) return fault('internal', err.message);
  if (err instanceof StoreFault) {
    return fault('storeUnavailable', 'the store of big parts does not answer; try again');
  }
  if (err instanceof A2AError) return fromSdkError(err);
  return fault('internal', 'internal error');
}

function fromTaskError(err: TaskError, operation: Operation): Fault {
  switch (err.reason) {
    case TaskErrorReason.notFound:
      return fault('taskNotFound', err.message);
    case TaskErrorReason.over:
      return fault(
        operation === 'cancel' ? 'taskNotCancelable' : 'unsupportedOperation',
        err.message,
      );
    case TaskErrorReason.contentType:
      return fault('contentTypeNotSupported', err.message);
    case TaskErrorReason.answered:
    case TaskErrorReason.notRetryable:
      return fault('unsupportedOperation', err.message);
    case TaskErrorReason.contextMismatch:
    case TaskErrorReason.full:
    case TaskErrorReason.keyReused:
    case TaskErrorReason.cursorBeyondEnd:
    case TaskErrorReason.invalid:
    case TaskErrorReason.skillRejected:
      return fault('invalidParams', err.message);
    case TaskErrorReason.skillFailed:
      return fault('internal', err.message);
    case TaskErrorReason.skillBrokeContract:
      return fault('invalidAgentResponse', err.message);
    case TaskErrorReason.busy:
      return fault('busy', 'too much at once; try again');
    case TaskErrorReason.unavailable:
      return fault(
        'unavailable',
        operation === 'send' ? MAYBE_SENT : 'the task engine does not answer; try again',
      );
  }
}

/** What the SDK's dispatchers find by themselves. */
function fromSdkError(err: A2AError): Fault {
  const found = Object.values(ERRORS).find(({ reason }) => reason === err.reason);
  return { ...(found ?? ERRORS.internal), message: err.message };
}

/** An error that the SDK's JSON-RPC dispatcher answers by itself; an internal one stays inside. */
export function fromJsonRpcError(error: unknown): Fault {
  const { code, message } = (error ?? {}) as { readonly code?: number; readonly message?: string };
  const known = Object.values(ERRORS).filter(({ httpStatus }) => httpStatus < 500);
  // `busy` has the code of an internal error, which a failure of the dispatcher is.
  const found = code === ERRORS.internal.code ? undefined : known.find((r) => r.code === code);
  return found === undefined || message === undefined
    ? fault('internal', 'internal error')
    : { ...found, message };
}

/** The same for its REST routers: the body of 1.0, or that of 0.3 with its JSON-RPC code. */
export function fromRestError(body: unknown): Fault {
  const { error, ...legacy } = (body ?? {}) as {
    readonly error?: {
      readonly message: string;
      readonly details?: readonly { reason?: string }[];
    };
  };
  if (error === undefined) return fromJsonRpcError(legacy);
  const reason = error.details?.[0]?.reason;
  const found = Object.values(ERRORS).find((r) => r.reason === reason && r.httpStatus < 500);
  return found === undefined
    ? fault('internal', 'internal error')
    : { ...found, message: error.message };
}

const SDK_ERRORS: Readonly<Record<string, new (message: string) => A2AError>> = {
  [ERRORS.taskNotFound.reason]: TaskNotFoundError,
  [ERRORS.taskNotCancelable.reason]: TaskNotCancelableError,
  [ERRORS.pushNotSupported.reason]: PushNotificationNotSupportedError,
  [ERRORS.unsupportedOperation.reason]: UnsupportedOperationError,
  [ERRORS.contentTypeNotSupported.reason]: ContentTypeNotSupportedError,
  [ERRORS.invalidAgentResponse.reason]: InvalidAgentResponseError,
  [ERRORS.extendedCardNotConfigured.reason]: ExtendedAgentCardNotConfiguredError,
  [ERRORS.extensionRequired.reason]: ExtensionSupportRequiredError,
  [ERRORS.versionNotSupported.reason]: VersionNotSupportedError,
  [ERRORS.invalidParams.reason]: RequestMalformedError,
};

/** The fault as the SDK's dispatchers expect it to be thrown. */
export function toSdkError({ reason, message }: Fault): Error {
  const SdkError = SDK_ERRORS[reason];
  return SdkError === undefined ? new A2AError(message) : new SdkError(message);
}

const ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo';

function errorInfo({ reason }: Fault): Record<string, unknown> {
  return { '@type': ERROR_INFO, reason, domain: 'a2a-protocol.org' };
}

/**
 * The `error` member of a JSON-RPC answer: code, message and data, nothing else. 0.3 leaves open what `data`
 * is; Go's client of it takes an object or nothing, and cannot read the rest of the error otherwise.
 */
export function toJsonRpcError(said: Fault, isLegacy: boolean): Record<string, unknown> {
  const info = errorInfo(said);
  return { code: said.code, message: said.message, data: isLegacy ? info : [info] };
}

/** The body of a REST error of 1.0 (A2A §11.6). */
export function toRestError(said: Fault): Record<string, unknown> {
  const { httpStatus, status, message } = said;
  return { error: { code: httpStatus, status, message, details: detailsOf(said) } };
}

/** What `google.rpc.Status` says in its `details`, as ProtoJSON (A2A §10.6, §11.6). */
export function detailsOf(said: Fault): readonly Record<string, unknown>[] {
  return [errorInfo(said), ...violations(said)];
}

/** The class of each error in Python's SDK, whose client of 0.3 goes by that name. */
const LEGACY_TYPES: Readonly<Record<string, string>> = {
  [ERRORS.taskNotFound.reason]: 'TaskNotFoundError',
  [ERRORS.taskNotCancelable.reason]: 'TaskNotCancelableError',
  [ERRORS.pushNotSupported.reason]: 'PushNotificationNotSupportedError',
  [ERRORS.unsupportedOperation.reason]: 'UnsupportedOperationError',
  [ERRORS.contentTypeNotSupported.reason]: 'ContentTypeNotSupportedError',
  [ERRORS.invalidAgentResponse.reason]: 'InvalidAgentResponseError',
  [ERRORS.extendedCardNotConfigured.reason]: 'AuthenticatedExtendedCardNotConfiguredError',
  [ERRORS.extensionRequired.reason]: 'ExtensionSupportRequiredError',
  [ERRORS.versionNotSupported.reason]: 'VersionNotSupportedError',
  [ERRORS.parseError.reason]: 'JSONParseError',
  [ERRORS.invalidRequest.reason]: 'InvalidRequestError',
  [ERRORS.methodNotFound.reason]: 'MethodNotFoundError',
  [ERRORS.invalidParams.reason]: 'InvalidParamsError',
  [ERRORS.internal.reason]: 'InternalError',
};

/**
 * The body of a REST error of 0.3, which the specification leaves open: JavaScript's client reads
 * `code` and `message`, Python's `type`, Go's and Java's `error`.
 */
export function toLegacyRestError(said: Fault): Record<string, unknown> {
  const { code, message, reason } = said;
  const type = LEGACY_TYPES[reason];
  return { code, message, ...(type === undefined ? {} : { type }), ...toRestError(said) };
}

/** Validation messages are lines of `field: what is wrong`. */
function violations({ reason, message }: Fault): readonly Record<string, unknown>[] {
  if (reason !== ERRORS.invalidParams.reason) return [];
  const fieldViolations = message.split('\n').flatMap((line) => {
    const [, field, description] = /^([\w.[\]]+): (.+)$/.exec(line) ?? [];
    return field === undefined ? [] : [{ field, description }];
  });
  if (fieldViolations.length === 0) return [];
  return [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }];
}
