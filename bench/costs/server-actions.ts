// Actions that leave no event in a history, as the Temporal server itself counts them.

import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** `action_type` of the server's counter `action`. */
const WITHOUT_EVENT = {
  heartbeats: 'grpc_RecordActivityTaskHeartbeat',
  queries: 'grpc_QueryWorkflow',
} as const;

export type Silent = Readonly<Record<keyof typeof WITHOUT_EVENT, number>>;

/** The server brings its counters up to date once a second. */
const REPORTED_EVERY_MS = 1_000;
const SETTLE_MS = REPORTED_EVERY_MS + 500;

const PROBE_DEADLINE_MS = 2_000;

/** The counters of one server. */
export class ServerActions {
  private readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  /**
   * The development server serves its metrics at a port of its own choice: the one of its ports that
   * answers. Linux.
   *
   * @throws Error when none does.
   */
  static async of(pid: number): Promise<ServerActions> {
    for (const port of await listeningPorts(pid)) {
      const url = `http://127.0.0.1:${port}/metrics`;
      const signal = AbortSignal.timeout(PROBE_DEADLINE_MS);
      // The others are gRPC.
      const page = await fetch(url, { signal }).then(
        (response) => response.text(),
        () => '',
      );
      if (page.includes('service_requests{')) return new ServerActions(url);
    }
    throw new Error(`no port of the Temporal server (process ${pid}) serves metrics`);
  }

  /** What happens in `work`, and nothing else may happen meanwhile. */
  async during(work: () => Promise<void>): Promise<Silent> {
    const before = await this.read();
    await work();
    await delay(SETTLE_MS);
    const after = await this.read();
    return {
      heartbeats: after.heartbeats - before.heartbeats,
      queries: after.queries - before.queries,
    };
  }

  private async read(): Promise<Silent> {
    const page = await (await fetch(this.url)).text();
    const count = (type: string): number => {
      const line = new RegExp(
        `^action\\{action_type="${type}",namespace="default",.* (\\d+)$`,
        'm',
      );
      return Number(line.exec(page)?.[1] ?? 0);
    };
    return {
      heartbeats: count(WITHOUT_EVENT.heartbeats),
      queries: count(WITHOUT_EVENT.queries),
    };
  }
}

/** `sl local_address rem_address st …  inode` (Linux: proc_net_tcp); state 0A listens. */
const LISTENING = /^\s*\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:0000 0A (?:\S+ +){5}(\d+) /gm;

async function listeningPorts(pid: number): Promise<readonly number[]> {
  const files = await readdir(`/proc/${pid}/fd`);
  const links = files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => ''));
  const sockets = new Set(await Promise.all(links));
  const lines = (await readFile(`/proc/${pid}/net/tcp`, 'latin1')).matchAll(LISTENING);
  return [...lines].flatMap(([, port = '', inode = '']) =>
    sockets.has(`socket:[${inode}]`) ? [Number.parseInt(port, 16)] : [],
  );
}
