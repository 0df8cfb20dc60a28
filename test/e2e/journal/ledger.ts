// What the skills of `journaled.mjs` did outside their tasks, and which process did it.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilAnswer } from '../../harness/eventually';

interface Deed {
  readonly pid: number;
  readonly key: string;
  readonly what: string;
}

let folder: string;

/** A folder for ledgers and gates, for the tests of the file. */
export function useLedgers(): void {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'longhaul-ledgers-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
}

export class Ledger {
  private static count = 0;
  readonly path = join(folder, `ledger-${(Ledger.count += 1)}`);

  async deeds(): Promise<readonly Deed[]> {
    const text = await readFile(this.path, 'utf8').catch(() => '');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const [, pid = '', key = '', what = ''] = /^(\d+) (\S+) (.*)$/.exec(line) ?? [];
        return { pid: Number(pid), key, what };
      });
  }

  /** What was done, in order. */
  async done(): Promise<readonly string[]> {
    return (await this.deeds()).map(({ what }) => what);
  }

  async until(what: string): Promise<Deed> {
    const find = async (): Promise<Deed | undefined> =>
      (await this.deeds()).find((deed) => deed.what === what);
    return (await untilAnswer(what, find, (deed) => deed !== undefined))!;
  }
}

/** Fails unless each was done once; those of `cut` may have been begun twice, under one key and by two processes. */
export async function expectOnce(
  ledger: Ledger,
  steps: readonly string[],
  cut: readonly string[] = [],
): Promise<void> {
  const deeds = await ledger.deeds();
  expect(new Set(deeds.map(({ what }) => what))).toEqual(new Set(steps));
  for (const step of steps) {
    const own = deeds.filter(({ what }) => what === step);
    expect([step, new Set(own.map(({ key }) => key)).size]).toEqual([step, 1]);
    expect([step, own.length]).toEqual([step, cut.includes(step) ? 2 : 1]);
    expect([step, new Set(own.map(({ pid }) => pid)).size]).toEqual([step, own.length]);
  }
}

/** Lets a skill go on that waits there. */
export async function openGate(name: string): Promise<void> {
  await writeFile(join(folder, name), '');
}

export function gates(): string {
  return folder;
}
