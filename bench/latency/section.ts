// (b) Time from a call to the first word, and from a skill's emission to its client, beside the ways that Temporal offers.

import type { Bench } from '../bench';
import type { Goal, Section } from '../figures';
import { percentile, ratios, spreadOf } from '../statistics';
import { openOurs, openPeers, type Contender, type Peers } from './contenders';
import { hear, type Heard, type Level } from './crowd';

const SENDS = { count: 6, everyMs: 50 } as const;

/**
 * Slower than the emitter's flush interval, so that batching delays nobody. At 150 ms the default
 * cooldown of a workflow stream's subscriber is over before the next emission; at 100 ms it counts.
 */
const ALONE = { open: 1, speakers: 1, sends: SENDS } as const;
const SLOW: Level = { ...ALONE, name: '1 task every 150 ms', ticks: { count: 20, everyMs: 150 } };
const QUICK: Level = { ...ALONE, name: '1 task every 100 ms', ticks: { count: 40, everyMs: 100 } };

/**
 * One task in twenty speaks, twice a second, and the others wait, as most tasks of agents do: for an answer or a tool. A
 * thousand that speak once in ten seconds would say as much, but a worker runs no more than 200 skills at once.
 */
const crowd = (open: number, count: number): Level => ({
  name: `${open.toLocaleString('en')} tasks`,
  open,
  speakers: open / 20,
  ticks: { count, everyMs: 500 },
  sends: { count: 6, everyMs: 1_000 },
});
const HUNDRED = crowd(100, 16);
/** The last speaker begins some seconds after the first. */
const THOUSAND = crowd(1_000, 30);

const LEVELS = [SLOW, QUICK, HUNDRED, THOUSAND] as const;

const WARM_UP: Level = { ...ALONE, name: 'warm-up', ticks: { count: 5, everyMs: 100 } };

type Figure = 'first word p50 ms' | 'p50 ms' | 'p99 ms' | 'events/s';

const FIGURES: Readonly<Record<Figure, (heard: Heard) => number>> = {
  'first word p50 ms': ({ firstWordMs }) => percentile(firstWordMs, 0.5),
  'p50 ms': ({ tookMs }) => percentile(tookMs, 0.5),
  'p99 ms': ({ tookMs }) => percentile(tookMs, 0.99),
  'events/s': ({ eventsPerSecond }) => eventsPerSecond,
};
const COLUMNS = Object.keys(FIGURES) as Figure[];

/** At a hundred tasks. */
const TO_LONG_POLL_GOAL = 1.3;
/** How many times as fast, where their cooldown counts, and where they are set to the fastest. */
const STREAMS_GOAL = 8;
const FAST_STREAMS_GOAL = 1.5;
/** At a thousand tasks and a hundred events a second. */
const P99_GOAL_MS = 50;

/** A figure of a contender at a level, once a round; empty where it does not bear it. */
type Measured = (contender: Contender, level: Level, figure: Figure) => readonly number[];

export async function measureLatency(bench: Bench): Promise<Section> {
  const ours = await openOurs(bench);
  const peers = await openPeers(bench);
  const others = bench.against === undefined ? [] : [await openOurs(bench, bench.against)];
  const contenders = [ours, ...others, peers.longPoll, peers.streams, peers.fastStreams];
  const measured = await measure(bench, contenders);
  return {
    id: 'b',
    title: 'Latency from emission to client',
    method:
      'Tasks that say what time it is; the time until the client has it. One alone, every 150 ms and every 100 ms; and ' +
      'one of twenty tasks twice a second, while the others wait, all of them open and followed, each by a stream or long ' +
      'poll of its own: what is said while all speak counts. First word: from the call of a new task to what its skill says at ' +
      'once; beside the many, one task a second is sent meanwhile.',
    columns: COLUMNS,
    rows: LEVELS.flatMap((level) =>
      contenders.filter(bears(level)).map((contender) => ({
        name: `${contender.name}, ${level.name}`,
        // Once for each.
        meaning: level === SLOW ? contender.meaning : '',
        cells: COLUMNS.map((figure) => spreadOf(measured(contender, level, figure))),
      })),
    ),
    goals: [ours, ...others].flatMap((one) => goalsOf({ ours: one, peers, measured })),
  };
}

function bears({ open }: Level): (contender: Contender) => boolean {
  return (contender) => contender.bears >= open;
}

async function measure(bench: Bench, contenders: readonly Contender[]): Promise<Measured> {
  for (const contender of contenders) await hear(contender, WARM_UP);
  const heard = new Map(
    contenders.map((c) => [c, new Map(LEVELS.map((level) => [level, [] as Heard[]]))]),
  );
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const level of LEVELS) {
      for (const contender of contenders.filter(bears(level))) {
        heard
          .get(contender)
          ?.get(level)
          ?.push(await hear(contender, level));
      }
      bench.report(`b: ${level.name}, round ${round} of ${bench.rounds}`);
    }
  }
  return (contender, level, figure) =>
    (heard.get(contender)?.get(level) ?? []).map(FIGURES[figure]);
}

interface Standing {
  readonly ours: Contender;
  readonly peers: Peers;
  readonly measured: Measured;
}

function goalsOf({ ours, peers, measured }: Standing): readonly Goal[] {
  const p50 = (contender: Contender, level: Level): readonly number[] =>
    measured(contender, level, 'p50 ms');
  const toLongPoll = (level: Level): Goal => ({
    name: `p50, ${level.name}: ${ours.name} / ${peers.longPoll.name}`,
    value: spreadOf(ratios(p50(ours, level), p50(peers.longPoll, level))),
    ...(level === HUNDRED ? { atMost: TO_LONG_POLL_GOAL } : {}),
  });
  const timesAsFast = (peer: Contender, level: Level, atLeast?: number): Goal => ({
    name: `p50, ${level.name}: ${peer.name} / ${ours.name}`,
    value: spreadOf(ratios(p50(peer, level), p50(ours, level))),
    ...(atLeast === undefined ? {} : { atLeast }),
  });
  return [
    ...LEVELS.map(toLongPoll),
    timesAsFast(peers.streams, QUICK, STREAMS_GOAL),
    timesAsFast(peers.fastStreams, QUICK, FAST_STREAMS_GOAL),
    timesAsFast(peers.streams, HUNDRED),
    timesAsFast(peers.fastStreams, HUNDRED),
    {
      name: `p99 ms, ${THOUSAND.name}: ${ours.name}`,
      value: spreadOf(measured(ours, THOUSAND, 'p99 ms')),
      atMost: P99_GOAL_MS,
    },
  ];
}
