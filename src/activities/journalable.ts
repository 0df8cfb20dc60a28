// What the types allow a step without a schema to return: what a later run gets back as it was.

import type { Json } from '../workflows/task';

/** No value is of this type: it stands, with the reason, where one is that a later run would not get. */
export interface Unjournaled<Why extends string> {
  readonly [unjournaled]: Why;
}

declare const unjournaled: unique symbol;

/**
 * JSON, also as interfaces, readonly lists and optional members; bytes; nothing. Fields of a class are JSON,
 * its methods are not. `any` and `unknown` pass: they are looked at when the step has run.
 */
export type Journalable<T> = unknown extends T
  ? unknown
  : // A function that returns nothing is of type `void`.
    // eslint-disable-next-line @typescript-eslint/no-invalid-void-type
    T extends Uint8Array | undefined | void
    ? T
    : Member<T>;

type Member<T> = unknown extends T
  ? unknown
  : T extends Loose
    ? T
    : T extends Date
      ? Unjournaled<'a Date comes back as a string: give the step a schema that reads it'>
      : T extends ArrayBufferView | ArrayBufferLike
        ? Unjournaled<'bytes are a result of their own, and not within an object'>
        : T extends Strange
          ? Unjournaled<'JSON does not have it'>
          : { [Key in keyof T]: Field<T[Key]> };

/** Libraries write "base64 or bytes" where there is a text as a rule. */
type Field<T> = string extends T
  ? Member<Exclude<T, Uint8Array>> | Extract<T, Uint8Array>
  : Member<T>;

/** Types that are JSON as a whole: others are gone through, which ends for no type that holds itself in a union. */
type Loose = Json | undefined | readonly Loose[] | { readonly [key: string]: Loose };

type Strange =
  | bigint
  | symbol
  | ((...args: never) => unknown)
  | ReadonlyMap<never, unknown>
  | ReadonlySet<unknown>
  | PromiseLike<unknown>;
