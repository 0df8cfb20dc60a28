// Serves the content of one stored part of one task, to whoever may read the task (D9).

import type { Request, RequestHandler } from 'express';
import { pipeline } from 'node:stream/promises';
import { STORED_PARTS_PATH } from '../a2a/part-restorer';
import type { PartStore } from '../storage/part-store';
import type { Part, Scope, Task } from '../workflows/task';
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

export function serveStoredPart(options: {
  readonly service: TaskService;
  readonly store: PartStore;
  readonly scopeOf: (req: Request, tenant: string) => Scope;
  readonly onError: (err: unknown) => void;
}): RequestHandler {
  const { service, store, scopeOf, onError } = options;
  return async (req, res, next) => {
    const { tenant, taskId = '', digest = '' } = req.params as Params;
    // No id of a task, but what comes next in the paths of the tenant `parts`.
    if (taskId === 'tasks') {
      next();
      return;
    }
    try {
      const scope = scopeOf(req, tenantOf({ path: tenant }));
      checkRequest(REQUESTS.taskId, { id: taskId });
      const signal = new AbortController().signal;
      const task = await service.get({ scope, signal }, taskId);
      const part = storedParts(task).find(({ ref }) => ref.digest === digest);
      const size = part && (await store.size(digest));
      if (part === undefined || size === undefined) {
        throw new FaultError('taskNotFound', 'the task has no such stored part');
      }
      res.set({
        'Content-Type': contentTypeOf(part),
        'Content-Length': String(size),
        // What a task holds is not ours: a browser is to save it, never to run it.
        'Content-Disposition': 'attachment',
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': "default-src 'none'; sandbox",
      });
      await pipeline(store.stream(digest), res);
    } catch (err) {
      if (res.headersSent) {
        res.destroy();
        return;
      }
      const said = toFault(err, 'other');
      if (said.httpStatus === 500) onError(err);
      sendFault(res, said, false);
    }
  };
}

type Params = Readonly<Record<string, string | undefined>>;

type StoredPart = Extract<Part, { ref: unknown }>;

function contentTypeOf({ mediaType = '' }: StoredPart): string {
  return MEDIA_TYPE.test(mediaType) ? mediaType : ANY_MEDIA_TYPE;
}

function storedParts(task: Task): readonly StoredPart[] {
  const messages = [...task.history, ...(task.status.message ? [task.status.message] : [])];
  const parts = [...task.artifacts, ...messages].flatMap((holder) => holder.parts);
  return parts.filter((part) => 'ref' in part);
}
