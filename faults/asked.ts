// What a gateway answered while it had no Temporal: refusals are to be quick, and to say when to come back.

import type { Answer, Rpc } from '../test/harness/calls';
import type { Trial } from './trial';

/** The gateway waits 2 s for Temporal, and has the rest to answer. */
const MAX_ANSWER_MS = 2_500;

export interface Asked<T = unknown> {
  readonly method: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly ms: number;
  /** Absent: none came. */
  readonly answer?: Answer<Awaited<Rpc<T>>['body']>;
}

export async function ask<T>(method: string, call: () => Promise<Rpc<T>>): Promise<Asked<T>> {
  const at = Date.now();
  const answer = await call().catch(() => undefined);
  return { method, at, ms: Date.now() - at, ...(answer === undefined ? {} : { answer }) };
}

export interface Outage {
  /** As the figures call it. */
  readonly name: string;
  /** Epoch milliseconds: of what was asked between, some must be refused, and everything in time. */
  readonly from: number;
  readonly to: number;
  /** Fewer refusals show nothing. */
  readonly minRefused: number;
}

export function checkRefusals(
  trial: Trial,
  asked: readonly Asked[],
  { name, from, to, minRefused }: Outage,
): void {
  const meanwhile = asked.filter(({ at }) => at >= from && at < to);
  const refused = meanwhile.filter(isRefusal);
  const other = meanwhile.filter((one) => one.answer?.status !== 200 && !isRefusal(one));
  for (const { method, answer, ms } of other) {
    const said = answer === undefined ? 'nothing' : JSON.stringify(answer.body).slice(0, 200);
    const status = answer?.status ?? 'no status';
    trial.check('I9', false, `${method} was answered ${status} after ${ms} ms: ${said}`);
  }
  trial.figure(`${name}: refused with 503 and Retry-After`, refused.length, {
    unit: 'requests',
    atLeast: minRefused,
  });
  trial.figure(`${name}: answered otherwise than with that or a success`, other.length, {
    unit: 'requests',
    atMost: 0,
  });
  const [slowest] = meanwhile.toSorted((one, other) => other.ms - one.ms);
  trial.figure(`${name}: slowest answer (${slowest?.method ?? 'none'})`, slowest?.ms ?? 0, {
    unit: 'ms',
    atMost: MAX_ANSWER_MS,
  });
}

function isRefusal({ answer }: Asked): boolean {
  return (
    answer?.status === 503 &&
    /^\d+$/.test(answer.headers.get('Retry-After') ?? '') &&
    typeof answer.body.error?.code === 'number'
  );
}
