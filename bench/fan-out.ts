// (g) One task that many follow: what each of them costs, and whether all hear at the same time.

import type { Readable } from 'node:stream';
import { A2aClient } from './a2a-client';
import { atOnce } from './at-once';
import type { Bench } from './bench';
import { cpuMs } from './cpu';
import type { Section } from './figures';
import { openFeeds } from './gauges';
import { monotonicMs } from './monotonic';
import { startProgram, type BenchProcess } from './processes';
import { percentile, ratios, spreadOf } from './statistics';

const SUBSCRIBERS = [1, 10, 100, 1_000] as const;

const TICKS = { count: 30, everyMs: 200 } as const;

/** Subscribers that come at once. */
const OPENERS = 16;

/** A time as the skill says it, in a frame. */
const TIME = /"text":"(\d+(?:\.\d+)?)"/g;

/** What one task with so many subscribers came to. */
interface Sample {
  readonly tookMs: readonly number[];
  readonly cpuMs: number;
  /** By subscribing, before the task went on. */
  readonly historyEventsAdded: number;
  readonly feeds: number;
}

type Figure =
  | 'p50 ms'
  | 'p99 ms'
  | 'gateway CPU ms/event'
  | 'CPU µs/event and subscriber'
  | 'history events'
  | 'open feeds';

const FIGURES: Readonly<Record<Figure, (sample: Sample) => number>> = {
  'p50 ms': ({ tookMs }) => percentile(tookMs, 0.5),
  'p99 ms': ({ tookMs }) => percentile(tookMs, 0.99),
  'gateway CPU ms/event': (sample) => sample.cpuMs / TICKS.count,
  'CPU µs/event and subscriber': (sample) => (sample.cpuMs * 1_000) / sample.tookMs.length,
  'history events': ({ historyEventsAdded }) => historyEventsAdded,
  'open feeds': ({ feeds }) => feeds,
};
const COLUMNS = Object.keys(FIGURES) as Figure[];

export async function measureFanOut(bench: Bench): Promise<Section> {
  const service = await openService(bench);
  await hear(service, 10);
  const samples = new Map(SUBSCRIBERS.map((count) => [count, [] as Sample[]]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [count, rounds] of samples) rounds.push(await hear(service, count));
    bench.report(`g: round ${round} of ${bench.rounds}`);
  }
  const measured = (count: (typeof SUBSCRIBERS)[number], figure: Figure): readonly number[] =>
    (samples.get(count) ?? []).map(FIGURES[figure]);
  return {
    id: 'g',
    title: 'One task with many subscribers',
    method:
      `One task says ${TICKS.count} times, every ${TICKS.everyMs} ms, what time it is; each subscriber has an open ` +
      'SubscribeToTask of its own, and notes when it has each event. Gateway and worker are two processes; the CPU is that ' +
      'of the gateway from the moment in which the task goes on to its end, keep-alives included. History events are those ' +
      'that subscribing has added, open feeds the long polls of the gateway.',
    columns: COLUMNS,
    rows: SUBSCRIBERS.map((count) => ({
      name: `${count.toLocaleString('en')} subscriber${count === 1 ? '' : 's'}`,
      meaning: `${(count * TICKS.count).toLocaleString('en')} frames a round.`,
      cells: COLUMNS.map((figure) => spreadOf(measured(count, figure))),
    })),
    goals: [
      {
        name: 'history events added by 1,000 subscribers',
        value: spreadOf(measured(1_000, 'history events')),
        atMost: 0,
      },
      {
        name: 'open feeds with 1,000 subscribers',
        value: spreadOf(measured(1_000, 'open feeds')),
        atMost: 1,
      },
      {
        name: 'p50: 1,000 subscribers / 1',
        value: spreadOf(ratios(measured(1_000, 'p50 ms'), measured(1, 'p50 ms'))),
      },
    ],
  };
}

interface Service {
  readonly gateway: BenchProcess;
  readonly client: A2aClient;
  historyLength(taskId: string): Promise<number>;
}

async function openService(bench: Bench): Promise<Service> {
  const { temporal } = bench;
  const taskQueue = 'fan-out';
  const worker = await startProgram({ role: 'worker', temporal, taskQueue });
  bench.defer(() => worker.close());
  const gateway = await startProgram({ role: 'gateway', temporal, taskQueue });
  bench.defer(() => gateway.close());
  const client = new A2aClient(gateway.url);
  bench.defer(() => client.close());
  return {
    gateway,
    client,
    async historyLength(taskId) {
      const workflowId = ['default', 'anonymous', taskId].join('/');
      return (await temporal.client.workflow.getHandle(workflowId).describe()).historyLength;
    },
  };
}

async function hear(service: Service, subscribers: number): Promise<Sample> {
  const { gateway, client } = service;
  const { id } = await client.send('clock', [{ data: { ...TICKS, asks: true } }]);
  const before = await service.historyLength(id);
  const followers = new A2aClient(gateway.url);
  try {
    const watches = Array.from({ length: subscribers }, () => new Watch());
    await atOnce(OPENERS, watches, async (watch) => {
      watch.follow(await followers.open(id));
      await watch.begun;
    });
    const historyEventsAdded = (await service.historyLength(id)) - before;
    const feeds = await openFeeds(gateway.url);
    const usedBefore = await cpuMs([gateway.pid]);
    await client.answer(id, 'go on');
    await Promise.all(watches.map(({ ended }) => ended));
    const usedMs = (await cpuMs([gateway.pid])) - usedBefore;
    const tookMs = watches.flatMap((watch) => watch.tookMs);
    const expected = subscribers * TICKS.count;
    if (tookMs.length !== expected) throw new Error(`heard ${tookMs.length} of ${expected} events`);
    return { tookMs, cpuMs: usedMs, historyEventsAdded, feeds };
  } finally {
    followers.close();
  }
}

/** One subscriber. */
class Watch {
  readonly tookMs: number[] = [];
  /** Resolves when it has the first frame. */
  readonly begun: Promise<void>;
  /** Resolves at the end of the stream. */
  readonly ended: Promise<void>;
  private begin = (): void => undefined;
  private end = (): void => undefined;
  private pending = '';

  constructor() {
    this.begun = new Promise((resolve) => {
      this.begin = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  follow(stream: Readable): void {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      this.hear(chunk, monotonicMs());
    });
    stream.once('close', this.end);
  }

  private hear(chunk: string, now: number): void {
    this.begin();
    this.pending += chunk;
    const end = this.pending.lastIndexOf('\n\n');
    if (end < 0) return;
    const frames = this.pending.slice(0, end).matchAll(TIME);
    for (const [, said] of frames) this.tookMs.push(now - Number(said));
    this.pending = this.pending.slice(end);
  }
}
