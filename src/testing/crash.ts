// Where a test lets the worker of its skill die.

/**
 * After the event of this number; in the middle of the step of this name; after this one, from 1, of all that
 * the task records of its skill, what it says and what it has done.
 */
export type Crash = number | string | { readonly record: number };
