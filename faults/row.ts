// What each row of the fault suite is: a fault, what must hold, two sizes, and a change of the program under which it must fail.

import type { Mutation } from './mutant';
import type { Trial } from './trial';

export interface FaultRow<S extends object = object> {
  /** As `--row` names it. */
  readonly row: number;
  /** What goes wrong, in one line. */
  readonly fault: string;
  /** What must hold all the same, in one line. */
  readonly passes: string;
  readonly sizes: { readonly ci: S; readonly full: S };
  /** Without this guard the row must fail: what a row cannot miss it does not show. */
  readonly mutation: Mutation;
  /** Brings the fault about; what it sees goes to the trial. Throws only where the driver itself fails. */
  run(trial: Trial<S>): Promise<void>;
}

/** Keeps the size's type inside the row. */
export function defineRow<S extends object>(row: FaultRow<S>): FaultRow {
  return row;
}

/** A row that is not driven yet, and why. */
export interface LeftOut {
  readonly row: number;
  readonly fault: string;
  readonly reason: string;
}
