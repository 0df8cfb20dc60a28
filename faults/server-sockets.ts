// What the system tells of a server's connections: whether it still has them, and what their clients have not taken.

import { readFile } from 'node:fs/promises';

export interface ServerSocket {
  /** The server has not closed it. */
  readonly isOpen: boolean;
  /** Written by the server, and not acknowledged by the client's system. */
  readonly owedBytes: number;
}

/** `local_address rem_address st tx_queue:…` (Linux: proc_net_tcp), all numbers in hexadecimal. */
const LINE = /^\s*\d+: [\dA-F]+:([\dA-F]{4}) [\dA-F]+:([\dA-F]{4}) ([\dA-F]{2}) ([\dA-F]{8}):/gm;
const ESTABLISHED = '01';

/** By the client's port. Linux, IPv4. @param url of the server. */
export async function serverSockets(url: string): Promise<ReadonlyMap<number, ServerSocket>> {
  const port = Number(new URL(url).port);
  const sockets = new Map<number, ServerSocket>();
  const table = await readFile('/proc/net/tcp', 'latin1');
  for (const [, local = '', remote = '', state = '', owed = ''] of table.matchAll(LINE)) {
    if (parseInt(local, 16) !== port) continue;
    const socket = { isOpen: state === ESTABLISHED, owedBytes: parseInt(owed, 16) };
    sockets.set(parseInt(remote, 16), socket);
  }
  return sockets;
}
