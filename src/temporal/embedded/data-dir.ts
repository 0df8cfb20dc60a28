// Claims a data directory for one Longhaul process, because two servers on one database would spoil it.

import { mkdir, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity';
import { reasonOf } from './reason';

export interface DataDirClaim {
  /** Idempotent. Not needed after a crash: a claim ends with its process. */
  release(): Promise<void>;
}

/**
 * One empty file per claimant, named after its process. No claim is ever taken over, so that a stale one
 * needs no atomic exchange: the name of a process that is gone blocks nobody and can be removed by all.
 */
const CLAIMS = 'claims';

/** How long the earlier of two simultaneous claimants waits for the later one to see it and withdraw. */
const WITHDRAWAL_MS = 1_000;
const POLL_MS = 20;

/**
 * Creates the directory when it is missing and claims it.
 * @throws Error that names the other process when one holds it, also when that is this process itself.
 */
export async function claimDataDir(
  dataDir: string,
  report: (line: string) => void,
): Promise<DataDirClaim> {
  const directory = await created(dataDir);
  const me = await identify(process.pid);
  if (me === undefined) throw new Error('the start of this process cannot be read');
  const file = join(directory, nameOf(me));
  await writeFile(file, '', { flag: 'wx' }).catch((err: unknown) => {
    throw (err as NodeJS.ErrnoException).code === 'EEXIST' ? inUse(dataDir, me) : err;
  });
  try {
    await waitUntilAlone({ directory, me, dataDir, report });
  } catch (err) {
    await rm(file, { force: true });
    throw err;
  }
  return { release: () => rm(file, { force: true }) };
}

/**
 * Safe because each writes before it reads: of any two at least one sees the other. The order only
 * decides which of two newcomers withdraws; one that stays for good holds the directory.
 */
async function waitUntilAlone(options: {
  readonly directory: string;
  readonly me: ProcessIdentity;
  readonly dataDir: string;
  readonly report: (line: string) => void;
}): Promise<void> {
  const mine = nameOf(options.me);
  const until = Date.now() + WITHDRAWAL_MS;
  for (;;) {
    const others = await livingClaims(options.directory, mine, options.report);
    const first = others[0];
    if (first === undefined) return;
    const isFirst = others.every((other) => mine < nameOf(other));
    if (!isFirst || Date.now() > until) throw inUse(options.dataDir, first);
    await delay(POLL_MS);
  }
}

async function livingClaims(
  directory: string,
  mine: string,
  report: (line: string) => void,
): Promise<readonly ProcessIdentity[]> {
  const living: ProcessIdentity[] = [];
  for (const name of await readdir(directory)) {
    const owner = ownerOf(name);
    if (owner === undefined || name === mine) continue;
    if (await isRunning(owner)) living.push(owner);
    else {
      report(`data directory: process ${owner.pid} ended without releasing it`);
      await rm(join(directory, name), { force: true });
    }
  }
  return living;
}

function nameOf(owner: ProcessIdentity): string {
  return `${owner.pid}.${owner.started}`;
}

function ownerOf(name: string): ProcessIdentity | undefined {
  const [, pid, started] = /^(\d+)\.(.+)$/.exec(name) ?? [];
  return pid === undefined || started === undefined ? undefined : { pid: Number(pid), started };
}

async function created(dataDir: string): Promise<string> {
  try {
    await mkdir(join(dataDir, CLAIMS), { recursive: true });
    // Two paths to one directory must meet in one claim.
    return await realpath(join(dataDir, CLAIMS));
  } catch (err) {
    const reason = reasonOf(err);
    throw new Error(
      `the data directory ${dataDir} cannot be used: ${reason}. Set DATA_DIR to a folder that this user may write.`,
      { cause: err },
    );
  }
}

function inUse(dataDir: string, owner: ProcessIdentity): Error {
  return new Error(
    `the data directory ${dataDir} is in use by process ${owner.pid}; stop it or set DATA_DIR to another folder`,
  );
}
