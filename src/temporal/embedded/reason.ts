// Says in words why something failed: for the lines and errors that an operator of the embedded server reads.

import { types } from 'node:util';

/** The message of whatever was thrown. */
export function reasonOf(err: unknown): string {
  // Not `instanceof`: jest gives every test an Error of its own, and Node throws the other one.
  return types.isNativeError(err) ? err.message : String(err);
}

/** The shortest true sentence about a program that could not be run, or that failed. */
export function whyProgramFailed(err: unknown): string {
  if (!types.isNativeError(err)) return reasonOf(err);
  const { code, killed, stderr } = err as Partial<{
    readonly code: unknown;
    readonly killed: boolean;
    readonly stderr: string;
  }>;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'it is not executable';
  if (killed === true) return 'it did not end in time';
  const lines = (stderr ?? '').trim().split('\n');
  const said = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
  if (said !== undefined && said !== '') return said.trim();
  return typeof code === 'number' ? `it ended with code ${code}` : err.message;
}
