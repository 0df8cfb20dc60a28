// Waits for the embedded server and brings its database up to date: called by `server.ts` on every start.

import { Connection } from '@temporalio/client';
import { msNumberToTs, tsToMs } from '@temporalio/common/lib/time';
import { temporal } from '@temporalio/proto';
import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound } from '../grpc-failure';
import type { SearchAttributes } from './start-dev';

const { IndexedValueType } = temporal.api.enums.v1;
type AttributeType = temporal.api.enums.v1.IndexedValueType;

/** The only namespace of the embedded server. */
const NAMESPACE = 'default';

/** How long a closed task can be read. start-dev itself keeps one day. */
const RETENTION_MS = 30 * 24 * 3_600_000;

const CALL_DEADLINE_MS = 2_000;

/** A start takes about a second, so that 20 ms cost it 2 %; later there is no hurry. */
const FIRST_POLL_MS = 20;
const LONGEST_POLL_MS = 250;

/** A workflow that nobody starts: asking for it shows that the history shard is loaded. */
const NO_WORKFLOW = 'longhaul-readiness';

const TYPES: Readonly<Record<SearchAttributes[string], AttributeType>> = {
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  KeywordList: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  Datetime: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
};

/**
 * Resolves when the server takes workflows, has every search attribute, and keeps closed tasks for 30 days.
 * @throws Error when an attribute has another type in this database.
 * @throws `signal.reason` when it is aborted; polling ends within one call.
 */
export async function untilReady(options: {
  readonly address: string;
  readonly searchAttributes: SearchAttributes;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { address, searchAttributes, signal } = options;
  const connection = Connection.lazy({
    address,
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': FIRST_POLL_MS,
      'grpc.min_reconnect_backoff_ms': FIRST_POLL_MS,
      'grpc.max_reconnect_backoff_ms': LONGEST_POLL_MS,
    },
  });
  try {
    await polled(signal, () => within(connection, () => servesTasks(connection)));
    await within(connection, () => keepClosedTasks(connection));
    if (await within(connection, () => addMissing(connection, searchAttributes))) {
      await polled(signal, () => within(connection, () => canSearch(connection, searchAttributes)));
    }
  } finally {
    await connection.close();
  }
}

function within<T>(connection: Connection, call: () => Promise<T>): Promise<T> {
  return connection.withDeadline(Date.now() + CALL_DEADLINE_MS, call);
}

async function polled(signal: AbortSignal, attempt: () => Promise<void>): Promise<void> {
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_POLL_MS)) {
    signal.throwIfAborted();
    try {
      await attempt();
      return;
    } catch {
      // Whatever the server cannot do yet; the reason to give up comes from its owner.
      await delay(pauseMs);
    }
  }
}

async function servesTasks({ workflowService }: Connection): Promise<void> {
  await workflowService.describeNamespace({ namespace: NAMESPACE });
  const execution = { workflowId: NO_WORKFLOW };
  try {
    await workflowService.describeWorkflowExecution({ namespace: NAMESPACE, execution });
  } catch (err) {
    if (!isNotFound(err)) throw err;
  }
}

// Raised only, so that an operator's longer retention stays.
async function keepClosedTasks({ workflowService }: Connection): Promise<void> {
  const { config } = await workflowService.describeNamespace({ namespace: NAMESPACE });
  if (tsToMs(config?.workflowExecutionRetentionTtl) >= RETENTION_MS) return;
  await workflowService.updateNamespace({
    namespace: NAMESPACE,
    config: { workflowExecutionRetentionTtl: msNumberToTs(RETENTION_MS) },
  });
}

// The command line registers them only in a new database, so that those of a later version come here.
async function addMissing(connection: Connection, wanted: SearchAttributes): Promise<boolean> {
  const { operatorService } = connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace: NAMESPACE });
  const missing: Record<string, AttributeType> = {};
  for (const [name, type] of Object.entries(wanted)) {
    const present = customAttributes[name];
    if (present === undefined) missing[name] = TYPES[type];
    else if (present !== TYPES[type]) {
      const found = Object.entries(TYPES).find(([, value]) => value === present)?.[0] ?? 'other';
      throw new Error(
        `search attribute ${name} is of type ${found} in this database, but ${type} is needed; set DATA_DIR to a new folder`,
      );
    }
  }
  if (Object.keys(missing).length === 0) return false;
  await operatorService.addSearchAttributes({ namespace: NAMESPACE, searchAttributes: missing });
  return true;
}

/** The frontend learns of a new attribute with a refresh of its cache, and refuses it until then. */
async function canSearch(connection: Connection, wanted: SearchAttributes): Promise<void> {
  const query = Object.keys(wanted)
    .map((name) => `${name} IS NULL`)
    .join(' AND ');
  await connection.workflowService.countWorkflowExecutions({ namespace: NAMESPACE, query });
}
