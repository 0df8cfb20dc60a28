// Our operations on deliveries of push notifications: how far they are, and sending again from any event.

import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { z } from 'zod';
import type { PushDelivery } from '../temporal/push-configs';
import { noSuchConfig } from '../temporal/push-configs';
import type { TaskRef } from '../temporal/tasks';
import type { Scope } from '../workflows/task';
import { assertKeys, parseBody } from './body';
import { sendFault } from './rest';
import { tenantOf } from './tenant';
import type { Webhooks } from './webhooks';
import { FaultError, toFault } from './wire/error-table';
import { PUSH_REQUESTS } from './wire/push-schemas';
import { checkRequest } from './wire/request-schemas';

/** With or without a tenant before them, as the paths of REST. */
const PREFIXES = ['', '/:tenant'];
const DELIVERIES = '/tasks/:taskId/pushNotificationDeliveries';
const REDELIVER = '/tasks/:taskId/pushNotificationConfigs/:id\\:redeliver';

const redelivery = z.strictObject({ after: z.int().min(0) });

export interface DeliveriesOptions {
  readonly webhooks: Webhooks;
  readonly scopeOf: (req: Request, tenant: string) => Scope;
  readonly onError: (err: unknown) => void;
}

export function deliveriesRouter({ webhooks, scopeOf, onError }: DeliveriesOptions): Router {
  const answering =
    (answer: (req: Request) => Promise<unknown>): RequestHandler =>
    async (req, res) => {
      try {
        res.json(await answer(req));
      } catch (err) {
        refuse(res, err, onError);
      }
    };
  const refOf = (req: Request): TaskRef => {
    const { tenant: path, taskId } = idsOf(req);
    return { scope: scopeOf(req, tenantOf({ path, query: req.query })), taskId };
  };
  const router = express.Router();
  router.get(
    PREFIXES.map((prefix) => prefix + DELIVERIES),
    answering(async (req) => {
      checkRequest(PUSH_REQUESTS.list, idsOf(req));
      const deliveries = await webhooks.deliveries(refOf(req));
      return { deliveries: deliveries.map(toWireDelivery) };
    }),
  );
  router.post(
    PREFIXES.map((prefix) => prefix + REDELIVER),
    answering(async (req) => {
      const { id } = idsOf(req);
      checkRequest(PUSH_REQUESTS.one, idsOf(req));
      await webhooks.redeliver(refOf(req), id, afterOf(req));
      const found = (await webhooks.deliveries(refOf(req))).find(({ config }) => config.id === id);
      if (found === undefined) throw noSuchConfig();
      return toWireDelivery(found);
    }),
  );
  return router;
}

interface Ids {
  readonly tenant: string | undefined;
  readonly taskId: string;
  readonly id: string;
}

function idsOf(req: Request): Ids {
  const { tenant, taskId = '', id = '' } = req.params as Record<string, string | undefined>;
  return { tenant, taskId, id };
}

function afterOf(req: Request): number {
  const body = parseBody(req);
  assertKeys(req, body);
  const checked = redelivery.safeParse(body);
  if (checked.success) return checked.data.after;
  throw new FaultError('invalidParams', 'after: must be the number of an event, or 0 for all');
}

function toWireDelivery({ config, progress }: PushDelivery): Record<string, unknown> {
  const { state, cursor, failures, lastError, nextAttemptAt } = progress;
  return {
    configId: config.id,
    url: config.url,
    state,
    delivered: cursor,
    failures,
    ...(lastError === undefined ? {} : { lastError }),
    ...(nextAttemptAt === undefined
      ? {}
      : { nextAttemptAt: new Date(nextAttemptAt).toISOString() }),
  };
}

function refuse(res: Response, err: unknown, onError: (err: unknown) => void): void {
  const said = toFault(err, 'other');
  if (said.httpStatus === 500) onError(err);
  sendFault(res, said, false);
}
