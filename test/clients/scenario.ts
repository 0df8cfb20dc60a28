// What a scenario is: one thing that a client does, the same for all of them.

import type { Client } from './client';
import type { Official } from './clients';
import type { Said } from './dialects/dialect';
import { ClientError, type Binding } from './driver';
import type { Seen } from './seen';

/** Where a scenario runs. */
export interface Cell {
  readonly official: Official;
  readonly binding: Binding;
  readonly client: Client;
  /** What `client` streams from the skill of the tutorial, which takes four seconds. */
  readonly tutorial: Promise<readonly Seen[]>;
}

export interface Scenario {
  readonly name: string;
  /** Whether the client's interface has what it takes. Default: it has. */
  readonly isFor?: (official: Official, binding: Binding) => boolean;
  run(cell: Cell): Promise<void>;
}

/** A message to a skill of the tests; its options travel as the data part. */
export function to(skill: string, options?: object, more: Partial<Said> = {}): Said {
  const data = options === undefined ? [] : [{ data: { ...options } }];
  return { skill, pieces: [{ text: 'please' }, ...data], ...more };
}

export function say(text: string, more: Partial<Said> = {}): Said {
  return { skill: 'asks', pieces: [{ text }], ...more };
}

/** Two skills that go on until they are canceled, or for a minute. */
export const ENDLESS = to('steps', { events: 600, everyMs: 100 });

/** What the client says of a call that must fail: the class of its error, and its text. */
export async function refusal(act: Promise<unknown>): Promise<string> {
  const err: unknown = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(err instanceof ClientError)) throw new Error(`not refused: ${String(err)}`);
  return err.message;
}
