// (b) Time from a skill's emission to its client, beside the ways that Temporal offers.

import { randomUUID } from 'node:crypto';
import { A2aClient } from './a2a-client';
import type { Bench } from './bench';
import type { Goal, Section } from './figures';
import { monotonicMs } from './monotonic';
import type { Ticks } from './peers/contract';
import { itemsOf, signalsOf } from './peers/readers';
import { ROOT, startPeerWorker, startProgram } from './processes';
import { percentile, ratios, spreadOf } from './statistics';

/**
 * Slower than the emitter's flush interval, so that batching delays nobody. At 150 ms the default
 * cooldown of a workflow stream's subscriber is over before the next emission; at 100 ms it counts.
 */
const PACES: readonly Ticks[] = [
  { count: 30, everyMs: 150 },
  { count: 45, everyMs: 100 },
];

const WARM_UP: Ticks = { count: 5, everyMs: 100 };

const SHARES = [
  { name: 'p50', share: 0.5 },
  { name: 'p99', share: 0.99 },
] as const;

/** The default of `@temporalio/workflow-streams`. */
const STREAMS_COOLDOWN_MS = 100;

const TO_LONG_POLL_GOAL = 1.5;
const TO_STREAMS_GOAL = 0.2;
const TO_FAST_STREAMS_GOAL = 1;

interface Contender {
  readonly name: string;
  readonly meaning: string;
  /** The times at which one task spoke, as its client hears them. */
  listen(ticks: Ticks): AsyncIterable<string>;
}

interface Peers {
  readonly longPoll: Contender;
  readonly streams: Contender;
  readonly fastStreams: Contender;
}

/** Percentile of a contender at a pace, once a round. */
type Measured = (contender: Contender, pace: Ticks, share: number) => readonly number[];

export async function measureLatency(bench: Bench): Promise<Section> {
  const ours = await openOurs(bench, ROOT);
  const peers = await openPeers(bench);
  const others = bench.against === undefined ? [] : [await openOurs(bench, bench.against)];
  const contenders = [ours, ...others, peers.longPoll, peers.streams, peers.fastStreams];
  const measured = await measure(bench, contenders);
  const columns = PACES.flatMap((pace) => SHARES.map(({ name, share }) => ({ pace, name, share })));
  return {
    id: 'b',
    title: 'Latency from emission to client',
    method:
      'One task that says what time it is every 150 ms, and one that does every 100 ms; the time ' +
      'until the client has it.',
    columns: columns.map(({ name, pace }) => `${name} ms, every ${pace.everyMs} ms`),
    rows: contenders.map((contender) => ({
      name: contender.name,
      meaning: contender.meaning,
      cells: columns.map(({ pace, share }) => spreadOf(measured(contender, pace, share))),
    })),
    goals: [ours, ...others].flatMap((one) =>
      PACES.flatMap((pace) => goalsAt(pace, { ours: one, peers, measured })),
    ),
  };
}

async function measure(bench: Bench, contenders: readonly Contender[]): Promise<Measured> {
  for (const contender of contenders) await hear(contender, WARM_UP);
  const heard = new Map(contenders.map((c) => [c, PACES.map((): number[][] => [])]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [at, pace] of PACES.entries()) {
      for (const [contender, paces] of heard) paces[at]?.push(await hear(contender, pace));
    }
    bench.report(`b: round ${round} of ${bench.rounds}`);
  }
  return (contender, pace, share) =>
    heard.get(contender)?.[PACES.indexOf(pace)]?.map((ms) => percentile(ms, share)) ?? [];
}

interface Standing {
  readonly ours: Contender;
  readonly peers: Peers;
  readonly measured: Measured;
}

function goalsAt(pace: Ticks, { ours, peers, measured }: Standing): readonly Goal[] {
  const against = (peer: Contender, bound: Pick<Goal, 'atMost'>): Goal => ({
    name: `p50 every ${pace.everyMs} ms: ${ours.name} / ${peer.name}`,
    value: spreadOf(ratios(measured(ours, pace, 0.5), measured(peer, pace, 0.5))),
    ...bound,
  });
  const hasCooldown = pace.everyMs <= STREAMS_COOLDOWN_MS;
  return [
    against(peers.longPoll, { atMost: TO_LONG_POLL_GOAL }),
    against(peers.streams, hasCooldown ? { atMost: TO_STREAMS_GOAL } : {}),
    against(peers.fastStreams, { atMost: TO_FAST_STREAMS_GOAL }),
  ];
}

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

async function openOurs(bench: Bench, root: string): Promise<Contender> {
  const { temporal } = bench;
  const program = await startProgram({ role: 'start', temporal, taskQueue: `clock ${root}`, root });
  bench.defer(() => program.close());
  const client = new A2aClient(program.url);
  bench.defer(() => client.close());
  return {
    name: root === ROOT ? 'Longhaul' : `Longhaul of ${root}`,
    meaning: 'SendStreamingMessage over HTTP: skill, signal, history, gateway, SSE frame.',
    async *listen(ticks) {
      for await (const { statusUpdate } of client.stream('clock', [{ data: ticks }])) {
        const text = statusUpdate?.status.message?.parts[0]?.text;
        if (text !== undefined) yield text;
      }
    },
  };
}

async function openPeers(bench: Bench): Promise<Peers> {
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
  return {
    longPoll: {
      name: 'Bare long poll',
      meaning:
        'An activity signals, a client reads `GetWorkflowExecutionHistory`; no HTTP, no A2A.',
      async *listen(ticks) {
        yield* signalsOf(client, await start('clockWorkflow', ticks));
      },
    },
    streams: streams('workflow-streams 1.23.0', undefined),
    fastStreams: streams('workflow-streams 1.23.0, poll cooldown 1 ms', 1),
  };
}
