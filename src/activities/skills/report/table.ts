// A table in memory, column by column: both readers fill one, the analysis takes it.

import { setImmediate } from 'node:timers/promises';
import { Column } from './column';

/** Wider tables make a report that nobody reads. */
const MAX_COLUMNS = 500;
/** A longer name is a sign of a wrong delimiter or a missing header. */
const MAX_NAME_LENGTH = 200;
/** Bounds the memory for the values of one column, in different values. */
const MAX_DISTINCT = 10_000;
/** Bounds it for all columns together. */
const MAX_DISTINCT_IN_ALL = 100_000;

export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** What the sender of a table has to mend; its text says where and how. */
export class TableError extends Error {}

/** Says where the column at an index is named, e.g. `Line 1, column 3`. */
type Place = (index: number) => string;

/**
 * Empty columns with these names.
 * @throws TableError for a name that is empty, too long or taken, and for too many.
 */
export function openColumns(names: readonly string[], place: Place): readonly Column[] {
  if (names.length > MAX_COLUMNS) {
    throw new TableError(
      `${place(MAX_COLUMNS)} is one too many: the table has ${names.length} columns, ` +
        `and a report takes ${MAX_COLUMNS}. Send the columns that matter.`,
    );
  }
  const taken = new Map<string, number>();
  const distinctLimit = Math.min(MAX_DISTINCT, Math.floor(MAX_DISTINCT_IN_ALL / names.length));
  return names.map((text, index) => {
    const name = text.trim();
    checkName(name, place(index), taken.get(name));
    taken.set(name, index);
    return new Column(name, distinctLimit);
  });
}

function checkName(name: string, where: string, sameAs: number | undefined): void {
  if (name === '') {
    throw new TableError(`${where}: the column has no name. Give every column a name of its own.`);
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw new TableError(
      `${where}: the column name is longer than ${MAX_NAME_LENGTH} characters. ` +
        'Check the header and the delimiter.',
    );
  }
  if (sameAs !== undefined) {
    throw new TableError(
      `${where}: the name "${name}" is already used by column ${sameAs + 1}. ` +
        'Give every column a name of its own.',
    );
  }
}

/** Lets timers and heartbeats run. Throws the signal's reason once it is aborted. */
export async function pause(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}
