// What a REST request asks for: its route, and what the route makes of path, query and body (A2A §11).

import type { Request, Response } from 'express';
import { DEFAULT_TENANT, type JsonObject } from '../workflows/task';
import { generationOf, hasVersion } from './call-headers';
import { tenantOf } from './tenant';
import type { CallOptions } from './wire/call';
import { FaultError } from './wire/error-table';
import { mendLegacyRestConfig, mendLegacyRestSend } from './wire/legacy';
import { legacyPartDetails } from './wire/legacy-parts';
import { PUSH_REQUESTS } from './wire/push-schemas';
import { REQUESTS, checkRequest } from './wire/request-schemas';
import { inCamelCase } from './wire/spelling';

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

export interface Route {
  readonly isLegacy: boolean;
  /** What comes before it, as it stands: of 1.0 the tenant. */
  readonly prefix: string | undefined;
  /** Without prefix: `message:send`, `tasks`, `tasks/<id>:cancel` … */
  readonly path: string;
}

/** Undefined for a path that is not of this binding. */
export function routeOf(req: Request): Route | undefined {
  const { prefix, path } = ROUTE.exec(req.path)?.groups ?? {};
  if (path === undefined) return undefined;
  return { isLegacy: prefix === 'v1' && !isV1(req), prefix, path };
}

function isV1(req: Request): boolean {
  return hasVersion(req) && generationOf(req) === '1.0';
}

/** The SDK's router would look for another route, and take the path for one with a tenant. */
export function assertMethod(req: Request, res: Response, { path }: Route): void {
  const methods = METHODS.find((operation) => operation.path.test(path))?.methods;
  if (methods === undefined || methods.includes(req.method)) return;
  res.set('Allow', methods.join(', '));
  throw new FaultError('methodNotAllowed', `${req.method} is not for this address`);
}

/** @throws FaultError `invalidParams` for ids in the path or a query that cannot be right. */
export function checkAddress(req: Request, route: Route): void {
  checkIds(route);
  checkQuery(req, route);
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
export function routeTenant(req: Request, { isLegacy, prefix }: Route, params: unknown): string {
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

/** The body as the SDK's router is to have it. @throws FaultError `invalidParams`. */
export function checkBody(req: Request, body: unknown, { path, isLegacy }: Route): unknown {
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

/** What the SDK's router would lose. The body has been checked. */
export function lostBySdk(req: Request, route: Route): LostBySdk {
  return { ...pageOf(req, route), ...partDetailsOf(req, route), ...cancelMetadataOf(req, route) };
}

type LostBySdk = Pick<CallOptions, 'page' | 'partDetails' | 'metadata'>;

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
