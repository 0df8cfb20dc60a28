// The JSON-RPC edge: envelope, version, the SDK's dispatcher, and one answer or one stream (A2A §9).

import { Extensions } from '@a2a-js/sdk';
import {
  JsonRpcTransportHandler,
  ServerCallContext,
  type A2ARequestHandler,
} from '@a2a-js/sdk/server';
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server';
import type { Request, RequestHandler, Response } from 'express';
import { parseBody } from './body';
import { cursorOf, generationOf, idempotencyKeyOf, mediaTypeOf } from './call-headers';
import { SseResponse, untilClosed } from './sse';
import { Call, type Generation } from './wire/call';
import {
  FaultError,
  fromJsonRpcError,
  toFault,
  toJsonRpcError,
  type Fault,
} from './wire/error-table';
import { mendLegacyEvent, mendLegacyRequest } from './wire/legacy';
import { METHODS, checkParams, isStreaming } from './wire/methods';
import type { Scope } from '../workflows/task';

export interface EdgeOptions {
  readonly handler: A2ARequestHandler;
  /** Aborts when the gateway closes; open streams end then. */
  readonly closing: AbortSignal;
  scopeOf(req: Request): Scope;
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
type Answer = Record<string, unknown> | AsyncGenerator<Record<string, unknown>>;

export function jsonRpcEdge(options: EdgeOptions): RequestHandler {
  const dispatchers = {
    '1.0': new JsonRpcTransportHandler(options.handler),
    '0.3': new LegacyJsonRpcTransportHandler(options.handler),
  };
  return async (req, res) => {
    let id: Id = null;
    let streams = false;
    let isNotification = false;
    try {
      assertJson(req);
      const envelope = toEnvelope(parseBody(req));
      ({ id, isNotification } = envelope);
      const generation = generationOf(req);
      streams = isStreaming(envelope.method, generation);
      const params = checkEnvelope(envelope, generation);
      const call = openCall(req, res, { generation, options });
      const context = openContext(req, call);
      const dispatch = dispatchers[generation].handle({ ...envelope.body, params }, context);
      const answer = (await dispatch) as Answer;
      if (Symbol.asyncIterator in answer) {
        await sendStream(res, answer as AsyncGenerator<Record<string, unknown>>, { id, call });
      } else if (envelope.isNotification) res.status(204).end();
      else sendAnswer(res, id, answer, call);
    } catch (err) {
      const said = toFault(err, 'other');
      if (said.httpStatus === 500) options.onError(err);
      // JSON-RPC 2.0 §4.1: a notification is not answered, whatever came of it.
      if (isNotification && said.retryAfterS === undefined) {
        res.status(204).end();
        return;
      }
      sendRefusal(res, { id: err instanceof InvalidEnvelope ? err.id : id, said, streams });
    }
  };
}

function assertJson(req: Request): void {
  const mediaType = mediaTypeOf(req);
  if (mediaType === '' || mediaType === 'application/json') return;
  throw new FaultError('contentTypeNotSupported', `Content-Type must be application/json`);
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
  if (typeof id !== 'string' && !Number.isInteger(id) && id !== null) {
    throw new FaultError('invalidRequest', 'id must be a string, an integer or null');
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
function checkEnvelope({ method, body }: Envelope, generation: Generation): unknown {
  if (!METHODS[generation].has(method)) {
    const other = generation === '1.0' ? '0.3' : '1.0';
    const hint = METHODS[other].has(method)
      ? `; it belongs to A2A ${other}: send the header A2A-Version: ${other}`
      : '';
    throw new FaultError('methodNotFound', `there is no method ${JSON.stringify(method)}${hint}`);
  }
  const params = body['params'] ?? {};
  checkParams(method, params);
  return generation === '0.3' ? mendLegacyRequest(method, params) : params;
}

function openCall(
  req: Request,
  res: Response,
  { generation, options }: { generation: Generation; options: EdgeOptions },
): Call {
  const signal = untilClosed(res, options.closing);
  const caller = { scope: options.scopeOf(req), signal };
  return new Call({ caller, generation, ...cursorOf(req), ...idempotencyKeyOf(req) });
}

function openContext(req: Request, call: Call): ServerCallContext {
  const extensions = req.get('A2A-Extensions') ?? req.get('X-A2A-Extensions');
  return new ServerCallContext({
    user: call,
    requestedVersion: call.generation,
    requestedExtensions: Extensions.parseServiceParameter(extensions),
  });
}

function sendAnswer(res: Response, id: Id, answer: Record<string, unknown>, call: Call): void {
  if (call.fault === undefined && answer['error'] === undefined) {
    res.json(answer);
    return;
  }
  const said = call.fault ?? fromJsonRpcError(answer['error']);
  sendRefusal(res, { id, said, streams: false });
}

async function sendStream(
  res: Response,
  answers: AsyncGenerator<Record<string, unknown>>,
  { id, call }: { id: Id; call: Call },
): Promise<void> {
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
      sendRefusal(res, { id, said, streams: true });
      return;
    }
    sse.write({ data: JSON.stringify(refusal(id, said)) });
  }
  sse.end();
}

interface Refusal {
  readonly id: Id;
  readonly said: Fault;
  readonly streams: boolean;
}

/**
 * A refused stream is answered as a stream of one frame: a client that waits for events sees a
 * plain JSON answer as an empty stream. Only an engine that is down is told by the HTTP status.
 */
function sendRefusal(res: Response, { id, said, streams }: Refusal): void {
  if (said.retryAfterS !== undefined) res.set('Retry-After', String(said.retryAfterS));
  if (streams && said.retryAfterS === undefined) {
    const sse = new SseResponse(res, { writes: 'per-event' });
    sse.open();
    sse.write({ data: JSON.stringify(refusal(id, said)) });
    sse.end();
    return;
  }
  res.status(httpStatusOf(said)).json(refusal(id, said));
}

function refusal(id: Id, said: Fault): Record<string, unknown> {
  return { jsonrpc: '2.0', id, error: toJsonRpcError(said) };
}

/** JSON-RPC reports in the body; the status speaks only of what is wrong with HTTP or the server. */
function httpStatusOf({ httpStatus }: Fault): number {
  return httpStatus >= 500 || httpStatus === 413 || httpStatus === 415 ? httpStatus : 200;
}
