// Row 11: thousands of sockets hang in the middle of their headers, while others want to be served.

import { setTimeout as delay } from 'node:timers/promises';
import { http, envelope, messageFor } from '../../test/harness/calls';
import type { WireTask } from '../../test/harness/wire';
import { percentileOf } from '../figures';
import { watchGateway } from '../gateway-watch';
import { defineRow } from '../row';
import { SlowHeaders } from '../slow-headers';
import type { Trial } from '../trial';

interface Size {
  readonly sockets: number;
}

/** Headers may take 10 s, and it is looked for those that take longer every 5 s. */
const CLOSED_WITHIN_MS = 18_000;
const DEADLINE_MS = 40_000;
const LOOK_MS = 100;

/** In percent. */
const SERVED = 99;
const CALLERS = 8;
/** Fewer would say little. */
const MIN_CALLS = 50;
const CALL_MS = 5_000;

async function run(trial: Trial<Size>): Promise<void> {
  await trial.startTemporal();
  const gateway = await trial.startGateway();
  await trial.startWorker();
  const { url } = gateway;
  const watch = watchGateway(trial, 'gateway', gateway);
  const slow = Array.from({ length: trial.size.sockets }, () => new SlowHeaders(url));
  trial.defer(async () => slow.forEach((one) => one.close()));
  const others = callers(trial, url);
  const deadline = Date.now() + DEADLINE_MS;
  while (slow.some(({ closedAt }) => closedAt === undefined) && Date.now() < deadline) {
    await delay(LOOK_MS);
  }
  const tookMs = await others.end();
  await watch.end();

  const opened = slow.filter(({ openedAt }) => openedAt !== undefined);
  const held = opened.map(({ openedAt = 0, closedAt = Infinity }) => closedAt - openedAt);
  const html = slow.filter(({ answer }) => /<html|\n\s+at /i.test(answer)).length;
  trial.check('I9', html === 0, `${html} of them were answered with HTML or a stack`);
  trial.figure('slow sockets', opened.length, { unit: '', atLeast: slow.length });
  trial.figure('the last of them was closed after', Math.max(...held), {
    unit: 'ms',
    atMost: CLOSED_WITHIN_MS,
  });
  const share = Math.floor((100 * trial.succeeded) / trial.attempted);
  trial.figure('others served', share, { unit: '%', atLeast: SERVED });
  trial.figure('calls of others', trial.attempted, { unit: '', atLeast: MIN_CALLS });
  trial.figure('p99 of their calls', percentileOf(tookMs, 0.99), { unit: 'ms' });
}

/** They send one message after the other, each to its end. */
function callers(trial: Trial, url: string): { end(): Promise<readonly number[]> } {
  const stop = new AbortController();
  const tookMs: number[] = [];
  const caller = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const message = messageFor('takes', {}, { parts: [{ text: 'hello' }] });
      const answer = await http<{ readonly result?: { readonly task: WireTask } }>(url, {
        body: envelope('SendMessage', { message }),
        signal: AbortSignal.timeout(CALL_MS),
      }).catch(() => undefined);
      const state = answer?.body.result?.task.status.state;
      trial.operation(state === 'TASK_STATE_COMPLETED');
      if (answer !== undefined) tookMs.push(answer.ms);
    }
  };
  const calling = Promise.all(Array.from({ length: CALLERS }, caller));
  return {
    async end() {
      stop.abort();
      await calling;
      return tookMs;
    },
  };
}

export const slowHeaders = defineRow<Size>({
  row: 11,
  fault: 'thousands of sockets that never come to the end of their headers',
  passes: 'each closed within 18 s; meanwhile 99 % of the others are served; I5 I9',
  sizes: { ci: { sockets: 1_000 }, full: { sockets: 5_000 } },
  mutation: {
    breaks: 'headers may take for ever',
    edits: [
      {
        file: 'api/gateway.ts',
        from: 'server.headersTimeout = HEADERS_TIMEOUT_MS;',
        to: 'server.headersTimeout = 0;\n  server.requestTimeout = 0;',
      },
    ],
    seenAs: ['own'],
  },
  run,
});
