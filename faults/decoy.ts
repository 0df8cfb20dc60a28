// A listener on loopback that nobody must reach: it counts the connections that come.

import { connect, createServer, type AddressInfo, type Server } from 'node:net';

export class Decoy {
  /** Since it was opened; each is closed at once. */
  connections = 0;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => {
      this.connections += 1;
      socket.on('error', () => undefined).destroy();
    });
  }

  /** On every address of the machine, so that whichever is dialed would be seen. */
  static async open(): Promise<Decoy> {
    const decoy = new Decoy();
    await new Promise<void>((resolve) => decoy.server.listen(0, resolve));
    return decoy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves with how many of these it saw: what it cannot see, it would never count. */
  async sees(hosts: readonly string[]): Promise<number> {
    const before = this.connections;
    await Promise.all(hosts.map((host) => this.knock(host)));
    const seen = this.connections - before;
    this.connections = before;
    return seen;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }

  private knock(host: string): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ host, port: this.port });
      socket.on('error', () => undefined).on('close', () => resolve());
    });
  }
}
