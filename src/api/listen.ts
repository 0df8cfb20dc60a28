// Binds a server to its port, or says which setting would help.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Where the port comes from. */
  readonly setting: 'PORT' | 'GRPC_PORT' | 'WORKER_HEALTH_PORT';
}

/** Resolves with the port that was bound. Rejects with what to do when it cannot be. */
export async function listen(server: Server, options: ListenOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const fail = (err: Error): void => {
      reject(explained(err, options));
    };
    server.once('error', fail);
    server.listen(options.port, options.host, () => {
      server.off('error', fail);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** What to do about a port that could not be bound. */
export function explained(
  err: NodeJS.ErrnoException,
  { host, port, setting }: ListenOptions,
): Error {
  const reason =
    // grpc-js has the code in the text alone.
    err.code === 'EADDRINUSE' || err.message.includes('EADDRINUSE')
      ? `is taken: stop what uses it, or set ${setting}`
      : `cannot be used: ${err.message}`;
  return new Error(`port ${String(port)} on ${host} ${reason}`, { cause: err });
}
