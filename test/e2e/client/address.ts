// An address that stays while gateways come and go: forwards each connection to the one that serves now.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Address {
  readonly port: number;
  readonly url: string;
  /** `http://127.0.0.1:<port>` or `127.0.0.1:<port>`; undefined: nobody is there. */
  target: string | undefined;
  /** What is asked arrives, and what is answered does not. */
  losesAnswers = false;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${String(this.port)}`;
  }

  static async open(): Promise<Address> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = new Address(server);
    server.on('connection', (socket) => {
      address.forward(socket);
    });
    return address;
  }

  /** Breaks every connection that is open. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private forward(socket: Socket): void {
    const port = /:(\d+)$/.exec(this.target ?? '')?.[1];
    if (port === undefined) {
      socket.destroy();
      return;
    }
    const upstream = connect(Number(port), '127.0.0.1');
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
    socket.pipe(upstream);
    if (!this.losesAnswers) upstream.pipe(socket);
  }
}
