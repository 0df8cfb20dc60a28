// Serves the content of one stored part of one task, to whoever may read the task (D9).

import type { Request, RequestHandler, Response } from 'express';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { STORED_PARTS_PATH } from '../a2a/part-restorer';
import type { PartStore, PartStores } from '../storage/part-store';
import { codeOf } from '../storage/store-fault';
import { workflowIdOf, type TaskRef } from '../temporal/tasks';
import type { Scope, StoredPart, Task } from '../workflows/task';
import { rangeOf, type Range } from './byte-range';
import type { TaskService } from './task-service';
import { FaultError, toFault } from './wire/error-table';
import { REQUESTS, checkRequest } from './wire/request-schemas';
import { sendFault } from './rest';
import { tenantOf } from './tenant';

/** Those of the default tenant, and of any. */
export const STORED_PART_PATHS = ['', '/:tenant'].map(
  (tenant) => `${tenant}${STORED_PARTS_PATH}/:taskId/:digest`,
);

/** What a header can carry; the media type of a part is whatever the skill or the client said. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\t\x20-\x7e]*)?$/;
const ANY_MEDIA_TYPE = 'application/octet-stream';

/** A digest names the same bytes for ever; whoever else asks has to be allowed to read the task. */
const CACHE_CONTROL = 'private, max-age=31536000, immutable';

interface RouteOptions {
  readonly service: TaskService;
  readonly stores: PartStores;
  readonly scopeOf: (req: Request, tenant: string) => Scope;
  readonly onError: (err: unknown) => void;
}

export function serveStoredPart(options: RouteOptions): RequestHandler {
  return async (req, res, next) => {
    const { tenant, taskId = '', digest = '' } = req.params as Params;
    // No id of a task, but what comes next in the paths of the tenant `parts`.
    if (taskId === 'tasks') {
      next();
      return;
    }
    try {
      const scope = options.scopeOf(req, tenantOf({ path: tenant }));
      await send(req, res, await find(options, { scope, taskId }, digest));
    } catch (err) {
      refuse(res, err, options.onError);
    }
  };
}

type Params = Readonly<Record<string, string | undefined>>;

interface Found {
  readonly part: StoredPart;
  readonly store: PartStore;
  /** In bytes. */
  readonly size: number;
}

/** @throws FaultError `taskNotFound` for a part that is not the task's; what reading the task throws. */
async function find(
  { service, stores }: RouteOptions,
  ref: TaskRef,
  digest: string,
): Promise<Found> {
  checkRequest(REQUESTS.taskId, { id: ref.taskId });
  const signal = new AbortController().signal;
  const task = await service.get({ scope: ref.scope, signal }, ref.taskId);
  const part = storedParts(task).find((stored) => stored.ref.digest === digest);
  const store = stores.of(workflowIdOf(ref));
  const size = part && (await store.size(digest));
  if (part === undefined || size === undefined) {
    throw new FaultError('taskNotFound', 'the task has no such stored part');
  }
  return { part, store, size };
}

/** RFC 9110: conditions first, then a range. @throws FaultError `preconditionFailed`, `rangeNotSatisfiable`. */
async function send(req: Request, res: Response, { part, store, size }: Found): Promise<void> {
  const { digest } = part.ref;
  const etag = `"${digest}"`;
  if (!isMatch(req.get('If-Match'), etag)) {
    throw new FaultError('preconditionFailed', 'If-Match: the part has another ETag');
  }
  res.set({ ETag: etag, 'Cache-Control': CACHE_CONTROL, 'Accept-Ranges': 'bytes' });
  if (req.fresh) {
    res.status(304).end();
    return;
  }
  const range = rangeOf(req, { etag, size });
  if (range === 'unsatisfiable') {
    res.set('Content-Range', `bytes */${size}`);
    throw new FaultError('rangeNotSatisfiable', `Range: the part has ${size} bytes`);
  }
  setContentHeaders(res, { part, size, range });
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  const content = store.stream(digest, range);
  // What fails at once can still be told.
  await once(content, 'readable');
  await pipeline(content, res);
}

function setContentHeaders(
  res: Response,
  { part, size, range }: Pick<Found, 'part' | 'size'> & { readonly range: Range | undefined },
): void {
  res.set({
    'Content-Type': contentTypeOf(part),
    'Content-Length': String(range === undefined ? size : range.end - range.start + 1),
    // What a task holds is not ours: a browser is to save it, never to run it.
    'Content-Disposition': 'attachment',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  });
  if (range === undefined) return;
  res.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
}

function isMatch(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return true;
  return condition.split(',').some((tag) => [etag, '*'].includes(tag.trim()));
}

function refuse(res: Response, err: unknown, onError: (err: unknown) => void): void {
  if (res.headersSent) {
    // The client sees an answer that breaks off; only of its own leaving there is nothing to say.
    if (!hasLeft(err)) onError(err);
    res.destroy();
    return;
  }
  const said = toFault(err, 'other');
  if (said.httpStatus === 500) onError(err);
  for (const name of OF_CONTENT) res.removeHeader(name);
  sendFault(res, said, false);
}

/** An error must not be kept in the place of the part. */
const OF_CONTENT = ['ETag', 'Cache-Control', 'Content-Length', 'Content-Disposition'];

function hasLeft(err: unknown): boolean {
  return codeOf(err) === 'ERR_STREAM_PREMATURE_CLOSE';
}

function contentTypeOf({ mediaType = '' }: StoredPart): string {
  return MEDIA_TYPE.test(mediaType) ? mediaType : ANY_MEDIA_TYPE;
}

function storedParts(task: Task): readonly StoredPart[] {
  const messages = [...task.history, ...(task.status.message ? [task.status.message] : [])];
  const parts = [...task.artifacts, ...messages].flatMap((holder) => holder.parts);
  return parts.filter((part) => 'ref' in part);
}
