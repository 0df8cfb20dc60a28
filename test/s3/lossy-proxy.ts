// A server before one of S3 that loses the answer to the first completion of each upload, and then knows the upload no more.

import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LossyProxy {
  readonly endpoint: string;
  /** Completions that were asked for; one of them for each upload reached the server, if any did. */
  readonly completions: number;
  close(): void;
}

/** @param isTold whether the first completion reaches the server, so that only its answer is lost. */
export async function startLossyProxy(target: string, isTold: boolean): Promise<LossyProxy> {
  const seen = new Set<string>();
  let completions = 0;
  const server = createServer((req, res) => {
    const uploadId = completedBy(req);
    if (uploadId === undefined) {
      forward(target, req, (answer) =>
        answer.pipe(res.writeHead(answer.statusCode ?? 500, answer.headers)),
      );
      return;
    }
    completions += 1;
    if (seen.has(uploadId)) {
      refuse(res);
      return;
    }
    seen.add(uploadId);
    if (isTold)
      forward(target, req, (answer) => answer.resume().on('end', () => req.socket.destroy()));
    else req.socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    get completions() {
      return completions;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The upload that the request completes, if it does. */
function completedBy({ method, url = '' }: IncomingMessage): string | undefined {
  const { searchParams } = new URL(url, 'http://localhost');
  return method === 'POST' ? (searchParams.get('uploadId') ?? undefined) : undefined;
}

function forward(
  target: string,
  req: IncomingMessage,
  onAnswer: (answer: IncomingMessage) => void,
): void {
  const { method, headers, url = '' } = req;
  req.pipe(request(new URL(url, target), { method, headers }, onAnswer));
}

/** As services say it that forget an upload once it is an object; AWS itself gives the first answer again. */
function refuse(res: ServerResponse): void {
  res.writeHead(404, { 'Content-Type': 'application/xml' });
  res.end('<Error><Code>NoSuchUpload</Code><Message>The upload does not exist.</Message></Error>');
}
