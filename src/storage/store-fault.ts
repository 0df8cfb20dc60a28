// Failures of a store that pass by themselves, told from those that say something about a part.

/** The store takes or gives nothing at the moment; the same is worth another try later. */
export class StoreFault extends Error {
  constructor(cause: unknown) {
    super(`the part store: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'StoreFault';
  }
}

/** Codes of what a disk, or the process, has too little of for the moment. */
const PASSING: ReadonlySet<unknown> = new Set([
  ...['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM'],
  ...['EIO', 'EAGAIN', 'EBUSY', 'ESTALE', 'ETIMEDOUT'],
]);

/** A failure of the store that says nothing about the part. */
export function isStoreFault(err: unknown): boolean {
  return err instanceof StoreFault || hasPassingCode(err);
}

function hasPassingCode(err: unknown): boolean {
  return PASSING.has(codeOf(err));
}

/** Node's code of an error, by its shape; undefined where there is none. */
export function codeOf(err: unknown): unknown {
  return typeof err === 'object' && err !== null && 'code' in err ? err.code : undefined;
}

/** As `StoreFault` if it passes, else as it is. */
export function asStoreFault(err: unknown): unknown {
  return hasPassingCode(err) ? new StoreFault(err) : err;
}
