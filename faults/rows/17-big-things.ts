// Row 17: a skill gives, and a client sends, more than Temporal would ever take.

import { within } from '../../test/harness/eventually';
import { BIG_CASES } from '../big-cases';
import { watchGateway } from '../gateway-watch';
import { openAfter, recordedRuns } from '../histories';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  /** Times that each case is tried. */
  readonly rounds: number;
}

/** Temporal warns of a payload from here on. */
const EVENT_BYTES = 262_144;

const REFUSED_MS = 1_000;

/** Of one case, 50 MB to its client included: what takes longer is stuck. */
const DEADLINE_MS = 30_000;

/** After the last answer, a listing being late by a moment. */
const CLOSED_WITHIN_MS = 10_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { address } = await trial.startTemporal();
  const gateway = await trial.startGateway();
  await trial.startWorker();
  const watch = watchGateway(trial, 'gateway', gateway);
  const refusedMs: number[] = [];
  const tookMs: number[] = [];
  for (let round = 1; round <= trial.size.rounds; round += 1) {
    for (const one of BIG_CASES) {
      const from = Date.now();
      try {
        const ms = await within(one.name, one.run(gateway.url), DEADLINE_MS);
        if (ms === undefined) tookMs.push(Date.now() - from);
        else refusedMs.push(ms);
        trial.operation(true);
      } catch (err) {
        trial.operation(false);
        trial.check('own', false, `${one.name}: ${String(err)}`);
      }
    }
  }
  await watch.end();
  trial.figure('slowest clear error', Math.max(0, ...refusedMs), {
    unit: 'ms',
    atMost: REFUSED_MS,
  });
  trial.figure('slowest completion', Math.max(0, ...tookMs), { unit: 'ms', atMost: DEADLINE_MS });
  await checkHistories(trial, address);
}

/** Nothing is open any more, and nothing was recorded that is large. */
async function checkHistories(trial: Trial, address: string): Promise<void> {
  const open = await openAfter(address, CLOSED_WITHIN_MS);
  trial.check('I8', open.length === 0, `${open.length} workflows are open: ${open.join(', ')}`);
  const runs = await recordedRuns(address);
  trial.figure('histories', runs.length, { unit: 'runs', atLeast: trial.succeeded / 2 });
  for (const { workflowId, largest, largestBytes } of runs) {
    const what = `${workflowId}: ${largest} has ${largestBytes} bytes`;
    trial.check('own', largestBytes <= EVENT_BYTES, what);
  }
  const most = Math.max(0, ...runs.map(({ largestBytes }) => largestBytes));
  trial.figure('largest event', most, { unit: 'bytes', atMost: EVENT_BYTES });
}

export const bigThings = defineRow<Size>({
  row: 17,
  fault: 'an artifact of 50 MB, a result of 5 MB, an input of 3 MB, each in every form',
  passes: 'whole by reference, or a clear error in 1 s; no event over 256 KiB; nothing stuck',
  sizes: { ci: { rounds: 1 }, full: { rounds: 5 } },
  mutation: {
    breaks: 'what a client sends travels inline, however big',
    edits: [
      {
        file: 'workflows/limits.ts',
        from: 'export const INLINE_PART_BYTES = 65_536;',
        to: 'export const INLINE_PART_BYTES = 8_388_608;',
      },
      {
        file: 'workflows/limits.ts',
        from: 'export const USER_PARTS_BYTES = 262_144;',
        to: 'export const USER_PARTS_BYTES = 8_388_608;',
      },
      {
        file: 'workflows/limits.ts',
        from: 'export const USER_MESSAGE_BYTES = 307_200;',
        to: 'export const USER_MESSAGE_BYTES = 8_388_608;',
      },
    ],
    seenAs: ['own'],
  },
  run,
});
