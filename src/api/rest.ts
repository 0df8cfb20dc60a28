// The REST edge of both generations: checks and mends around the SDK's router (A2A §11, 0.3 §3.2.3).

import { A2A_CONTENT_TYPE } from '@a2a-js/sdk';
import type { User } from '@a2a-js/sdk/server';
import { restHandler } from '@a2a-js/sdk/server/express';
import express, { type Request, type Response, type Router } from 'express';
import { assertKeys, parseBody } from './body';
import {
  assertExtensions,
  cursorOf,
  extensionsEcho,
  generationOf,
  hasVersion,
  idempotencyKeyOf,
  mediaTypeOf,
} from './call-headers';
import type { EdgeOptions } from './jsonrpc';
import {
  assertMethod,
  checkAddress,
  checkBody,
  lostBySdk,
  routeOf,
  routeTenant,
  type Route,
} from './rest-route';
import { SseResponse } from './sse';
import { Call, untilOver, withList } from './wire/call';
import {
  FaultError,
  fault,
  fromRestError,
  toFault,
  toLegacyRestError,
  toRestError,
  type Fault,
} from './wire/error-table';
import { mendLegacyRestEvent } from './wire/legacy';
import { hasPartDetails, mendLegacyParts } from './wire/legacy-parts';
import { assertNoPush } from './wire/methods';

export function restEdge(options: EdgeOptions): Router {
  const router = express.Router();
  router.use((req, res, next) => {
    const route = routeOf(req);
    if (route === undefined) {
      next('router');
      return;
    }
    try {
      prepare(req, res, { route, options });
      next();
    } catch (err) {
      const said = toFault(err, 'other');
      if (said.httpStatus === 500) options.onError(err);
      sendFault(res, said, route.isLegacy);
    }
  });
  router.use(
    restHandler({
      requestHandler: options.handler,
      userBuilder: (req) => Promise.resolve(callOf(req.res)),
      legacyCompat: { enabled: true },
    }),
  );
  return router;
}

export function sendFault(res: Response, said: Fault, isLegacy: boolean): void {
  if (said.retryAfterS !== undefined) res.set('Retry-After', String(said.retryAfterS));
  res.status(said.httpStatus);
  res.type('application/json');
  res.send(JSON.stringify(isLegacy ? toLegacyRestError(said) : toRestError(said)));
}

interface Preparation {
  readonly route: Route;
  readonly options: EdgeOptions;
}

function prepare(req: Request, res: Response, { route, options }: Preparation): void {
  const generation = hasVersion(req) ? generationOf(req) : route.isLegacy ? '0.3' : '1.0';
  // The SDK compares the version literally and knows the header only.
  req.headers['a2a-version'] = generation;
  res.set(extensionsEcho(req, generation, options.offer));
  assertExtensions(req, generation, options.offer);
  assertMethod(req, res, route);
  assertJson(req);
  if (!options.offer.hasPush) assertNoPush(route.path);
  const body = parseBody(req);
  assertKeys(req, body);
  req.body = checkBody(req, body ?? {}, route);
  checkAddress(req, route);
  const tenant = routeTenant(req, route, body);
  const signal = untilOver(res, 'close', options.closing);
  const call = new Call({
    caller: { scope: options.scopeOf(req, tenant), signal },
    generation,
    ...cursorOf(req),
    ...idempotencyKeyOf(req),
    ...lostBySdk(req, route),
  });
  res.locals['call'] = call;
  mendAnswers(req, res, { call, isLegacy: route.isLegacy });
  mendStream(res, call, { isAskedFor: route.path === 'message:stream' });
}

function callOf(res: Response | undefined): User {
  const call: unknown = res?.locals['call'];
  if (call instanceof Call) return call;
  throw new Error('a request without its call');
}

function assertJson(req: Request): void {
  const mediaType = mediaTypeOf(req);
  if (['', 'application/json', A2A_CONTENT_TYPE].includes(mediaType)) return;
  throw new FaultError(
    'requestTypeNotSupported',
    `Content-Type must be application/json or ${A2A_CONTENT_TYPE}`,
  );
}

