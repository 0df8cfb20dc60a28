// Processor time of processes, which tells of cost where the clock tells of what else the machine does.

import { readFile } from 'node:fs/promises';

/** `_SC_CLK_TCK` of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time of these processes together, in milliseconds. Linux. */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(ticksOf));
  return (each.reduce((sum, ticks) => sum + ticks, 0) * 1_000) / TICKS_PER_SECOND;
}

async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The command's name comes first, in parentheses, and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [fields[11], fields[12]];
  return Number(user) + Number(system);
}
