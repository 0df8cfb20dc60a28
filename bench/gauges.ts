// What a process tells of itself at `/metrics`, and the system of it.

import { readFile } from 'node:fs/promises';

/** Long polls of a gateway: one for each task that it follows. */
export async function openFeeds(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^longhaul_open_feeds (\S+)$/m.exec(metrics)?.[1]);
}

/** Resident memory of a process. Linux. */
export async function rssMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}
