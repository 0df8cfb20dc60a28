// A TCP proxy before one server: it passes on, delays, stands still or breaks off what goes through it.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * - `open`: everything passes
 * - `silent`: sockets stay open and nothing passes either way, as with a half-open socket or a partition
 * - `deaf`: what clients ask passes, and nothing of what the server answers
 * - `cut`: open sockets are reset, new ones are reset at once
 */
type State = 'open' | 'silent' | 'deaf' | 'cut';

/** One socket of a client and its counterpart at the server. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

export class TcpLink {
  private readonly server: Server;
  private readonly target: { readonly host: string; readonly port: number };
  private readonly pairs = new Set<Pair>();
  private readonly orphans = new Set<Socket>();
  private state: State = 'open';
  private delayMs = 0;

  private constructor(target: string) {
    const [host = '', port = ''] = target.split(':');
    this.target = { host, port: Number(port) };
    this.server = createServer((near) => this.take(near));
  }

  /** @param target `host:port`; nothing need listen there yet. */
  static async open(target: string): Promise<TcpLink> {
    const link = new TcpLink(target);
    await new Promise<void>((resolve) => link.server.listen(0, '127.0.0.1', resolve));
    return link;
  }

  /** `127.0.0.1:<port>` of this end. */
  get address(): string {
    return `127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** Bytes are kept back in both directions until `heal`; whoever waits hears nothing. */
  silence(): void {
    this.state = 'silent';
    for (const { near, far } of this.pairs) {
      near.pause();
      far.pause();
    }
  }

  /** Answers are kept back until `heal`; the server does what it is asked. */
  deafen(): void {
    this.state = 'deaf';
    for (const { far } of this.pairs) far.pause();
  }

  /** Resets everything that is open, and what comes, until `heal`. */
  cut(): void {
    this.state = 'cut';
    for (const { near, far } of this.pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Resets what is open; new sockets pass. */
  reset(): void {
    this.cut();
    this.heal();
  }

  /** What was kept back goes on its way. */
  heal(): void {
    this.state = 'open';
    for (const { near, far } of this.pairs) {
      near.resume();
      far.resume();
    }
  }

  /** The server loses what is open and the client is never told: half-open sockets. New ones pass. */
  orphan(): void {
    for (const pair of this.pairs) {
      const { near, far } = pair;
      this.pairs.delete(pair);
      this.orphans.add(near);
      // Or its end would be the client's.
      far.removeAllListeners('end').removeAllListeners('close');
      far.destroy();
      near.pause();
      near.once('close', () => this.orphans.delete(near));
    }
  }

  /** Each chunk of new sockets arrives so much later, in each direction. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
    for (const near of this.orphans) near.destroy();
    await closed;
  }

  private take(near: Socket): void {
    if (this.state === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ ...this.target, noDelay: true });
    near.setNoDelay(true);
    const pair = { near, far };
    this.pairs.add(pair);
    this.pass(near, far, pair);
    this.pass(far, near, pair);
    for (const side of [near, far]) if (this.keepsBack(side, pair)) side.pause();
  }

  private keepsBack(from: Socket, { far }: Pair): boolean {
    return this.state === 'silent' || (this.state === 'deaf' && from === far);
  }

  private pass(from: Socket, to: Socket, pair: Pair): void {
    const { delayMs } = this;
    from.on('data', (chunk) => {
      const write = (): void => {
        if (!to.destroyed && !to.write(chunk)) from.pause();
      };
      if (delayMs === 0) write();
      else setTimeout(write, delayMs);
    });
    to.on('drain', () => {
      if (!this.keepsBack(from, pair)) from.resume();
    });
    from.on('end', () => setTimeout(() => to.end(), delayMs));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.pairs.delete(pair);
      to.destroy();
    });
  }
}
