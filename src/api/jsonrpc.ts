// The JSON-RPC edge: envelope, version, the SDK's dispatcher, and one answer or one stream (A2A §9).

import {
  JsonRpcTransportHandler,
  ServerCallContext,
  type A2ARequestHandler,
} from '@a2a-js/sdk/server';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import type { Request, RequestHandler, Response } from 'express';
import { assertKeys, parseBody } from './body';
import {
  assertExtensions,
  cursorOf,
  extensionsEcho,
  extensionsOf,
  generationOf,
  idempotencyKeyOf,
  mediaTypeOf,
} from './call-headers';
import type { Offer } from './offer';
import { SseResponse } from './sse';
import { tenantOf } from './tenant';
import { Call, untilOver, withList, type Generation } from './wire/call';
import {
  FaultError,
  fromJsonRpcError,
  toFault,
  toJsonRpcError,
  type Fault,
} from './wire/error-table';
import { mendLegacyEvent, mendLegacyRequest } from './wire/legacy';
import { METHODS, assertNoPush, checkParams, isStreaming } from './wire/methods';
import { inCamelCase } from './wire/spelling';
import type { Scope } from '../workflows/task';

export interface EdgeOptions {
  readonly handler: A2ARequestHandler;
  /** Aborts when the gateway closes; open streams end then. */
  readonly closing: AbortSignal;
  readonly offer: Offer;
  /** @param tenant that the request names, or the default one. */
  scopeOf(req: Request, tenant: string): Scope;
  onError(err: unknown): void;
}

type Id = string | number | null;

interface Envelope {
  readonly id: Id;
  readonly isNotification: boolean;
  readonly method: string;
  readonly body: Record<string, unknown>;
}

/** An answer of the SDK's dispatchers: one envelope, or a stream of them. */
type Answers = AsyncGenerator<Record<string, unknown>>;
type Answer = Record<string, unknown> | Answers;

function isStream(answer: Answer): answer is Answers {
  return Symbol.asyncIterator in answer;
}

/** What is known of a request so far; a refusal is made of it. */
interface Known {
  readonly isLegacy: boolean;
  id: Id;
  isNotification: boolean;
  streams: boolean;
  call?: Call;
}

export function jsonRpcEdge(options: EdgeOptions): RequestHandler {
  const dispatchers = {
    '1.0': new JsonRpcTransportHandler(options.handler),
    '0.3': new LegacyJsonRpcTransportHandler(options.handler),
  };
  return async (req, res) => {
    const isLegacy = speaksLegacy(req);
    const known: Known = { isLegacy, id: null, isNotification: false, streams: false };
    try {
      assertJson(req);
      const { id, isNotification, method, body } = toEnvelope(parseBody(req));
      known.id = id;
      known.isNotification = isNotification;
      assertKeys(req, body);
      const generation = generationOf(req);
      known.streams = isStreaming(method, generation);
      if (!options.offer.hasPush) assertNoPush(method);
      const params = checkCall({ method, body, generation });
      res.set(extensionsEcho(req, generation, options.offer));
      assertExtensions(req, generation, options.offer);
      // 0.3 has no tenants.
      const tenant = tenantOf(generation === '0.3' ? {} : { params });
      const call = openCall(req, res, { generation, options, tenant });
      known.call = call;
      const dispatch = dispatchers[generation].handle({ ...body, params }, openContext(req, call));
      const answer = (await dispatch) as Answer;
      if (isNotification) await sendNothing(res, answer);
      else if (isStream(answer)) await sendStream(res, answer, { id, call });
      else sendAnswer(res, answer, { id, call });
    } catch (err) {
      const said = known.call?.fault ?? toFault(err, 'other');
      if (known.call?.fault === undefined && said.httpStatus === 500) options.onError(err);
      const { isNotification, streams } = known;
      // JSON-RPC 2.0 §4.1: a notification is not answered, whatever came of it.
      if (isNotification && said.retryAfterS === undefined) res.status(204).end();
      else {
        const id = err instanceof InvalidEnvelope ? err.id : known.id;
        sendRefusal(res, { id, said, streams, isLegacy });
      }
    }
  };
}

/** Also of a request that is refused for something else: whom to answer. */
export function speaksLegacy(req: Request): boolean {
  try {
    return generationOf(req) === '0.3';
  } catch {
    return false;
  }
}

function assertJson(req: Request): void {
  const mediaType = mediaTypeOf(req);
  if (mediaType === '' || mediaType === 'application/json') return;
  throw new FaultError('requestTypeNotSupported', `Content-Type must be application/json`);
}

/** JSON-RPC 2.0 §4. A batch is not part of A2A (A2A §9.1). */
function toEnvelope(body: unknown): Envelope {
  if (body === undefined) throw new FaultError('parseError', 'the body is empty');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new FaultError('invalidRequest', 'the body must be one JSON-RPC request object');
  }
  const fields = body as Record<string, unknown>;
  const { jsonrpc, method } = fields;
  const id = fields['id'] ?? null;
  if (typeof id !== 'string' && !Number.isSafeInteger(id) && id !== null) {
    throw new FaultError(
      'invalidRequest',
      'id must be a string, an integer of at most 53 bits or null',
    );
  }
  if (jsonrpc !== '2.0') throw new InvalidEnvelope(id as Id, 'jsonrpc must be "2.0"');
  if (typeof method !== 'string' || method === '') {
    throw new InvalidEnvelope(id as Id, 'method must be a string');
  }
  return { id: id as Id, isNotification: !('id' in fields), method, body: fields };
}

