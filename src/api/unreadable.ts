// Answers what never becomes a request, in JSON like every other refusal: Node would say it by a status alone.

import { STATUS_CODES, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { fault, toRestError, type Fault } from './wire/error-table';

/** No binding is known yet, so it is said as REST says it. */
export function refuseUnreadable(server: Server): void {
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res) => answers.set(req.socket, res));
  server.on('clientError', (err: NodeJS.ErrnoException, socket) => {
    // What comes behind `Connection: close` is nobody's request; the answer before it closes the socket.
    if (err.code === 'HPE_CLOSED_CONNECTION') return;
    const before = answers.get(socket);
    // Half an answer is out: whatever came behind it would be read as its rest.
    const isAnswering = before?.headersSent === true && !before.writableFinished;
    if (isAnswering || !socket.writable || err.code === 'ECONNRESET') socket.destroy();
    else end(socket, fromParser(err));
  });
  server.on('connect', (_req, socket) => {
    end(socket, fault('methodNotAllowed', 'CONNECT is not for this address'));
  });
}

function fromParser({ code }: NodeJS.ErrnoException): Fault {
  if (code === 'HPE_HEADER_OVERFLOW') return refusal(431, 'the headers are too long');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return refusal(408, 'the request did not arrive in time');
  return refusal(400, 'the request is not valid HTTP/1.1');
}

function refusal(httpStatus: number, message: string): Fault {
  return { ...fault('invalidRequest', message), httpStatus };
}

function end(socket: Duplex, said: Fault): void {
  const { httpStatus } = said;
  const body = JSON.stringify(toRestError(said));
  const head = [
    `HTTP/1.1 ${String(httpStatus)} ${STATUS_CODES[httpStatus] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
