// Row 23: bodies that nobody means, over three bindings and two generations.

import { messageFor, send } from '../../test/harness/calls';
import { metric } from '../../test/harness/metrics';
import { GrpcSocket } from '../fuzz/ask';
import { heavyBodies } from '../fuzz/heavy';
import { problemOf, reasonOf, type Said } from '../fuzz/said';
import { targetsOf } from '../fuzz/targets';
import { Decoy } from '../decoy';
import { defineRow } from '../row';
import type { TestProcess } from '../../test/harness/processes';
import type { Trial } from '../trial';

interface Size {
  /** Besides those that are made to cost. */
  readonly bodies: number;
}

/** As one body may stop everybody else for. */
const MAX_BLOCK_MS = 200;

/** What is slow each time is slow by itself, not by what else the machine does. */
const TRIES = 4;

/** Sent at once, and looked at together. */
const BATCH = 10;

/** Kinds of refusals, without which the bodies have not come far. */
const MIN_REASONS = 3;

interface Body {
  readonly name: string;
  readonly send: () => Promise<Said>;
}

async function run(trial: Trial<Size>): Promise<void> {
  const { size, seed } = trial;
  const hook = await Decoy.open();
  trial.defer(() => hook.close());
  await trial.startTemporal();
  const env = { PUSH_ALLOW_HOSTS: '127.0.0.1' };
  const gateway = await trial.startGateway({ env, servesGrpc: true });
  await trial.startWorker({ env });
  const grpc = new GrpcSocket(gateway.grpcAddress);
  trial.defer(async () => grpc.close());
  const { id: taskId } = await send(gateway.url, messageFor('silence'));
  const options = { url: gateway.url, grpc, taskId, hook: `http://127.0.0.1:${hook.port}/` };
  const targets = targetsOf(options);
  const fuzz = new Fuzz(trial, gateway);
  await fuzz.warmUp(
    targets.map(({ name, good, send: give }) => ({ name, send: () => give(good) })),
  );
  trial.report(`${targets.length} operations`);

  for (let sent = 0; sent < size.bodies; sent += BATCH) {
    const chosen = Array.from({ length: BATCH }, (_, i) => targets[(sent + i) % targets.length]);
    const batch = chosen.flatMap((target) => {
      if (target === undefined) return [];
      const { name, good, mutate, send: give } = target;
      const body = mutate(good, seed);
      const shown = body.toString('latin1').slice(0, 500);
      return { name: `${name}: ${JSON.stringify(shown)}`, send: () => give(body) };
    });
    await fuzz.send(batch);
  }
  trial.report('and those that are made to cost');
  for (const heavy of heavyBodies(options)) await fuzz.send([heavy]);
  await fuzz.end();
}

class Fuzz {
  private readonly trial: Trial<Size>;
  private readonly gateway: TestProcess;
  private readonly reasons = new Map<string, Set<string>>();
  private longestMs = 0;
  private taken = 0;
  /** By the gateway, since it began. */
  private computedMs = 0;

  constructor(trial: Trial<Size>, gateway: TestProcess) {
    this.trial = trial;
    this.gateway = gateway;
  }

  /** Good bodies must be understood, or their changes show nothing; and what is compiled first is slow once. */
  async warmUp(bodies: readonly Body[]): Promise<void> {
    for (const { name, send: ask } of bodies) {
      const said = await ask();
      // What is said of the task is for later than what is said of the body.
      if (/INVALID|NOT_FOUND/.test(reasonOf(said) ?? ''))
        throw new Error(`${name} is refused: ${said.text.slice(0, 500)}`);
    }
    await this.blockedMs();
  }

  async send(batch: readonly Body[]): Promise<void> {
    await Promise.all(batch.map((body) => this.ask(body)));
    const ms = await this.blockedMs();
    if (ms <= MAX_BLOCK_MS) {
      this.longestMs = Math.max(this.longestMs, ms);
      return;
    }
    for (const body of batch) await this.askAlone(body);
  }

  async end(): Promise<void> {
    const { trial, gateway, reasons, taken } = this;
    const { id, status } = await send(gateway.url, messageFor('silence'));
    const isWell = status.state === 'TASK_STATE_COMPLETED';
    trial.check('I8', isWell, `${id}: a good message afterwards is ${status.state}`);
    const printed = gateway.output();
    trial.check('I5', !/unhandled|uncaught/i.test(printed), `printed: ${printed.slice(0, 500)}`);
    for (const [binding, kinds] of reasons) {
      const reported = { unit: 'kinds', atLeast: MIN_REASONS };
      trial.figure(`refusals over ${binding}`, kinds.size, reported);
    }
    trial.figure('taken all the same', taken, { unit: 'bodies', atLeast: trial.attempted / 20 });
    const block = { unit: 'ms', atMost: MAX_BLOCK_MS };
    trial.figure('longest block of the event loop', Math.round(this.longestMs), block);
  }

  private async ask(body: Body): Promise<void> {
    const { trial } = this;
    const said = await body.send().catch((err: unknown) => String(err));
    const problem = typeof said === 'string' ? said : problemOf(said);
    trial.operation(problem === undefined);
    trial.check('I9', problem === undefined, `${problem ?? ''}, answered to ${body.name}`);
    if (typeof said === 'string') return;
    const reason = reasonOf(said);
    if (reason === undefined) this.taken += 1;
    else this.kindsOf(said.binding).add(reason);
  }

  /** The shortest block of several tries counts. */
  private async askAlone(body: Body): Promise<void> {
    let shortest = Number.POSITIVE_INFINITY;
    for (let left = TRIES; left > 0 && shortest > MAX_BLOCK_MS; left -= 1) {
      await body.send().catch(() => undefined);
      shortest = Math.min(shortest, await this.blockedMs());
    }
    const what = `blocks for ${Math.round(shortest)} ms: ${body.name}`;
    this.trial.check('own', shortest <= MAX_BLOCK_MS, what);
    this.longestMs = Math.max(this.longestMs, shortest);
  }

  private kindsOf(binding: string): Set<string> {
    const kinds = this.reasons.get(binding) ?? new Set();
    this.reasons.set(binding, kinds);
    return kinds;
  }

  /**
   * The longest since it was asked before, as the gateway itself measures it; but no longer than it
   * computed, for while the machine is busy with others it is not the body that blocks.
   */
  private async blockedMs(): Promise<number> {
    const { url } = this.gateway;
    const lagMs = 1_000 * (await metric(url, 'nodejs_eventloop_lag_max_seconds'));
    const before = this.computedMs;
    this.computedMs = 1_000 * (await metric(url, 'process_cpu_seconds_total'));
    return Math.min(lagMs, this.computedMs - before);
  }
}

export const fuzzedBodies = defineRow<Size>({
  row: 23,
  fault:
    'fuzzed bodies over three bindings and two generations; a million levels, invalid UTF-8, gzip bombs, `__proto__`',
  passes: 'I9; no 5xx, no crash, the event loop never blocked longer than 200 ms by one',
  sizes: { ci: { bodies: 1_500 }, full: { bodies: 10_000 } },
  mutation: {
    breaks: 'bodies of any depth are taken, and of any number of lists',
    edits: [
      {
        file: 'api/body.ts',
        from: 'if (depth > DEPTH_MAX) refuse(',
        to: 'if (depth > Infinity) refuse(',
      },
      {
        file: 'api/body.ts',
        from: 'if (holders > HOLDERS_MAX)',
        to: 'if (holders > Infinity)',
      },
    ],
    seenAs: ['I9'],
  },
  run,
});
