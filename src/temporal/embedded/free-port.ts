// Chooses the ports of the embedded server: the wanted one, or the next that is free.

import { createServer } from 'node:net';

/** More neighbours than anybody runs; after them something else is wrong. */
const PORTS_TRIED = 100;

const LAST_PORT = 65_535;

/**
 * The first free TCP port from `wanted` on that `host` can listen to; 0 means any.
 * It may be taken again until it is used: who uses it must expect that.
 * @throws Error when none of the next 100 is free.
 */
export async function nextFreePort(host: string, wanted: number): Promise<number> {
  if (wanted === 0) return listenedPort(host, 0);
  const last = Math.min(wanted + PORTS_TRIED - 1, LAST_PORT);
  for (let port = wanted; port <= last; port += 1) {
    try {
      return await listenedPort(host, port);
    } catch (err) {
      const { code } = err as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw err;
    }
  }
  throw new Error(`no port from ${wanted} to ${last} is free on ${host}; ask for another one`);
}

function listenedPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? port) : port));
    });
  });
}
