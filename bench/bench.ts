// What every benchmark is given: the server, the number of rounds, and a place for what must be closed.

import { startBenchTemporal, type BenchTemporal } from './temporal';

type Close = () => Promise<void> | void;

export interface Bench {
  readonly temporal: BenchTemporal;
  readonly rounds: number;
  /** Another checkout to measure beside this one. */
  readonly against: string | undefined;
  /** Also what takes too long for every day. */
  readonly isFull: boolean;
  report(line: string): void;
  /** Closed when the benchmark ends, also by failing, in the reverse order. */
  defer(close: Close): void;
}

/** The server of one whole run; each benchmark on it starts its own processes and ends them. */
export class BenchRun {
  private readonly closes: Close[] = [];
  private readonly temporal: BenchTemporal;

  private constructor(temporal: BenchTemporal) {
    this.temporal = temporal;
  }

  static async open(): Promise<BenchRun> {
    return new BenchRun(await startBenchTemporal());
  }

  get version(): string {
    return this.temporal.version;
  }

  async measure<T>(
    what: (bench: Bench) => Promise<T>,
    options: Pick<Bench, 'rounds' | 'against' | 'isFull' | 'report'>,
  ): Promise<T> {
    const defer = (close: Close): void => void this.closes.push(close);
    try {
      return await what({ ...options, temporal: this.temporal, defer });
    } finally {
      await this.closeProcesses();
    }
  }

  async close(): Promise<void> {
    await this.closeProcesses();
    await this.temporal.close();
  }

  private async closeProcesses(): Promise<void> {
    for (let close = this.closes.pop(); close !== undefined; close = this.closes.pop()) {
      await close();
    }
  }
}
