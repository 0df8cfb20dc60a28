// (i) How soon each process is there, and how soon a task goes on when one of them was killed.

import { bundleWorkflowCode } from '@temporalio/worker';
import type { Bench } from '../bench';
import type { Goal, Row, Section } from '../figures';
import { spreadOf } from '../statistics';
import { Kills, type Kill } from './kills';
import { startUps } from './start-up';

interface Recovery {
  readonly name: string;
  readonly meaning: string;
  readonly goalS?: number;
}

const RECOVERIES: Readonly<Record<Kill, Recovery>> = {
  worker: {
    name: 'Worker killed',
    meaning: 'Started again at once; Temporal misses the heartbeats of a dead one for 5 s.',
    // The heartbeat timeout of a skill, and 2 s.
    goalS: 7,
  },
  gateway: {
    name: 'Gateway killed',
    meaning: 'Started again at once; the client comes back to it with its cursor.',
  },
  'other gateway': {
    name: 'Gateway killed, one of two',
    meaning: 'The client comes back to the other with its cursor.',
    goalS: 1,
  },
  temporal: {
    name: 'Temporal killed',
    meaning: 'Started again at once on the same database; the stream of the client stays open.',
    goalS: 10,
  },
};
const KILLS = Object.keys(RECOVERIES) as Kill[];

export async function measureRecovery(bench: Bench): Promise<Section> {
  const starts = startUps(bench);
  const kills = await Kills.open(bench);
  const tookS = new Map(KILLS.map((kill) => [kill, [] as number[]]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    await starts.again();
    for (const [kill, rounds] of tookS) rounds.push(await kills.survive(kill));
    bench.report(`i: round ${round} of ${bench.rounds}`);
  }
  const recovered = (kill: Kill): readonly number[] => tookS.get(kill) ?? [];
  return {
    id: 'i',
    title: 'Start-up and recovery',
    method:
      'From the start of a process until `/readyz` says so, asked every 50 ms. And a task that says every 100 ms what time it ' +
      'is, followed by one client, while a process is killed with SIGKILL: the time from the kill until the client has the ' +
      'first event that was said after it.',
    columns: ['s'],
    rows: [
      ...starts.all.map(({ name, meaning, tookS: seconds }) => rowOf(name, meaning, seconds)),
      ...KILLS.map((kill) =>
        rowOf(RECOVERIES[kill].name, RECOVERIES[kill].meaning, recovered(kill)),
      ),
    ],
    goals: [
      ...KILLS.map((kill) => goalOf(RECOVERIES[kill], recovered(kill))),
      { name: 'workflow bundle in KiB', value: spreadOf([await bundleKiB()]) },
    ],
  };
}

function rowOf(name: string, meaning: string, seconds: readonly number[]): Row {
  return { name, meaning, cells: [spreadOf(seconds)] };
}

function goalOf({ name, goalS }: Recovery, seconds: readonly number[]): Goal {
  return {
    name: `s until the next event: ${name}`,
    value: spreadOf(seconds),
    ...(goalS === undefined ? {} : { atMost: goalS }),
  };
}

/** What a worker loads, source map included. */
async function bundleKiB(): Promise<number> {
  const quiet = (): void => undefined;
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../../src/workflows'),
    workflowInterceptorModules: [require.resolve('../../src/workflows/cancel-reason')],
    logger: { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  return Buffer.byteLength(code) / 1_024;
}
