// A stream over a real connection to a client that reads slowly, and then not at all.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { SseResponse } from '../../src/api/sse';
import { within } from '../harness/eventually';

const STALL_MS = 1_500;

/** Less than half of what must leave the system's buffers in that time before it reports room. */
const SIP_BYTES = 16_384;
const SIP_EVERY_MS = 50;

/** Events without end; resolves when the connection has gone. */
let streamed: Promise<void>;
let server: Server;
let client: Socket;
let isCutOff = false;

beforeAll(async () => {
  server = createServer((_req, res) => {
    res.once('close', () => (isCutOff = true));
    streamed = streamTo(new SseResponse(res, { writes: 'coalesced', stallMs: STALL_MS }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.pause();
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
});

afterAll(() => {
  client.destroy();
  server.close();
});

async function streamTo(sse: SseResponse): Promise<void> {
  sse.open();
  for (let id = 1; !isCutOff; id += 1) {
    sse.write({ id, data: 'x'.repeat(20_000) });
    await sse.ready();
  }
  sse.end();
}

async function sip(ms: number): Promise<void> {
  const until = Date.now() + ms;
  while (Date.now() < until && !isCutOff) {
    client.read(Math.min(SIP_BYTES, client.readableLength));
    await delay(SIP_EVERY_MS);
  }
}

test('a client that reads slowly keeps its stream, and is cut off once it reads nothing', async () => {
  await sip(4 * STALL_MS);
  expect(isCutOff).toBe(false);
  const stoppedAt = Date.now();
  await within('the end of the stream', streamed, 4 * STALL_MS);
  expect(Date.now() - stoppedAt).toBeGreaterThan(STALL_MS / 2);
});