/** A bad envelope whose id is known: the answer carries it. */
class InvalidEnvelope extends FaultError {
  readonly id: Id;
  constructor(id: Id, message: string) {
    super('invalidRequest', message);
    this.id = id;
  }
}

/** The parameters, checked and in the form that the SDK expects. */
function checkCall({
  method,
  body,
  generation,
}: Pick<Envelope, 'method' | 'body'> & { readonly generation: Generation }): unknown {
  if (!METHODS[generation].has(method)) {
    const other = generation === '1.0' ? '0.3' : '1.0';
    const hint = METHODS[other].has(method)
      ? `; it belongs to A2A ${other}: send the header A2A-Version: ${other}`
      : '';
    throw new FaultError('methodNotFound', `there is no method ${JSON.stringify(method)}${hint}`);
  }
  const given = body['params'] ?? {};
  const params = generation === '1.0' ? inCamelCase(given) : given;
  checkParams(method, params);
  return generation === '0.3' ? mendLegacyRequest(method, params) : params;
}

function openCall(
  req: Request,
  res: Response,
  { generation, options, tenant }: { generation: Generation; options: EdgeOptions; tenant: string },
): Call {
  const signal = untilOver(res, 'close', options.closing);
  const caller = { scope: options.scopeOf(req, tenant), signal };
  return new Call({ caller, generation, ...cursorOf(req), ...idempotencyKeyOf(req) });
}

function openContext(req: Request, call: Call): ServerCallContext {
  return new ServerCallContext({
    user: call,
    requestedVersion: call.generation,
    requestedExtensions: [...extensionsOf(req, call.generation)],
  });
}

/** A stream does what it was asked for when it is first read; nobody wants its events. */
async function sendNothing(res: Response, answer: Answer): Promise<void> {
  if (isStream(answer)) {
    await answer.next();
    await answer.return(undefined);
  }
  res.status(204).end();
}

interface Recipient {
  readonly id: Id;
  readonly call: Call;
}

function sendAnswer(res: Response, answer: Record<string, unknown>, { id, call }: Recipient): void {
  if (call.fault === undefined && answer['error'] === undefined) {
    // A delete has nothing to say, which is an object in 1.0 and null in 0.3.
    const said = answer['result'] ?? (call.generation === '1.0' ? {} : null);
    const result = call.card ?? withList(said, call);
    res.json({ ...answer, result });
    return;
  }
  const said = call.fault ?? fromJsonRpcError(answer['error']);
  sendRefusal(res, { id, said, streams: false, isLegacy: call.generation === '0.3' });
}

async function sendStream(res: Response, answers: Answers, { id, call }: Recipient): Promise<void> {
  const isLegacy = call.generation === '0.3';
  const sse = new SseResponse(res, { writes: isLegacy ? 'per-event' : 'coalesced' });
  sse.openInTime();
  try {
    // The first event decides between a stream and a refusal; headers come after it.
    for await (const answer of answers) {
      sse.open();
      const said = isLegacy ? mendLegacyEvent(answer) : answer;
      const number = call.frameId === undefined ? {} : { id: call.frameId };
      sse.write({ data: JSON.stringify(said), ...number });
      await sse.ready();
    }
  } catch (err) {
    const said = call.fault ?? toFault(err, 'other');
    if (!res.headersSent) {
      sendRefusal(res, { id, said, streams: true, isLegacy });
      return;
    }
    sse.write({ data: JSON.stringify(refusal({ id, said, isLegacy })) });
  }
  sse.end();
}

interface Refusal {
  readonly id: Id;
  readonly said: Fault;
  readonly streams: boolean;
  readonly isLegacy: boolean;
}

/**
 * A refused stream is answered as a stream of one frame: a client that waits for events sees a
 * plain JSON answer as an empty stream. Only an engine that is down is told by the HTTP status.
 */
export function sendRefusal(res: Response, refused: Refusal): void {
  const { said, streams } = refused;
  if (said.retryAfterS !== undefined) res.set('Retry-After', String(said.retryAfterS));
  if (streams && said.retryAfterS === undefined) {
    const sse = new SseResponse(res, { writes: 'per-event' });
    sse.open();
    sse.write({ data: JSON.stringify(refusal(refused)) });
    sse.end();
    return;
  }
  res.status(httpStatusOf(said)).json(refusal(refused));
}

function refusal({ id, said, isLegacy }: Omit<Refusal, 'streams'>): Record<string, unknown> {
  return { jsonrpc: '2.0', id, error: toJsonRpcError(said, isLegacy) };
}

/** JSON-RPC reports in the body; the status speaks only of what is wrong with HTTP or the server. */
function httpStatusOf({ concernsHttp, httpStatus }: Fault): number {
  return concernsHttp === true ? httpStatus : 200;
}
