// What a process tells of itself at `/metrics`.

import { eventually } from './eventually';

/** The value of a metric without labels; NaN when it is not there. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
}

export function residentBytes(url: string): Promise<number> {
  return metric(url, 'process_resident_memory_bytes');
}

/** Long polls of a gateway: one for each task that it follows, however many watch. */
export function openFeeds(url: string): Promise<number> {
  return metric(url, 'longhaul_open_feeds');
}

export function expectFeeds(url: string, count: number): Promise<void> {
  return eventually(async () => {
    expect(await openFeeds(url)).toBe(count);
  });
}
