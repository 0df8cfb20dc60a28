// A name server on loopback that says what a row wants: A records, also another one each time.

import { createSocket, type Socket } from 'node:dgram';

/** RFC 1035 §4.1: the head of a message, and the types and classes that it is asked for. */
const HEAD_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;

/** The addresses of a name; asked for anew with each question, and so is what it leads to. */
export type Names = (name: string) => readonly string[];

export class NameServer {
  private readonly socket: Socket;

  private constructor(names: Names) {
    this.socket = createSocket('udp4', (question, from) => {
      this.socket.send(answerTo(question, names), from.port, from.address);
    });
  }

  static async open(names: Names): Promise<NameServer> {
    const server = new NameServer(names);
    await new Promise<void>((resolve) => server.socket.bind(0, '127.0.0.1', resolve));
    return server;
  }

  /** `127.0.0.1:<port>` */
  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }
}

function answerTo(query: Buffer, names: Names): Buffer {
  const labels: string[] = [];
  let at = HEAD_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  // Behind the name: its end, type and class.
  const question = query.subarray(HEAD_BYTES, at + 5);
  const isForA = query.readUInt16BE(at + 1) === TYPE_A;
  const records = (isForA ? names(labels.join('.').toLowerCase()) : []).map(recordOf);
  const head = Buffer.alloc(HEAD_BYTES);
  query.copy(head, 0, 0, 2);
  // An answer, recursion asked for and to be had.
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, question, ...records]);
}

/** The name is that of the question; nobody is to keep the answer. */
function recordOf(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc000 + HEAD_BYTES, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
}