/** Every answer leaves through here: errors from our table, and the content type that was asked for. */
function mendAnswers(
  req: Request,
  res: Response,
  { call, isLegacy }: { readonly call: Call; readonly isLegacy: boolean },
): void {
  const isA2aJson =
    mediaTypeOf(req) === A2A_CONTENT_TYPE || (req.get('Accept') ?? '').includes(A2A_CONTENT_TYPE);
  const end = res.end.bind(res);
  // What a delete answers; an official client wants JSON.
  res.end = ((...args: never[]) => {
    if (res.statusCode !== 204) return end(...args);
    return res.status(200).json({});
  }) as Response['end'];
  res.json = (body: unknown) => {
    const said = call.fault ?? unexpected(res, body);
    if (said !== undefined) {
      sendFault(res, said, isLegacy);
      return res;
    }
    // 0.3 has no 201, which the SDK answers a send with; an official client takes it for an error.
    if (res.statusCode === 201) res.status(200);
    if (isLegacy && call.said !== undefined) mendLegacyParts(body, call.said);
    res.type(isA2aJson && !isLegacy ? A2A_CONTENT_TYPE : 'application/json');
    return res.send(JSON.stringify(call.card ?? withList(body, call)));
  };
}

/** What the SDK refuses by itself; a failure of its own would tell too much. */
function unexpected(res: Response, body: unknown): Fault | undefined {
  return res.statusCode < 400 ? undefined : fromRestError(body);
}

/** Puts ids, keep-alive and backpressure behind what the SDK writes as a stream. */
function mendStream(
  res: Response,
  call: Call,
  { isAskedFor }: { readonly isAskedFor: boolean },
): void {
  const sse = new SseResponse(res, { writes: 'coalesced' });
  if (isAskedFor) openInTime(res, sse, call);
  const write = res.write.bind(res);
  const end = res.end.bind(res);
  const isStream = (): boolean =>
    String(res.getHeader('Content-Type') ?? '').startsWith('text/event-stream');
  call.ready = () => sse.ready();
  call.tellsLateFaults = true;
  res.write = ((chunk: string, ...rest: never[]) => {
    const frame = isStream() ? /^(?:event: (error)\n)?data: (.*)\n\n$/s.exec(chunk) : null;
    if (frame === null) return write(chunk, ...rest);
    sse.open();
    const [, event, data = ''] = frame;
    const number = call.frameId === undefined ? {} : { id: call.frameId };
    if (event === 'error') sse.write({ data: faultOf(call), event: 'error' });
    else sse.write({ data: mendData(call, data), ...number });
    return true;
  }) as Response['write'];
  res.end = ((...args: never[]) => {
    if (!isStream()) return end(...args);
    if (call.hasBegun && call.fault !== undefined) {
      sse.write({ data: faultOf(call), event: 'error' });
    }
    sse.end();
    return res;
  }) as Response['end'];
}

/** The SDK sets headers and refuses by status with its first event, when they may have left already. */
function openInTime(res: Response, sse: SseResponse, call: Call): void {
  const setHeader = res.setHeader.bind(res);
  const json = res.json.bind(res);
  res.setHeader = (...args) => (res.headersSent ? res : setHeader(...args));
  res.json = (body: unknown) => {
    if (!res.headersSent) return json(body);
    sse.write({ data: faultOf(call), event: 'error' });
    sse.end();
    return res;
  };
  sse.openInTime();
}

function mendData(call: Call, data: string): string {
  const { generation, said } = call;
  if (generation !== '0.3') return data;
  const details = said !== undefined && hasPartDetails(said);
  if (!details && !data.includes('TASK_STATE_INPUT_REQUIRED')) return data;
  const event: unknown = JSON.parse(data);
  if (details) mendLegacyParts(event, said);
  return JSON.stringify(mendLegacyRestEvent(event));
}

function faultOf(call: Call): string {
  const said = call.fault ?? fault('internal', 'internal error');
  return JSON.stringify(call.generation === '0.3' ? toLegacyRestError(said) : toRestError(said));
}
