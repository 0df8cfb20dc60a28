// Row 9: clients stop reading while a skill goes on, beside others that read.

import { setTimeout as delay } from 'node:timers/promises';
import { messageFor } from '../../test/harness/calls';
import { within } from '../../test/harness/eventually';
import { INSPECTED, heldBytes } from '../../test/harness/held-memory';
import { percentileOf } from '../figures';
import { watchGateway } from '../gateway-watch';
import { LeanReader, taskIdOf, type LeanFrame } from '../lean-reader';
import { defineRow } from '../row';
import { serverSockets } from '../server-sockets';
import { StalledReader, digestOf, type Digests } from '../stalled-reader';
import type { Trial } from '../trial';

interface Size {
  readonly stalled: number;
}

/** 20 MB, in chunks that travel by reference: what is measured is the gateway, not Temporal's disk. */
const STREAM = { count: 200, bytes: 100_000, everyMs: 50 } as const;
const FAST_READERS = 3;

/** The systems at both ends hold up to 10 MB for a connection: more than that must come after the stop. */
const LAST_STOP = 20;

const CUT_WITHIN_MS = 35_000;
const QUEUED_BYTES = 1_048_576;
const MAX_SLOWER = 2;
const LOOK_MS = 250;
const DEADLINE_MS = 90_000;
/** That come back at once: each of them reads 20 MB. */
const COMING_BACK = 4;

async function run(trial: Trial<Size>): Promise<void> {
  await trial.startTemporal();
  const gateway = await trial.startGateway({ env: INSPECTED });
  await trial.startWorker();
  const watch = watchGateway(trial, 'gateway', gateway);
  // As many clients as later, none of which stops: what is compared is the stop.
  const baseline = await new Broadcast(gateway.url, trial.size.stalled).toEnd();

  const before = await heldBytes(gateway);
  const broadcast = new Broadcast(gateway.url, 0);
  const taskId = await broadcast.taskId;
  const stalled = Array.from({ length: trial.size.stalled }, () => {
    const stopsAfter = trial.seed.between(1, LAST_STOP);
    return new StalledReader({ url: gateway.url, taskId, stopsAfter });
  });
  trial.defer(async () => stalled.forEach((one) => one.close()));
  const looking = lookAt(stalled, gateway.url);
  const fast = await broadcast.toEnd();
  const queued = ((await heldBytes(gateway)) - before) / stalled.length;
  trial.figure('held for each of them', Math.round(queued), {
    unit: 'bytes',
    atMost: QUEUED_BYTES,
  });
  await looking;
  checkCuts(trial, stalled);
  await comeBack(trial, stalled, broadcast.digests);
  await watch.end();
  const unit = { unit: 'ms' };
  trial.figure('fast readers while nobody stalls, p99', baseline, unit);
  trial.figure('fast readers beside them, p99', fast, { ...unit, atMost: MAX_SLOWER * baseline });
}

/** One task, and those who read it as it goes. */
class Broadcast {
  /** Of every event that the first reader had. */
  readonly digests: Digests = new Map();
  readonly taskId: Promise<string>;
  private readonly lateMs: number[] = [];
  private readonly over: Promise<unknown>;

  /** @param bystanders who read it too, and whose time is not taken. */
  constructor(url: string, bystanders: number) {
    const message = messageFor('clocked-text', {}, { parts: [{ data: STREAM }] });
    let begin: (id: string) => void = () => undefined;
    const reader = new LeanReader({
      ...{ url, method: 'SendStreamingMessage', params: { message } },
      onFrame: (frame) => {
        if (frame.id === 1) begin(taskIdOf(frame.raw));
        else this.digests.set(frame.id, digestOf(frame));
        this.note(frame);
      },
    });
    this.taskId = new Promise((resolve, reject) => {
      begin = resolve;
      reader.opened.catch(reject);
    });
    const others = this.taskId.then((id) => this.others(url, id, bystanders));
    this.over = Promise.all([reader.over, others]);
  }

  /** Resolves with the 99th percentile of what came, in milliseconds after it was said. */
  async toEnd(): Promise<number> {
    await within('the end of the stream', this.over, DEADLINE_MS);
    const whole = STREAM.count * FAST_READERS;
    if (this.lateMs.length !== whole) {
      throw new Error(`fast readers had ${this.lateMs.length} of ${whole} chunks`);
    }
    return percentileOf(this.lateMs, 0.99);
  }

  private async others(url: string, id: string, bystanders: number): Promise<void> {
    const readers = Array.from({ length: FAST_READERS - 1 + bystanders }, (_, i) => {
      const onFrame = (frame: LeanFrame): void => {
        if (i < FAST_READERS - 1) this.note(frame);
      };
      return new LeanReader({ url, method: 'SubscribeToTask', params: { id }, cursor: 0, onFrame });
    });
    await Promise.all(readers.map(({ over }) => over));
  }

  private note({ raw, at }: LeanFrame): void {
    for (const [, said] of raw.matchAll(/said (\d+)/g)) this.lateMs.push(at - Number(said));
  }
}

/** Until the last one is cut off, or should have been long ago. */
async function lookAt(stalled: readonly StalledReader[], url: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (stalled.some(({ cutAt }) => cutAt === undefined) && Date.now() < deadline) {
    const sockets = await serverSockets(url);
    for (const one of stalled) one.look(sockets);
    await delay(LOOK_MS);
  }
}

function checkCuts(trial: Trial, stalled: readonly StalledReader[]): void {
  const cut = stalled.flatMap(({ cutAt, tookAt }) => (cutAt === undefined ? [] : cutAt - tookAt));
  for (const { cutAt } of stalled) trial.operation(cutAt !== undefined);
  trial.figure('cut off', cut.length, { unit: 'clients', atLeast: stalled.length });
  trial.figure('the last one after it took nothing more', Math.max(0, ...cut), {
    unit: 'ms',
    atMost: CUT_WITHIN_MS,
  });
  // Nobody is cut off who has only just stopped.
  trial.figure('the first one', Math.min(...cut), { unit: 'ms', atLeast: CUT_WITHIN_MS / 2 });
}

/** I1 of each: what it had before and what it has after are the whole stream. */
async function comeBack(
  trial: Trial,
  stalled: readonly StalledReader[],
  digests: Digests,
): Promise<void> {
  const waiting = [...stalled];
  const next = async (): Promise<void> => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const cutAfter = one.read.length;
      await within('a client that comes back', one.comeBack(), DEADLINE_MS);
      const wrong = one.read.findIndex(
        ([id, digest], at) => id !== at + 2 || digests.get(id) !== digest,
      );
      const isWhole = wrong < 0 && one.read.length === digests.size;
      trial.operation(isWhole);
      trial.check(
        'I1',
        isWhole,
        `${one.read.length} of ${digests.size} events, wrong at ${wrong}, cut after ${cutAfter}`,
      );
    }
  };
  await Promise.all(Array.from({ length: COMING_BACK }, next));
}

export const stalledReaders = defineRow<Size>({
  row: 9,
  fault: 'clients stop reading while a skill emits 20 MB',
  passes:
    'each cut off within 35 s, 1 MiB queued for it at most, and whole when it comes back; p99 of the others at most doubles; I1 I5',
  sizes: { ci: { stalled: 20 }, full: { stalled: 50 } },
  mutation: {
    breaks: 'a stream does not wait for its client',
    edits: [
      {
        file: 'api/sse.ts',
        from: 'if (!this.res.writableNeedDrain || this.res.destroyed) return;',
        to: 'return;',
      },
    ],
    seenAs: ['own', 'I5'],
  },
  run,
});
