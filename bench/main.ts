// `npm run bench`: measures, prints the tables, and exits with 1 when a goal is missed.
// Options: `--only a,b,…`, `--rounds N`, `--full`, `--json FILE`, `--markdown FILE`,
// `--against CHECKOUT`, `--cpu-prof FOLDER`.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { BenchRun, type Bench } from './bench';
import { measureCosts } from './costs';
import { profileInto, profilesText } from './cpu-profiles';
import { isMet, type Section, type SectionId } from './figures';
import { measureFanOut } from './fan-out';
import { measureLatency } from './latency/section';
import { measureLongStreams } from './long-streams';
import { measureMemory } from './memory';
import { writePage } from './page';
import { circumstances, sectionText } from './report';
import { measureRecovery } from './recovery/section';
import { measureScale } from './scale/section';
import { measureSteps } from './steps';
import { measureStreaming } from './streaming';
import { measureThroughput } from './throughput';

const MEASUREMENTS: Readonly<
  Record<SectionId, (bench: Bench) => Promise<Section | readonly Section[]>>
> = {
  a: measureThroughput,
  b: measureLatency,
  c: measureMemory,
  d: measureSteps,
  e: measureStreaming,
  f: measureLongStreams,
  g: measureFanOut,
  h: measureScale,
  i: measureRecovery,
  j: measureCosts,
};

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(MEASUREMENTS).join() },
    rounds: { type: 'string', default: '3' },
    full: { type: 'boolean', default: false },
    json: { type: 'string' },
    markdown: { type: 'string' },
    against: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});

async function main(): Promise<void> {
  const profiles = options['cpu-prof'];
  if (profiles !== undefined) profileInto(resolve(profiles));
  const run = await BenchRun.open();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void run.close().finally(() => process.exit(130)));
  }
  const sections: Section[] = [];
  try {
    for (const id of chosen(options.only)) sections.push(...(await measure(run, id)));
  } finally {
    await run.close();
  }
  if (profiles !== undefined) report(profilesText(profiles));
  const at = circumstances(run.version);
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ ...at, sections }, null, 2)}\n`);
  }
  if (options.markdown !== undefined) await writePage(options.markdown, sections, at);
  const missed = sections.flatMap(({ goals }) => goals).filter((goal) => !isMet(goal));
  for (const { name } of missed) report(`missed: ${name}`);
  if (missed.length > 0) process.exitCode = 1;
}

/** None where it fails: what the others measure in half an hour is not lost with it. */
async function measure(run: BenchRun, id: SectionId): Promise<readonly Section[]> {
  const { against, full: isFull } = options;
  const rounds = Number(options.rounds);
  try {
    const measured = await run.measure(MEASUREMENTS[id], { rounds, isFull, against, report });
    const sections = [measured].flat();
    for (const section of sections) process.stdout.write(`\n${sectionText(section)}\n`);
    return sections;
  } catch (err) {
    report(`(${id}) failed: ${inspect(err)}`);
    process.exitCode = 1;
    return [];
  }
}

function chosen(only: string): readonly SectionId[] {
  const wanted = only.split(',');
  const ids = Object.keys(MEASUREMENTS) as SectionId[];
  const unknown = wanted.find((id) => !ids.some((known) => known === id));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${ids.join(', ')}`);
  return ids.filter((id) => wanted.includes(id));
}

/** Progress goes to stderr, the tables to stdout. */
function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().catch((err: unknown) => {
  report(inspect(err));
  process.exitCode = 1;
});
