// (b) Time from a skill's emission to its client, beside the ways that Temporal offers.

import { randomUUID } from 'node:crypto';
import { A2aClient } from './a2a-client';
import type { Bench } from './bench';
import type { Goal, Section } from './figures';
import { monotonicMs } from './monotonic';
import type { Ticks } from './peers/contract';
import { itemsOf, signalsOf } from './peers/readers';
import { startPeerWorker, startProgram } from './processes';
import { percentile, ratios, spreadOf } from './statistics';

/** Slower than the emitter's flush interval, so that batching delays nobody. */
const TICKS: Ticks = { count: 40, everyMs: 150 };

const TO_LONG_POLL_GOAL = 1.5;
const TO_STREAMS_GOAL = 0.2;
const TO_FAST_STREAMS_GOAL = 1;

interface Contender {
  readonly name: string;
  readonly meaning: string;
  /** The times at which one task spoke, as its client hears them. */
  listen(ticks: Ticks): AsyncIterable<string>;
}

export async function measureLatency(bench: Bench): Promise<Section> {
  const contenders = [await openOurs(bench), ...(await openPeers(bench))];
  const warmUp: Ticks = { count: 5, everyMs: TICKS.everyMs };
  for (const contender of contenders) await hear(contender, warmUp);

  const heard = contenders.map((): number[][] => []);
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const [at, contender] of contenders.entries()) {
      heard[at]?.push(await hear(contender, TICKS));
    }
    bench.report(`b: round ${round + 1} of ${bench.rounds}`);
  }
  const shares = [0.5, 0.99];
  const perRound = (at: number, share: number): readonly number[] =>
    heard[at]?.map((tookMs) => percentile(tookMs, share)) ?? [];
  return {
    id: 'b',
    title: 'Latency from emission to client',
    method: `One task that says what time it is every ${TICKS.everyMs} ms, ${TICKS.count} times a round.`,
    columns: ['p50 ms', 'p99 ms'],
    rows: contenders.map(({ name, meaning }, at) => ({
      name,
      meaning,
      cells: shares.map((share) => spreadOf(perRound(at, share))),
    })),
    goals: contenders.slice(1).map((peer, index) => ({
      name: `p50: ${contenders[0]?.name ?? ''} / ${peer.name}`,
      value: spreadOf(ratios(perRound(0, 0.5), perRound(index + 1, 0.5))),
      ...GOALS[index],
    })),
  };
}

/** In the order of the peers. */
const GOALS: readonly Pick<Goal, 'atMost'>[] = [
  { atMost: TO_LONG_POLL_GOAL },
  { atMost: TO_STREAMS_GOAL },
  { atMost: TO_FAST_STREAMS_GOAL },
];

async function hear(contender: Contender, ticks: Ticks): Promise<number[]> {
  const tookMs: number[] = [];
  for await (const text of contender.listen(ticks)) {
    tookMs.push(monotonicMs() - Number(text));
    if (tookMs.length === ticks.count) break;
  }
  if (tookMs.length < ticks.count) {
    throw new Error(`${contender.name}: heard ${tookMs.length} of ${ticks.count} emissions`);
  }
  return tookMs;
}

async function openOurs(bench: Bench): Promise<Contender> {
  const { temporal } = bench;
  const program = await startProgram({ role: 'start', temporal, taskQueue: 'clock' });
  bench.defer(() => program.close());
  const client = new A2aClient(program.url);
  bench.defer(() => client.close());
  return {
    name: 'Longhaul',
    meaning: 'SendStreamingMessage over HTTP: skill, signal, history, gateway, SSE frame.',
    async *listen(ticks) {
      for await (const { statusUpdate } of client.stream('clock', [{ data: ticks }])) {
        const text = statusUpdate?.status.message?.parts[0]?.text;
        if (text !== undefined) yield text;
      }
    },
  };
}

async function openPeers(bench: Bench): Promise<readonly Contender[]> {
  const { client, address } = bench.temporal;
  const taskQueue = 'bare-clock';
  const worker = await startPeerWorker(address, taskQueue);
  bench.defer(() => worker.close());
  const start = async (workflow: string, ticks: Ticks): Promise<string> => {
    const workflowId = randomUUID();
    await client.workflow.start(workflow, { workflowId, taskQueue, args: [ticks] });
    return workflowId;
  };
  const streams = (name: string, pollCooldownMs: number | undefined): Contender => ({
    name,
    meaning: 'Publisher in an activity with `forceFlush`, subscriber in a client; no HTTP.',
    async *listen(ticks) {
      yield* itemsOf(client, await start('clockStreamWorkflow', ticks), pollCooldownMs);
    },
  });
  return [
    {
      name: 'Bare long poll',
      meaning:
        'An activity signals, a client reads `GetWorkflowExecutionHistory`; no HTTP, no A2A.',
      async *listen(ticks) {
        yield* signalsOf(client, await start('clockWorkflow', ticks));
      },
    },
    streams('workflow-streams 1.23.0', undefined),
    streams('workflow-streams 1.23.0, poll cooldown 1 ms', 1),
  ];
}
