// The gateway: every HTTP route in one place and the gRPC server beside them, over ready-made parts.
// It opens nothing but its ports.

import express, { type ErrorRequestHandler, type Express } from 'express';
import { setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { PartStores } from '../storage/part-store';
import { CONTINUATIONS_PATH, type Continuations } from '../temporal/continuations';
import type { Scope } from '../workflows/task';
import { addressGuard } from './address-guard';
import { rawBody } from './body';
import { AGENT_CARD_PATH, cardRouter } from './card/card-route';
import type { Cards } from './card/cards';
import { deliveriesRouter } from './deliveries-route';
import { partSize } from './grpc/part-size';
import { createGrpcServer, type GrpcServer } from './grpc/server';
import { jsonRpcEdge, sendRefusal, speaksLegacy } from './jsonrpc';
import { continuationRoute } from './continuation-route';
import { listen } from './listen';
import { offerOf } from './offer';
import { FRAME_RESTORE_BYTES, createPartRestorer } from '../a2a/part-restorer';
import { restEdge, sendFault } from './rest';
import { STORED_PART_PATHS, serveStoredPart } from './stored-part-route';
import type { TaskService } from './task-service';
import type { Webhooks } from './webhooks';
import { refuseUnreadable } from './unreadable';
import { FaultError, fault, toFault, type Fault } from './wire/error-table';
import { RequestHandler } from './wire/request-handler';

export interface GatewayOptions {
  readonly service: TaskService;
  readonly stores: PartStores;
  /** Absent: push notifications are switched off. */
  readonly webhooks?: Webhooks;
  /** How tasks are continued without their clients. */
  readonly continuations: Continuations;
  readonly cards: Cards;
  /** Without a trailing slash; where clients reach this gateway. */
  readonly publicUrl: string;
  /** By which names it may be called besides that; see `AddressGuardOptions`. */
  readonly allowedHosts: readonly string[];
  readonly maxBodyBytes: number;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Whether Temporal answers. */
  readonly isReady: () => Promise<boolean>;
}

export interface Ports {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Absent: gRPC is not served. */
  readonly grpcPort?: number;
}

export interface Gateway {
  /** Resolves with the port that was bound for HTTP. Rejects when one is taken. */
  listen(ports: Ports): Promise<number>;
  /** Ends open streams properly and resolves when every connection is closed. */
  close(): Promise<void>;
}

/** Slow headers hold a socket, not a task. */
const HEADERS_TIMEOUT_MS = 10_000;
/** A body of 10 MiB over a slow line; a stream's answer is not bound by it. */
const REQUEST_TIMEOUT_MS = 60_000;
/** The two above are looked for so often; by default every 30 s, and slow headers would take 40. */
const SLOW_CHECK_MS = 5_000;
const MAX_HEADER_BYTES = 16_384;

/** Answers under way get so long after the streams were ended. */
const CLOSE_GRACE_MS = 2_000;

/** Until callers are authenticated, everyone is this one, and may name any tenant. */
const ANONYMOUS = 'anonymous';

export function createGateway(options: GatewayOptions): Gateway {
  const closing = new AbortController();
  // One listener for each open request.
  setMaxListeners(0, closing.signal);
  const app = createApp(options, closing.signal);
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      // The address guard refuses it in a body, Node by a bare status.
      requireHostHeader: false,
      connectionsCheckingInterval: SLOW_CHECK_MS,
    },
    app,
  );
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  // An expectation that nobody knows need not be met (RFC 9110 §10.1.1).
  server.on('checkExpectation', app);
  refuseUnreadable(server);
  let grpc: GrpcServer | undefined;
  return {
    async listen({ host, port, grpcPort }) {
      if (grpcPort !== undefined) {
        grpc = createGrpc(options, closing.signal);
        await grpc.listen(grpcPort, host);
      }
      return listen(server, { port, host, setting: 'PORT' });
    },
    async close() {
      closing.abort();
      const grpcClosed = grpc?.close(CLOSE_GRACE_MS);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const force = setTimeout(() => {
        server.closeAllConnections();
      }, CLOSE_GRACE_MS);
      await closed;
      clearTimeout(force);
      await grpcClosed;
    },
  };
}

function errorLog(log: Logger): (err: unknown) => void {
  return (err) => {
    log.error({ err }, 'a request failed');
  };
}

