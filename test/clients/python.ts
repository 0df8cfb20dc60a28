// A Python client as a driver: a process that is given orders by its standard input.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ClientError, type Binding, type Driver, type Order } from './driver';
import { pythonWith } from '../harness/python-environment';

/** One line of a driver. */
interface Observation {
  readonly number: number;
  readonly event?: unknown;
  readonly error?: { readonly type: string; readonly message: string };
}

/** @param folder below this one: holds `driver.py` and its `requirements.txt`. */
export async function openPython(
  folder: string,
  binding: Binding,
  urls: readonly string[],
): Promise<Driver> {
  const program = join(__dirname, folder, 'driver.py');
  const child = spawn(await pythonWith(join(__dirname, folder)), [program, binding, ...urls], {
    env: { ...process.env, PYTHONPATH: __dirname, PYTHONDONTWRITEBYTECODE: '1' },
  });
  return new PythonDriver(child);
}

class PythonDriver implements Driver {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly listeners = new Map<number, (seen: Observation) => void>();
  private complaints = '';
  private orders = 0;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.complaints += chunk.toString();
    });
    createInterface(child.stdout).on('line', (line) => {
      const seen = JSON.parse(line) as Observation;
      this.listeners.get(seen.number)?.(seen);
    });
    child.once('exit', () => {
      const error = { type: 'DriverEnded', message: this.complaints };
      for (const [number, tell] of this.listeners) tell({ number, error });
    });
  }

  async *obey(order: Order): AsyncGenerator {
    this.orders += 1;
    const number = this.orders;
    const seen: Observation[] = [];
    let wake: () => void = () => undefined;
    this.listeners.set(number, (observation) => {
      seen.push(observation);
      wake();
    });
    this.child.stdin.write(`${JSON.stringify({ number, ...order })}\n`);
    try {
      for (;;) {
        while (seen.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const { event, error } = seen.shift()!;
        if (error !== undefined) throw new ClientError(error.type, error.message);
        if (event === undefined) return;
        yield event;
      }
    } finally {
      this.listeners.delete(number);
    }
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.stdin.end();
    await gone;
  }
}
