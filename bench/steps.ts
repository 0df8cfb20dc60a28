// (d) What a step of a skill costs, beside an activity of a bare workflow.

import { randomUUID } from 'node:crypto';
import { A2aClient } from './a2a-client';
import type { Bench } from './bench';
import type { Goal, Section } from './figures';
import { startPeerWorker, startProgram } from './processes';
import { percentile, ratios, spreadOf } from './statistics';

const STEPS = 200;

const WARM_UP = 40;

/** A round of each is short, and a machine that others use is not the same for long. */
const TURNS = 3;

const SHARES = [
  { name: 'p50', share: 0.5 },
  { name: 'p95', share: 0.95 },
] as const;

const P50_GOAL_MS = 10;

interface Contender {
  readonly name: string;
  readonly meaning: string;
  /** Milliseconds of each of so many, one after the other. */
  perform(count: number): Promise<readonly number[]>;
}

export async function measureSteps(bench: Bench): Promise<Section> {
  const ours = await openOurs(bench);
  const bare = await openBare(bench);
  const contenders = [ours, bare];
  const measured = await measure(bench, contenders);
  const [ourP50, bareP50] = [measured(ours, 0.5), measured(bare, 0.5)];
  const goals: readonly Goal[] = [
    { name: `p50 ms of a step: ${ours.name}`, value: spreadOf(ourP50), atMost: P50_GOAL_MS },
    { name: `p50: ${ours.name} / ${bare.name}`, value: spreadOf(ratios(ourP50, bareP50)) },
  ];
  return {
    id: 'd',
    title: 'Cost of a step',
    method:
      `${STEPS} steps one after the other that do nothing, each journaled before the next begins; ` +
      'the time from one to the next.',
    columns: SHARES.map(({ name }) => `${name} ms`),
    rows: contenders.map((contender) => ({
      name: contender.name,
      meaning: contender.meaning,
      cells: SHARES.map(({ share }) => spreadOf(measured(contender, share))),
    })),
    goals,
  };
}

type Measured = (contender: Contender, share: number) => readonly number[];

async function measure(bench: Bench, contenders: readonly Contender[]): Promise<Measured> {
  for (const contender of contenders) await contender.perform(WARM_UP);
  const took = new Map(contenders.map((contender) => [contender, [] as number[][]]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const rounds of took.values()) rounds.push([]);
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const [contender, rounds] of took) {
        rounds.at(-1)?.push(...(await contender.perform(STEPS)));
      }
    }
    bench.report(`d: round ${round} of ${bench.rounds}`);
  }
  return (contender, share) => (took.get(contender) ?? []).map((ms) => percentile(ms, share));
}

async function openOurs(bench: Bench): Promise<Contender> {
  const { temporal } = bench;
  const program = await startProgram({ role: 'start', temporal, taskQueue: 'steps' });
  bench.defer(() => program.close());
  const client = new A2aClient(program.url);
  bench.defer(() => client.close());
  return {
    name: 'Longhaul, `ctx.step`',
    meaning:
      'A step of a skill, run by what `npm start` runs: its result is a signal that is awaited.',
    async perform(count) {
      const { status } = await client.send('stepping', [{ data: { count } }]);
      return JSON.parse(status.message?.parts[0]?.text ?? '[]') as readonly number[];
    },
  };
}

async function openBare(bench: Bench): Promise<Contender> {
  const { client, address } = bench.temporal;
  const taskQueue = 'bare-steps';
  const worker = await startPeerWorker(address, taskQueue);
  bench.defer(() => worker.close());
  return {
    name: 'Bare workflow, activities',
    meaning:
      'A workflow that runs as many activities, none of them local; from one schedule to the next.',
    async perform(count) {
      const workflowId = randomUUID();
      const options = { workflowId, taskQueue, args: [count + 1] };
      await client.workflow.execute('sequenceWorkflow', options);
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      const at = (events ?? [])
        .filter((event) => event.activityTaskScheduledEventAttributes)
        .map(({ eventTime }) => Number(eventTime?.seconds) * 1_000 + (eventTime?.nanos ?? 0) / 1e6);
      return at.slice(1).map((time, index) => time - (at[index] ?? time));
    },
  };
}