function createGrpc(options: GatewayOptions, closing: AbortSignal): GrpcServer {
  const { service, stores, cards, webhooks, log, publicUrl, maxBodyBytes, isReady } = options;
  const onError = errorLog(log);
  // The clients of this binding take 4 MiB by default, in an answer as in an event.
  const bounds = { answerBytes: FRAME_RESTORE_BYTES, sizeOf: partSize };
  const restorer = createPartRestorer(stores, publicUrl, bounds);
  const handler = new RequestHandler({ service, restorer, cards, webhooks, onError });
  const offer = offerOf(cards.card);
  return createGrpcServer({ handler, maxBodyBytes, isReady, closing, offer, scopeOf, onError });
}

/** Until callers are authenticated, everyone of a tenant is the same one. */
function scopeOf(_call: unknown, tenant: string): Scope {
  return { tenant, principal: ANONYMOUS };
}

function createApp(options: GatewayOptions, closing: AbortSignal): Express {
  const { service, stores, cards, webhooks, log, publicUrl } = options;
  const onError = errorLog(log);
  const offer = offerOf(cards.card);
  const restorer = createPartRestorer(stores, publicUrl);
  const handler = new RequestHandler({ service, restorer, cards, webhooks, onError });
  const edge = { handler, closing, offer, scopeOf, onError };

  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  // Before the guard: a probe calls by whatever address it knows, and no task is behind them.
  addHealthRoutes(app, options);
  app.all(
    `${CONTINUATIONS_PATH}/:token`,
    // The browser comes from where the credentials were given, by a form perhaps: a foreign origin.
    addressGuard({ ...options, takesAnyOrigin: true }),
    continuationRoute({ ...options.continuations, onError }),
  );
  app.use(addressGuard(options));
  app.use(cardRouter(cards, offer));
  app.get(STORED_PART_PATHS, serveStoredPart({ service, stores, scopeOf, onError }));
  app.use(rawBody(options.maxBodyBytes));
  if (webhooks) app.use(deliveriesRouter({ webhooks, scopeOf, onError }));
  app.post('/', jsonRpcEdge(edge));
  app.all('/', (_req, res) => {
    res.set('Allow', 'POST');
    const said = fault(
      'methodNotAllowed',
      `JSON-RPC is posted here; the card is ${publicUrl}${AGENT_CARD_PATH}`,
    );
    sendFault(res, said, false);
  });
  app.use(restEdge(edge));
  app.use((req, res) => {
    const text = `there is nothing at ${req.method} ${req.path}; the card names the addresses: `;
    sendFault(res, fault('methodNotFound', `${text}${publicUrl}${AGENT_CARD_PATH}`), false);
  });
  app.use(refusals(options.maxBodyBytes, onError));
  return app;
}

function addHealthRoutes(app: Express, { isReady, metrics }: GatewayOptions): void {
  app.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.get('/readyz', async (_req, res) => {
    const ready = await isReady();
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'Temporal does not answer' });
  });
  app.get('/metrics', async (_req, res) => {
    res.type(metrics.contentType).send(await metrics.metrics());
  });
}

/** What is thrown before an edge has the request, in the form of the binding that was addressed. */
function refusals(maxBodyBytes: number, onError: (err: unknown) => void): ErrorRequestHandler {
  return (err: unknown, req, res, next) => {
    if (res.headersSent) {
      next(err);
      return;
    }
    const said = fromEarlyError(err, maxBodyBytes);
    if (said.httpStatus === 500) onError(err);
    if (req.path === '/') {
      sendRefusal(res, { id: null, said, streams: false, isLegacy: speaksLegacy(req) });
    } else sendFault(res, said, req.path.startsWith('/v1/'));
  };
}

function fromEarlyError(err: unknown, maxBodyBytes: number): Fault {
  const type = (err as { readonly type?: unknown } | null)?.type;
  switch (type) {
    case 'entity.too.large':
      return fault('tooLarge', `the body is longer than ${String(maxBodyBytes)} bytes`);
    case 'encoding.unsupported':
      return fault('requestTypeNotSupported', 'Content-Encoding is not supported');
    case 'request.aborted':
    case 'request.size.invalid':
      return fault('invalidRequest', 'the body did not arrive as announced');
    default:
      return err instanceof URIError
        ? new FaultError('invalidRequest', 'the path is not valid').fault
        : toFault(err, 'other');
  }
}
