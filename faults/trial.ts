// One run of one row: its processes, what was tried, what was seen, and what of it must not be.

import type { Program } from '../test/harness/child';
import {
  startGateway,
  startWorker,
  type ProcessOptions,
  type TestProcess,
} from '../test/harness/processes';
import { seeded, type Seeded } from '../test/harness/seeded';
import { startTestTemporal, type TestTemporal } from '../test/harness/temporal';
import { join } from 'node:path';
import type { Invariant } from './invariants';
import { TcpLink } from './tcp-link';

type Close = () => Promise<void>;

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bound: string;
}

interface Bound {
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Default: false. */
  readonly servesGrpc?: boolean;
  /** Between the process and Temporal. Default: none. */
  readonly link?: TcpLink;
  /** Default: that of the trial. */
  readonly program?: Program;
}

/** A violation that repeats says nothing new; the first few say where to look. */
const MAX_TOLD_OF_ONE_INVARIANT = 5;

const SKILLS = join(__dirname, 'skills');

export class Trial<S extends object = object> {
  readonly size: S;
  readonly seed: Seeded;
  /** What is tested: as it was built, or its mutant. */
  readonly program: Program;
  readonly violations: Violation[] = [];
  readonly figures: Figure[] = [];
  attempted = 0;
  succeeded = 0;
  private readonly closes: Close[] = [];
  private server: TestTemporal | undefined;

  constructor(size: S, seed: number, program: Program) {
    this.size = size;
    this.seed = seeded(seed);
    this.program = program;
  }

  get temporal(): TestTemporal {
    if (this.server === undefined) throw new Error('no server: call startTemporal() first');
    return this.server;
  }

  async startTemporal(): Promise<TestTemporal> {
    const server = await startTestTemporal();
    this.server = server;
    this.defer(() => server.close());
    return server;
  }

  startGateway(options: StartOptions = {}): Promise<TestProcess> {
    return this.start(startGateway, options);
  }

  startWorker(options: StartOptions = {}): Promise<TestProcess> {
    return this.start(startWorker, options);
  }

  /** Before Temporal, for one process or more. */
  async openLink(): Promise<TcpLink> {
    const link = await TcpLink.open(this.temporal.address);
    this.defer(() => link.close());
    return link;
  }

  /** Counts what the clients try; a run in which under half succeed is void. */
  operation(hasSucceeded: boolean): void {
    this.attempted += 1;
    if (hasSucceeded) this.succeeded += 1;
  }

  /** What must hold; `what` tells where it does not. */
  check(invariant: Invariant, holds: boolean, what: string): void {
    if (!holds) this.violations.push({ invariant, what });
  }

  /** Kept for the table; over its bound it is a violation of the row's own. */
  figure(name: string, value: number, { unit, atMost, atLeast }: Bound): void {
    const bound =
      atMost !== undefined ? `≤ ${atMost}` : atLeast !== undefined ? `≥ ${atLeast}` : '';
    this.figures.push({ name, value, unit, bound });
    // A figure that is not a number holds no bound.
    const holds =
      (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
    this.check('own', holds, `${name}: ${value} ${unit}, bound ${bound}`);
  }

  /** Progress, to stderr. */
  report(line: string): void {
    process.stderr.write(`  ${line}\n`);
  }

  /** Runs at the end, also of a trial that throws, the last first. */
  defer(close: Close): void {
    this.closes.push(close);
  }

  async close(): Promise<void> {
    for (let close = this.closes.pop(); close !== undefined; close = this.closes.pop()) {
      await close();
    }
  }

  /** The first few violations of each invariant. */
  told(): readonly string[] {
    const broken = new Set(this.violations.map(({ invariant }) => invariant));
    return [...broken].flatMap((one) => {
      const all = this.violations.filter(({ invariant }) => invariant === one);
      const first = all.slice(0, MAX_TOLD_OF_ONE_INVARIANT).map(({ what }) => `${one}: ${what}`);
      const more = all.length - first.length;
      return more > 0 ? [...first, `${one}: … and ${more} more`] : first;
    });
  }

  private async start(
    start: (options: ProcessOptions) => Promise<TestProcess>,
    { env = {}, servesGrpc = false, link, program = this.program }: StartOptions,
  ): Promise<TestProcess> {
    const { temporal } = this;
    const { address, dataDir } = temporal;
    const started = await start({
      temporal: { address: link?.address ?? address, dataDir },
      env: { SKILLS, ...env },
      servesGrpc,
      program,
    });
    this.defer(() => started.kill());
    return started;
  }
}
