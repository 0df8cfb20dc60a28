// Row 10: many clients follow few tasks, each event of each at once.

import { setTimeout as delay } from 'node:timers/promises';
import { messageFor, sendAndLeave } from '../../test/harness/calls';
import { within } from '../../test/harness/eventually';
import { openFeeds } from '../../test/harness/metrics';
import type { WireTask } from '../../test/harness/wire';
import { percentileOf } from '../figures';
import { watchGateway } from '../gateway-watch';
import { LeanReader } from '../lean-reader';
import { defineRow } from '../row';
import type { Trial } from '../trial';

interface Size {
  readonly tasks: number;
  readonly readers: number;
  readonly events: number;
  readonly everyMs: number;
  /** In which every client is to be there, before the first event. */
  readonly arrivalMs: number;
}

const LATE_MS = 1_000;
const FEEDS_MS = 500;
/** Full size takes four minutes. */
const DEADLINE_MS = 360_000;

async function run(trial: Trial<Size>): Promise<void> {
  const { tasks, readers, events, everyMs, arrivalMs } = trial.size;
  await trial.startTemporal();
  const gateway = await trial.startGateway();
  await trial.startWorker();
  const { url } = gateway;
  const watch = watchGateway(trial, 'gateway', gateway);
  const options = { count: events, everyMs, startAt: Date.now() + arrivalMs };
  const begun: WireTask[] = [];
  for (let task = 0; task < tasks; task += 1) {
    const startAt = options.startAt + trial.seed.between(0, everyMs);
    const message = { parts: [{ data: { ...options, startAt } }] };
    begun.push(await sendAndLeave(url, messageFor('clocked-progress', {}, message)));
  }
  const each = readers / tasks;
  const clients = begun.flatMap(({ id }) =>
    Array.from({ length: each }, () => new Client(url, id)),
  );
  trial.defer(async () => clients.forEach(({ reader }) => reader.close()));
  await Promise.allSettled(clients.map(({ reader }) => reader.opened));
  trial.figure('clients there before the first event', options.startAt - Date.now(), {
    unit: 'ms',
    atLeast: 0,
  });
  const feeds = countFeeds(url);
  const over = Promise.all(clients.map(({ reader }) => reader.over));
  await within('the end of all streams', over, DEADLINE_MS).catch(() => undefined);
  trial.figure('open feeds at most', await feeds.end(), { unit: '', atMost: tasks, atLeast: 1 });
  await watch.end();
  for (const client of clients) client.check(trial, events);
  const late = clients.flatMap(({ lateMs }) => lateMs);
  const all = readers * events;
  trial.figure('events that arrived', late.length, { unit: `of ${all}`, atLeast: all });
  trial.figure('after they were said, p50', percentileOf(late, 0.5), { unit: 'ms' });
  trial.figure('p99', percentileOf(late, 0.99), { unit: 'ms', atMost: LATE_MS });
}

/** One client of one task; it notes when each text came, and in which order. */
class Client {
  readonly lateMs: number[] = [];
  readonly reader: LeanReader;
  private next = 2;
  private wrong: string | undefined;

  constructor(url: string, id: string) {
    let isSnapshot = true;
    this.reader = new LeanReader({
      ...{ url, method: 'SubscribeToTask', params: { id }, cursor: 1 },
      onFrame: ({ id: seq, raw, at }) => {
        const [, said] = /"said (\d+)"/.exec(raw) ?? [];
        if (said !== undefined) this.lateMs.push(at - Number(said));
        if (!isSnapshot) {
          if (seq !== this.next) this.wrong ??= `event ${seq} instead of ${this.next}`;
          this.next = seq + 1;
        }
        isSnapshot = false;
      },
    });
  }

  check(trial: Trial, events: number): void {
    const { length } = this.lateMs;
    trial.operation(length === events);
    trial.check('I1', this.wrong === undefined, this.wrong ?? '');
    trial.check('I1', length === events, `${length} of ${events} texts`);
  }
}

/** The most that were open at any time. */
function countFeeds(url: string): { end(): Promise<number> } {
  const stop = new AbortController();
  let most = 0;
  const count = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      most = Math.max(most, await openFeeds(url));
      await delay(FEEDS_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const counting = count();
  return {
    async end() {
      stop.abort();
      await counting;
      return most;
    },
  };
}

export const manyReaders = defineRow<Size>({
  row: 10,
  fault: 'ten clients on each of many tasks that all talk at once',
  passes: 'every event arrives, p99 within 1 s; no more feeds than tasks; I1 I5',
  sizes: {
    ci: { tasks: 20, readers: 200, events: 50, everyMs: 400, arrivalMs: 6_000 },
    full: { tasks: 100, readers: 1_000, events: 200, everyMs: 1_000, arrivalMs: 20_000 },
  },
  mutation: {
    breaks: 'every client has a feed of its own',
    edits: [
      {
        file: 'temporal/event-feed.ts',
        from: 'this.open.set(workflowId, feed);',
        to: 'this.open.set(`${workflowId} ${this.open.size}`, feed);',
      },
    ],
    seenAs: ['own'],
  },
  run,
});
