// `--cpu-prof FOLDER`: where the processes under test leave their CPU profiles.

import { join } from 'node:path';

/** Of the whole run: every section starts processes, and none needs to know that they are profiled. */
let folder: string | undefined;

export function profileInto(into: string): void {
  folder = into;
}

/** How to look at what is there after the run. */
export function profilesText(into: string): string {
  return (
    `CPU profiles: ${into}/<process>/*.cpuprofile, one a thread. A flame graph of one, in the browser: ` +
    '`npx speedscope FILE`, or the performance panel of the developer tools.'
  );
}

/** Node's flags for a process that leaves a `.cpuprofile` of each of its threads when it ends. */
export function profileFlags(name: string): readonly string[] {
  if (folder === undefined) return [];
  return ['--cpu-prof', `--cpu-prof-dir=${join(folder, name.replace(/[^\w.-]+/g, '-'))}`];
}
