// (j) What a task, its progress and its subscribers cost in Temporal's own terms, beside `@temporalio/workflow-streams`.

import type { Bench } from '../bench';
import type { Section } from '../figures';
import type { Ticks } from '../peers/contract';
import { linePlot, type Plot } from '../plots';
import { ratios, spreadOf } from '../statistics';
import { costOf, type Cost } from './actions';
import { openOurs, openStreams, type Contender } from './contenders';
import { ServerActions, type Silent } from './server-actions';

const EVENTS = 10;

const SILENT: Ticks = { count: 0, everyMs: 0 };
/** Much slower than the emitter's flush interval, so that each event is a signal of its own also where the machine is busy. */
const PACED: Ticks = { count: EVENTS, everyMs: 300 };
const IN_ONE_GO: Ticks = { count: EVENTS, everyMs: 0 };

const SUBSCRIBERS = [0, 1, 5] as const;
const MOST = SUBSCRIBERS[2];

/** Following a task leaves no trace in its history. */
const GOAL = 0;

/** The histories of one contender in one round. */
interface Round {
  readonly silent: Cost;
  readonly inOneGo: Cost;
  /** In the order of `SUBSCRIBERS`. */
  readonly paced: readonly Cost[];
  readonly withoutEvent: Silent;
}

type Unit = 'events' | 'actions';

const UNITS = { events: 'History events', actions: 'Billable actions' } as const;

const FIGURES: Readonly<Record<string, (round: Round, unit: Unit) => number>> = {
  'a task': ({ silent }, unit) => silent[unit],
  'a progress event': ({ silent, paced }, unit) => (at(paced, 0)[unit] - silent[unit]) / EVENTS,
  [`one of ${EVENTS} in one go`]: ({ silent, inOneGo }, unit) =>
    (inOneGo[unit] - silent[unit]) / EVENTS,
  [`a subscriber to ${EVENTS}`]: subscriberCost,
};

/** Billed too, but no event tells of them. */
const WITHOUT_EVENT: Readonly<Record<string, (round: Round) => number>> = {
  'heartbeats/s': heartbeatsPerSecond,
  queries: ({ withoutEvent }) => withoutEvent.queries,
};

const METHOD: Readonly<Record<Unit, string>> = {
  events:
    `Counted in the histories of real tasks: one without progress, one with ${EVENTS} events ${PACED.everyMs} ms apart, ` +
    `one with ${EVENTS} in one go, and the paced one with ${MOST} subscribers.`,
  actions:
    'Of the same histories, what [Temporal Cloud bills](https://docs.temporal.io/evaluate/cloud/actions): each start of a ' +
    'workflow, signal, update, timer, upsert of search attributes and attempt of an activity; an upsert of a memo is not in ' +
    'that list. Heartbeats and queries are, and leave no event: they are from the counters of the server, for each ' +
    'second that a skill runs and for all of these tasks.',
};

type Contenders = readonly [ours: Contender, streams: Contender];

/** The rounds of a contender. */
type RoundsOf = (contender: Contender) => readonly Round[];

export async function measureCosts(bench: Bench): Promise<readonly Section[]> {
  const server = await ServerActions.of(bench.temporal.pid);
  const contenders = [await openOurs(bench), await openStreams(bench)] as const;
  const counted = new Map(contenders.map((contender) => [contender, [] as Round[]]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [contender, rounds] of counted) {
      rounds.push(await runRound(bench, server, contender));
    }
    bench.report(`j: round ${round} of ${bench.rounds}`);
  }
  const roundsOf: RoundsOf = (contender) => counted.get(contender) ?? [];
  return [
    sectionOf('events', contenders, roundsOf),
    { ...sectionOf('actions', contenders, roundsOf), plots: [plotOf(contenders, roundsOf)] },
  ];
}

function sectionOf(unit: Unit, contenders: Contenders, roundsOf: RoundsOf): Section {
  const more = unit === 'actions' ? WITHOUT_EVENT : {};
  return {
    id: 'j',
    title: `${UNITS[unit]} of a task, its progress and its subscribers`,
    method: METHOD[unit],
    columns: [...Object.keys(FIGURES), ...Object.keys(more)],
    rows: contenders.map((contender) => ({
      name: contender.name,
      meaning: contender.meaning,
      cells: [
        ...Object.values(FIGURES).map((figure) =>
          spreadOf(roundsOf(contender).map((round) => figure(round, unit))),
        ),
        ...Object.values(more).map((figure) => spreadOf(roundsOf(contender).map(figure))),
      ],
    })),
    goals: goalsOf(unit, contenders, roundsOf),
  };
}

/** Its tasks run at the same time: what has no event cannot be told apart, and takes a second to be counted. */
async function runRound(
  { temporal }: Bench,
  server: ServerActions,
  contender: Contender,
): Promise<Round> {
  const plans: readonly (readonly [Ticks, number])[] = [
    [SILENT, 0],
    [IN_ONE_GO, 0],
    ...SUBSCRIBERS.map((subscribers) => [PACED, subscribers] as const),
  ];
  let workflowIds: readonly string[] = [];
  const withoutEvent = await server.during(async () => {
    workflowIds = await Promise.all(plans.map((plan) => contender.run(...plan)));
  });
  const costs = await Promise.all(workflowIds.map((id) => costOf(temporal.client, id)));
  const [silent, inOneGo, ...paced] = costs;
  return { silent: at([silent], 0), inOneGo: at([inOneGo], 0), paced, withoutEvent };
}

function goalsOf(unit: Unit, [ours, streams]: Contenders, roundsOf: RoundsOf): Section['goals'] {
  const added = roundsOf(ours).map((round) => subscriberCost(round, unit));
  const pacedTask = (contender: Contender): readonly number[] =>
    roundsOf(contender).map(({ paced }) => at(paced, -1)[unit]);
  return [
    {
      name: `${UNITS[unit]} that a subscriber adds: ${ours.name}`,
      value: spreadOf(added),
      atMost: GOAL,
    },
    {
      name: `${UNITS[unit]} of a task with ${EVENTS} events and ${MOST} subscribers: ${ours.name} / ${streams.name}`,
      value: spreadOf(ratios(pacedTask(ours), pacedTask(streams))),
    },
  ];
}

function plotOf(contenders: Contenders, roundsOf: RoundsOf): Plot {
  return linePlot({
    id: 'actions',
    title: `Billable actions of a task with ${EVENTS} progress events, by its subscribers`,
    x: { title: 'subscribers' },
    y: { title: 'actions' },
    points: contenders.flatMap((contender) =>
      SUBSCRIBERS.map((subscribers, index) => ({
        ...{ series: contender.name, x: subscribers },
        y: spreadOf(roundsOf(contender).map(({ paced }) => at(paced, index).actions)),
      })),
    ),
  });
}

/** Of the paced task, on average over the most that it has. */
function subscriberCost({ paced }: Round, unit: Unit): number {
  return (at(paced, -1)[unit] - at(paced, 0)[unit]) / MOST;
}

function heartbeatsPerSecond({ silent, inOneGo, paced, withoutEvent }: Round): number {
  const ranMs = [silent, inOneGo, ...paced].reduce((sum, { activityMs }) => sum + activityMs, 0);
  return (withoutEvent.heartbeats * 1_000) / ranMs;
}

function at(costs: readonly (Cost | undefined)[], index: number): Cost {
  const cost = costs.at(index);
  if (cost === undefined) throw new Error(`there is no history ${index}`);
  return cost;
}
