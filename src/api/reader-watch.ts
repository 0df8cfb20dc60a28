// Tells a client that reads slowly from one that reads nothing, for streams that wait for their client.

import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/**
 * In the patience with a client it is looked at so often: one that stops is gone after the patience and two looks, which
 * with 30 s is within 35 s.
 */
const LOOKS = 15;

/** One reading serves all who look within this time: it lists every connection of the machine. */
const TABLE_AGE_MS = 250;

export interface Patience {
  /** A client that takes nothing for so long is given up; it may be two looks longer. */
  readonly ms: number;
  readonly onStall: () => void;
}

/**
 * Watches a client whose socket is full, until the function that is returned is called.
 * `drain` does not tell: Linux holds up to 4 MiB for a connection and reports room only when a third of it is free,
 * for which a slow client takes minutes.
 */
export function watchReader(socket: Socket | null, { ms, onStall }: Patience): () => void {
  let tookAt = Date.now();
  let owed: number | undefined;
  const look = async (): Promise<void> => {
    const owes = socket === null ? undefined : await unacknowledgedBytes(socket);
    if (owes !== owed) tookAt = Date.now();
    owed = owes;
    if (isWatched && Date.now() - tookAt >= ms) onStall();
  };
  let isWatched = true;
  const looks = setInterval(() => void look(), ms / LOOKS);
  return () => {
    isWatched = false;
    clearInterval(looks);
  };
}

type Table = ReadonlyMap<string, number>;

/** What the client has not taken yet of what was sent; undefined where the system does not tell. */
async function unacknowledgedBytes({ localPort, remotePort }: Socket): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  return (await readTable()).get(`${String(localPort)} ${String(remotePort)}`);
}

let table: Promise<Table> | undefined;

function readTable(): Promise<Table> {
  if (table === undefined) {
    table = parseTables();
    setTimeout(() => (table = undefined), TABLE_AGE_MS).unref();
  }
  return table;
}

/** `local_address rem_address st tx_queue:…` (Linux: proc_net_tcp), all numbers in hexadecimal. */
const LINE = /^\s*\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:([\dA-F]{4}) [\dA-F]{2} ([\dA-F]{8}):/gm;

/** By both ports. Clients of two machines that have the same are one here: then either of them counts as reading. */
async function parseTables(): Promise<Table> {
  // One of them may be missing, as may be both in a container that hides them.
  const read = (name: string): Promise<string> =>
    readFile(`/proc/net/${name}`, 'latin1').catch(() => '');
  const texts = await Promise.all([read('tcp'), read('tcp6')]);
  const bytes = new Map<string, number>();
  for (const [, local = '', remote = '', owed = ''] of texts.join('\n').matchAll(LINE)) {
    const key = `${String(parseInt(local, 16))} ${String(parseInt(remote, 16))}`;
    bytes.set(key, (bytes.get(key) ?? 0) + parseInt(owed, 16));
  }
  return bytes;
}
