// Clients that never come to the end of their headers: a line now and then, so that no socket looks idle.

import { connect, type Socket } from 'node:net';

const LINE_MS = 1_000;

export class SlowHeaders {
  /** Epoch milliseconds at which the server let go of it; undefined while it holds it. */
  closedAt: number | undefined;
  /** Epoch milliseconds at which the server took the connection; undefined until then. */
  openedAt: number | undefined;
  /** What the server said last. */
  answer = '';
  private readonly socket: Socket;
  private readonly lines: NodeJS.Timeout;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port) });
    this.socket.setEncoding('utf8');
    this.socket.on('connect', () => {
      this.openedAt = Date.now();
      this.socket.write(`POST / HTTP/1.1\r\nHost: ${hostname}\r\n`);
    });
    this.socket.on('data', (text: string) => {
      this.answer += text;
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closedAt = Date.now();
      clearInterval(this.lines);
    });
    this.lines = setInterval(() => this.socket.write('X-More: to come\r\n'), LINE_MS);
  }

  close(): void {
    clearInterval(this.lines);
    this.socket.destroy();
  }
}
