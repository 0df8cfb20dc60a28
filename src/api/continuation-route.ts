// Where a task that waits for credentials is told that they are there: by a browser that comes back from
// where they were given (GET), or by a backend (POST). The address is the right to do it.

import type { RequestHandler, Response } from 'express';
import type { Continuation, Continuations } from '../temporal/continuations';
import { TaskError, TaskErrorReason } from '../temporal/task-error';

export interface ContinuationRouteOptions extends Continuations {
  readonly onError: (err: unknown) => void;
}

interface Outcome {
  readonly status: 200 | 404 | 405 | 410 | 500 | 503;
  /** For programs. */
  readonly code: string;
  /** For people; plain text without markup. */
  readonly text: string;
}

const OUTCOMES = {
  continued: { status: 200, text: 'Thank you. The task goes on; you can close this page.' },
  'continued-before': { status: 200, text: 'The task was told before and has gone on.' },
  unknown: { status: 404, text: 'There is nothing at this address.' },
  gone: {
    status: 410,
    text: 'The task does not wait for this any more: it has moved on, or has ended.',
  },
  unavailable: { status: 503, text: 'The task cannot be told at the moment. Please try again.' },
  prefetched: { status: 503, text: 'Please open this page yourself.' },
  failed: { status: 500, text: 'Something went wrong.' },
} as const satisfies Record<string, Omit<Outcome, 'code'>>;

/** Shorter ones may be a path of a tenant who is called like this. */
const TOKEN = /^[\w-]{40,}$/;

/** As for other requests while Temporal or the workers are away. */
const RETRY_AFTER_S = 2;

/** How browsers and proxies say that nobody has opened the page yet. */
const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const;

/**
 * Neither the query nor the body is looked at: what a client shows here would end up in the task's
 * history. HEAD tells whether the address is one and continues nothing, nor does a prefetch.
 */
export function continuationRoute(options: ContinuationRouteOptions): RequestHandler {
  return async (req, res, next) => {
    const { token = '' } = req.params as { readonly token?: string };
    if (!TOKEN.test(token)) {
      next();
      return;
    }
    if (!['GET', 'HEAD', 'POST'].includes(req.method)) {
      res.set('Allow', 'GET, HEAD, POST').status(405).end();
      return;
    }
    const continuation = options.read(token);
    if (continuation === undefined) answer(res, 'unknown');
    else if (req.method === 'HEAD') res.set(PAGE_HEADERS).end();
    else if (PREFETCH_HEADERS.some((name) => req.headers[name] !== undefined)) {
      answer(res, 'prefetched');
    } else answer(res, await outcomeOf(continuation, options));
  };
}

async function outcomeOf(
  continuation: Continuation,
  { proceed, onError }: ContinuationRouteOptions,
): Promise<keyof typeof OUTCOMES> {
  try {
    return await proceed(continuation);
  } catch (err) {
    const outcome = err instanceof TaskError ? REFUSALS[err.reason] : undefined;
    if (outcome === undefined) onError(err);
    return outcome ?? 'failed';
  }
}

const REFUSALS: Readonly<Partial<Record<TaskErrorReason, keyof typeof OUTCOMES>>> = {
  [TaskErrorReason.notFound]: 'gone',
  [TaskErrorReason.over]: 'gone',
  [TaskErrorReason.answered]: 'gone',
  [TaskErrorReason.full]: 'gone',
  [TaskErrorReason.busy]: 'unavailable',
  [TaskErrorReason.unavailable]: 'unavailable',
};

/** The address must not leak: neither to where a page leads, nor into a cache. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex',
} as const;

function answer(res: Response, code: keyof typeof OUTCOMES): void {
  const { status, text } = OUTCOMES[code];
  res.set(PAGE_HEADERS).status(status);
  if (status === 503) res.set('Retry-After', String(RETRY_AFTER_S));
  if (res.req.method === 'GET') res.type('html').send(pageOf(text));
  else res.json({ status: code, message: text });
}

function pageOf(text: string): string {
  return `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Task</title><p>${text}</p></html>\n`;
}
