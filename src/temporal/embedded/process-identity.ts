// Names a process for longer than its pid lives: used by the claim on a data directory and to end orphans.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in a form of the platform's own. Letters, digits and dashes only. */
  readonly started: string;
}

/** A process that is not our child sends no event when it ends. */
const POLL_MS = 25;

/** SIGKILL works at once; a process that is still there waits for a disk that does not answer. */
const KILL_DEADLINE_MS = 5_000;

/** Undefined when there is no such process, or only its unreaped remains. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = process.platform === 'linux' ? await startOnLinux(pid) : await startByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** False as well when another process has been given the same pid since. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.started === identity.started;
}

/** The arguments of a process in one string, empty when there is no such process. */
export async function commandLineOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return (await ps(pid, 'command=')) ?? '';
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.replaceAll('\0', ' ').trim();
}

/**
 * Ends a process that is not our child: SIGTERM, and SIGKILL after `graceMs`. Resolves when it is gone.
 * @throws Error when it may not be signalled or does not go.
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  for (const [signal, deadlineMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', KILL_DEADLINE_MS],
  ] as const) {
    if (!(await isRunning(identity))) return;
    signalIfThere(identity.pid, signal);
    const until = Date.now() + deadlineMs;
    while (Date.now() < until && (await isRunning(identity))) await delay(POLL_MS);
  }
  if (!(await isRunning(identity))) return;
  throw new Error(`process ${identity.pid} does not end; end it by hand and start again`);
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err;
  }
}

// Linux: proc(5). The ticks count from the boot, so that they need the boot's own name to be unique.
async function startOnLinux(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in parentheses may hold blanks; what follows the last one is field 3 (the state) and on.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields?.[0], fields?.[19]];
  if (ticks === undefined || state === 'Z' || state === 'X') return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${ticks}-${boot.slice(0, 8)}`;
}

async function startByPs(pid: number): Promise<string | undefined> {
  const [state, ...started] = ((await ps(pid, 'stat=,lstart=')) ?? '').split(/\s+/);
  if (state === undefined || state === '' || state.startsWith('Z')) return undefined;
  return started.join('-').replaceAll(':', '-');
}

async function ps(pid: number, columns: string): Promise<string | undefined> {
  // A fixed language and zone, because what one process writes another one compares.
  const env = { LC_ALL: 'C', TZ: 'UTC' };
  return run('/bin/ps', ['-ww', '-o', columns, '-p', String(pid)], { env }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}
