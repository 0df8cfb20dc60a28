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
import { SseResponse } from './sse';
import { tenantOf } from './tenant';
import { Call, untilOver, withList, type CallOptions } from './wire/call';
import {
  FaultError,
  fault,
  fromRestError,
  toFault,
  toLegacyRestError,
  toRestError,
  type Fault,
} from './wire/error-table';
import { mendLegacyRestConfig, mendLegacyRestEvent, mendLegacyRestSend } from './wire/legacy';
import { hasPartDetails, legacyPartDetails, mendLegacyParts } from './wire/legacy-parts';
import { assertNoPush } from './wire/methods';
import { PUSH_REQUESTS } from './wire/push-schemas';
import { REQUESTS, checkRequest } from './wire/request-schemas';
import { inCamelCase } from './wire/spelling';
import { DEFAULT_TENANT, type JsonObject } from '../workflows/task';

/** The paths of this binding, with or without a tenant before them; `/v1` is 0.3, `/tasks` is no tenant. */
const ROUTE =
  /^(?:\/(?!tasks\/)(?<prefix>[^/]+))?\/(?<path>message:(?:send|stream)|tasks(?:\/[^/]+(?:\/pushNotificationConfigs(?:\/[^/]+)?)?)?|extendedAgentCard)\/?$/;

const READS: readonly string[] = ['GET', 'HEAD'];

/** Paths without prefix, the first that fits. */
const METHODS: readonly { readonly path: RegExp; readonly methods: readonly string[] }[] = [
  { path: /^message:/, methods: ['POST'] },
  { path: /^tasks\/[^/]+:cancel$/, methods: ['POST'] },
  { path: /^tasks\/[^/]+:subscribe$/, methods: ['GET', 'POST'] },
  { path: /^tasks\/[^/]+\/pushNotificationConfigs$/, methods: [...READS, 'POST'] },
  { path: /^tasks\/[^/]+\/pushNotificationConfigs\/[^/]+$/, methods: [...READS, 'DELETE'] },
  { path: /^(?:tasks(?:\/[^/]+)?|extendedAgentCard)$/, methods: READS },
];

interface Route {
  readonly isLegacy: boolean;
  /** What comes before it, as it stands: of 1.0 the tenant. */
  readonly prefix: string | undefined;
  /** Without prefix: `message:send`, `tasks`, `tasks/<id>:cancel` … */
  readonly path: string;
}

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

function routeOf(req: Request): Route | undefined {
  const { prefix, path } = ROUTE.exec(req.path)?.groups ?? {};
  if (path === undefined) return undefined;
  return { isLegacy: prefix === 'v1' && !isV1(req), prefix, path };
}

function isV1(req: Request): boolean {
  return hasVersion(req) && generationOf(req) === '1.0';
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
  checkIds(route);
  checkQuery(req, route);
  const tenant = routeTenant(req, route, body);
  const signal = untilOver(res, 'close', options.closing);
  const call = new Call({
    caller: { scope: options.scopeOf(req, tenant), signal },
    generation,
    ...cursorOf(req),
    ...idempotencyKeyOf(req),
    ...pageOf(req, route),
    ...partDetailsOf(req, route),
    ...cancelMetadataOf(req, route),
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

/** The SDK's router would look for another route, and take the path for one with a tenant. */
function assertMethod(req: Request, res: Response, { path }: Route): void {
  const methods = METHODS.find((operation) => operation.path.test(path))?.methods;
  if (methods === undefined || methods.includes(req.method)) return;
  res.set('Allow', methods.join(', '));
  throw new FaultError('methodNotAllowed', `${req.method} is not for this address`);
}

function checkIds({ path }: Route): void {
  const [, text] = /^tasks\/([^/]+?)(?::(?:cancel|subscribe))?$/.exec(path) ?? [];
  if (text !== undefined) checkRequest(REQUESTS.taskId, { id: decoded(text) });
  const [, taskId, id] = PUSH_CONFIGS.exec(path) ?? [];
  if (taskId === undefined) return;
  const ids = { taskId: decoded(taskId), ...(id === undefined ? {} : { id: decoded(id) }) };
  checkRequest(id === undefined ? PUSH_REQUESTS.list : PUSH_REQUESTS.one, ids);
}

const PUSH_CONFIGS = /^tasks\/([^/]+)\/pushNotificationConfigs(?:\/([^/]+))?$/;

/** 0.3 has no tenants. */
function routeTenant(req: Request, { isLegacy, prefix }: Route, params: unknown): string {
  if (isLegacy) return DEFAULT_TENANT;
  return tenantOf({ path: prefix && decoded(prefix), query: req.query, params });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new FaultError('invalidRequest', 'the path is not valid');
  }
}

function checkBody(req: Request, body: unknown, { path, isLegacy }: Route): unknown {
  const [, taskId] = PUSH_CONFIGS.exec(path) ?? [];
  if (taskId !== undefined && req.method === 'POST') return checkConfig(body, taskId, isLegacy);
  if (!path.startsWith('message:')) {
    checkRequest(REQUESTS.actionBody, body);
    return body;
  }
  const sent = isLegacy ? mendLegacyRestSend(body) : inCamelCase(body);
  checkRequest(isLegacy ? REQUESTS.legacyRestSend : REQUESTS.sendMessage, sent);
  return sent;
}

function checkConfig(body: unknown, taskId: string, isLegacy: boolean): unknown {
  const sent = isLegacy ? mendLegacyRestConfig(body, decoded(taskId)) : body;
  checkRequest(isLegacy ? PUSH_REQUESTS.legacyRestSet : PUSH_REQUESTS.config, sent);
  return sent;
}

/** The SDK lists without a look at the paging. */
function pageOf(req: Request, { path, isLegacy }: Route): Pick<CallOptions, 'page'> {
  if (isLegacy || req.method === 'POST' || !PUSH_CONFIGS.test(path)) return {};
  const { pageSize, pageToken } = req.query;
  checkRequest(REQUESTS.listTasksQuery, { pageSize, pageToken });
  return {
    page: {
      ...(pageSize ? { size: Number(pageSize) } : {}),
      ...(typeof pageToken === 'string' ? { token: pageToken } : {}),
    },
  };
}

function partDetailsOf(req: Request, { path, isLegacy }: Route): Pick<CallOptions, 'partDetails'> {
  return isLegacy && path.startsWith('message:')
    ? { partDetails: legacyPartDetails(req.body) }
    : {};
}

function cancelMetadataOf(req: Request, { path }: Route): Pick<CallOptions, 'metadata'> {
  const { metadata } = req.body as { readonly metadata?: JsonObject | null };
  return path.endsWith(':cancel') && metadata ? { metadata } : {};
}

function checkQuery(req: Request, { path }: Route): void {
  if (!READS.includes(req.method)) return;
  if (path === 'tasks') checkRequest(REQUESTS.listTasksQuery, req.query);
  else checkRequest(REQUESTS.getTaskQuery, req.query);
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
