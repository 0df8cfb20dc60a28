// Registers the search attributes that listings need, or says how to.

import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { SEARCH } from '../workflows/contract';
import { withinDeadline } from './connection';

const { INDEXED_VALUE_TYPE_KEYWORD, INDEXED_VALUE_TYPE_DATETIME } =
  temporal.api.enums.v1.IndexedValueType;
const TYPES = {
  KEYWORD: INDEXED_VALUE_TYPE_KEYWORD,
  DATETIME: INDEXED_VALUE_TYPE_DATETIME,
} as const;
const NAMES = { KEYWORD: 'Keyword', DATETIME: 'Datetime' } as const;

/** Name and type as the Temporal CLI writes them, e.g. `LonghaulState` → `Keyword`. */
export function searchAttributes(): Readonly<Record<string, 'Keyword' | 'Datetime'>> {
  return Object.fromEntries(Object.values(SEARCH).map(({ name, type }) => [name, NAMES[type]]));
}

/**
 * Adds what is missing in the client's namespace.
 * @throws TaskError `unavailable`; Error with the commands to run where we may not add them.
 */
export async function ensureSearchAttributes(client: Client): Promise<void> {
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  const known = await withinDeadline(client, () =>
    operatorService.listSearchAttributes({ namespace }),
  );
  const missing = Object.values(SEARCH).filter(
    ({ name }) => known.customAttributes[name] === undefined,
  );
  if (missing.length === 0) return;
  try {
    const wanted = Object.fromEntries(missing.map(({ name, type }) => [name, TYPES[type]]));
    await withinDeadline(
      client,
      () => operatorService.addSearchAttributes({ namespace, searchAttributes: wanted }),
      REGISTER_DEADLINE_MS,
    );
  } catch (cause) {
    const commands = missing.map(
      ({ name, type }) =>
        `  temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${NAMES[type]}`,
    );
    throw new Error(`search attributes are missing; create them:\n${commands.join('\n')}`, {
      cause,
    });
  }
}

/** The server rewrites its schema for this, once. */
const REGISTER_DEADLINE_MS = 10_000;
