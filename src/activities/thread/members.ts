// How each member of a skill's context reaches a skill in a thread: a new member is a line here.

import type { SkillContext } from '../skill';
import type { ToolPort } from '../tools/task-tools';
import { atOnce } from './link';

/**
 * `copied` once, when the run begins: data, signals, objects of async functions, async iterables. `called` whenever the skill
 * calls it: what returns a promise. `opened` the same while the thread waits: what returns an object of async functions.
 */
/** The tools for models are made on the other side, of the rest. */
export type RunContext = Omit<SkillContext, 'tools'> & Pick<ToolPort, 'end'>;

type Way = 'copied' | 'called' | 'opened';

const WAYS = {
  taskId: 'copied',
  contextId: 'copied',
  message: 'copied',
  history: 'copied',
  acceptedOutputModes: 'copied',
  createdAt: 'copied',
  attempt: 'copied',
  signal: 'copied',
  log: 'copied',
  messages: 'copied',
  referenced: 'called',
  step: 'called',
  sleep: 'called',
  now: 'called',
  uuid: 'called',
  progress: 'called',
  artifact: 'opened',
  saveArtifact: 'called',
  sendPartialArtifact: 'called',
  ask: 'called',
  requireAuth: 'called',
  end: 'called',
} as const satisfies Record<keyof RunContext, Way>;

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** The context as a thread can be given it. */
export function membersOf(ctx: RunContext): object {
  const names = Object.keys(WAYS) as (keyof RunContext)[];
  return Object.fromEntries(names.map((name) => [name, memberOf(ctx, name)]));
}

function memberOf(ctx: RunContext, name: keyof RunContext): unknown {
  const member: unknown = Reflect.get(ctx, name);
  const way = WAYS[name];
  if (way === 'copied') return member;
  const call = (...args: unknown[]): unknown => Reflect.apply(member as AnyFunction, ctx, args);
  return way === 'called' ? call : atOnce((...args: unknown[]) => methodsOf(call(...args)));
}

/** An object of a class, too, with its methods as fields: what is copied loses its class. */
function methodsOf(opened: unknown): object {
  const methods: Record<string, unknown> = {};
  for (let at = Object(opened) as object; at !== null; at = Object.getPrototypeOf(at) as object) {
    if (Object.getPrototypeOf(at) === null) break;
    for (const name of Object.getOwnPropertyNames(at)) {
      const value: unknown = Reflect.get(Object(opened) as object, name);
      if (name === 'constructor' || name in methods) continue;
      methods[name] = typeof value === 'function' ? value.bind(opened) : value;
    }
  }
  return methods;
}
