// What passes between two threads: data as it is; what cannot be copied stays behind and is referred to.

/** What a thread is told of something that stayed behind in the other one. */
export type Reference =
  | { readonly kind: 'function'; readonly id: number; readonly isAtOnce: boolean }
  | { readonly kind: 'signal'; readonly id: number; readonly reason?: Packed }
  | { readonly kind: 'iterable'; readonly open: number }
  | { readonly kind: 'error'; readonly error: CopiedError };

/** An error without its class: `structuredClone` would keep neither its name nor `retryable`. */
interface CopiedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Its own fields, such as `code`, where they are plain values. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly cause?: CopiedError;
}

/** Data that can be copied, and what is to be put back where. */
export interface Packed {
  readonly data: unknown;
  readonly references: readonly Placed[];
}

interface Placed {
  /** Keys from the outside in; none for the value itself. */
  readonly path: readonly string[];
  readonly reference: Reference;
}

/** @param refer makes a reference to what cannot be copied; undefined for all else. */
export function pack(value: unknown, refer: (value: object) => Reference | undefined): Packed {
  const references: Placed[] = [];
  const copies = new Map<object, unknown>();
  const copy = (from: unknown, path: readonly string[]): unknown => {
    if ((typeof from !== 'object' && typeof from !== 'function') || from === null) return from;
    const reference = from instanceof Error ? copiedError(from) : refer(from);
    if (reference !== undefined) {
      references.push({ path, reference });
      return undefined;
    }
    if (!isContainer(from)) return from;
    // The same object twice, or within itself, stays one.
    if (copies.has(from)) return copies.get(from);
    // Without a prototype, because a field may be called `__proto__`.
    const to = (Array.isArray(from) ? [] : Object.create(null)) as Record<string, unknown>;
    copies.set(from, to);
    for (const [key, field] of Object.entries(from)) to[key] = copy(field, [...path, key]);
    return to;
  };
  return { data: copy(value, []), references };
}

/** @param restore makes something to work with of a reference. */
export function unpack(
  { data, references }: Packed,
  restore: (reference: Reference) => unknown,
): unknown {
  const root = { data };
  for (const { path, reference } of references) {
    const keys = ['data', ...path];
    const last = keys.pop() ?? '';
    const holder = keys.reduce<Record<string, unknown>>(
      (within, key) => within[key] as Record<string, unknown>,
      root,
    );
    holder[last] = reference.kind === 'error' ? errorOf(reference.error) : restore(reference);
  }
  return root.data;
}

/** Whatever realm it comes from: tests have one of their own. */
function isContainer(value: object): value is Record<string, unknown> {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function copiedError(error: Error): Reference {
  return { kind: 'error', error: copyOf(error) };
}

function copyOf(error: Error): CopiedError {
  const { name, message, stack, cause } = error;
  const own = Object.fromEntries(Object.entries(error).filter(([, field]) => isPlain(field)));
  const copied = { name, message, stack, own };
  return cause instanceof Error && cause !== error ? { ...copied, cause: copyOf(cause) } : copied;
}

function errorOf({ name, message, stack, own, cause }: CopiedError): Error {
  const error = new Error(message, cause && { cause: errorOf(cause) });
  Object.assign(error, own);
  for (const [key, value] of Object.entries({ name, stack })) {
    Object.defineProperty(error, key, { value, configurable: true, writable: true });
  }
  return error;
}

function isPlain(field: unknown): boolean {
  return field === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof field);
}
