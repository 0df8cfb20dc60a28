// The command line of the embedded server: what `temporal server start-dev` is told beyond its defaults (D12).

/** The types a search attribute of ours may have, in the spelling of the CLI. */
export type SearchAttributes = Readonly<
  Record<string, 'Keyword' | 'Datetime' | 'Int' | 'KeywordList'>
>;

/** Far above what one machine reaches: the limits protect a shared cluster, and here they only delay. */
const UNLIMITED = 100_000;

/** Keys and defaults: Temporal server 1.32, `common/dynamicconfig/constants.go`. */
const DYNAMIC_CONFIG: Readonly<Record<string, number | boolean>> = {
  // The default of 20 polls a second makes the one shard hold every task back for 50 ms.
  'history.transferProcessorMaxPollRPS': 2_000,
  'history.timerProcessorMaxPollRPS': 2_000,
  'history.visibilityProcessorMaxPollRPS': 2_000,
  // Concurrent long polls of a namespace, by method: every follower of a task holds one. Default 1,200.
  'frontend.namespaceCount': 20_000,
  // Defaults 2,400, 2,400, 3,000 and 1,200 requests a second.
  'frontend.rps': UNLIMITED,
  'frontend.namespaceRPS': UNLIMITED,
  'history.rps': UNLIMITED,
  'matching.rps': UNLIMITED,
  // `ListTasks`. start-dev sets 100 a second.
  'frontend.namespaceRPS.visibility': 2_000,
  // Defaults 2,000, 9,000 and 3,000 statements a second.
  'frontend.persistenceMaxQPS': UNLIMITED,
  'history.persistenceMaxQPS': UNLIMITED,
  'matching.persistenceMaxQPS': UNLIMITED,
  // Among what waits with one priority callers take turns, see `fairnessKeyOf`. Default false: first come.
  'matching.enableFairness': true,
  // Turns and priorities hold within a partition. Default 4, from which is still read: an older database has them.
  'matching.numTaskqueueWritePartitions': 1,
};

/** Together they double the rate of signals; a power cut may lose the last moments, a kill nothing. */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'] as const;

interface StartDevOptions {
  /** Absolute: the process is recognized by it. */
  readonly database: string;
  readonly host: string;
  readonly port: number;
  /** Undefined for no web UI. */
  readonly uiPort: number | undefined;
  readonly searchAttributes: SearchAttributes;
}

export function startDevArguments(options: StartDevOptions): readonly string[] {
  const { database, host, port, uiPort, searchAttributes } = options;
  return [
    ...['server', 'start-dev', '--log-level', 'error'],
    ...['--db-filename', database, '--ip', host, '--port', String(port)],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...SQLITE_PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...pairs('--dynamic-config-value', DYNAMIC_CONFIG),
    ...pairs('--search-attribute', searchAttributes),
  ];
}

function pairs(
  flag: string,
  values: Readonly<Record<string, string | number | boolean>>,
): string[] {
  return Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
}
