// A client of the JSON-RPC edge that costs next to nothing: hundreds of them read in one process, or stop reading.

import { request, type IncomingMessage } from 'node:http';
import { envelope } from '../test/harness/calls';

export interface LeanFrame {
  readonly id: number;
  /** Its data as it came. */
  readonly raw: string;
  /** Epoch milliseconds of its arrival. */
  readonly at: number;
}

export interface LeanReaderOptions {
  readonly url: string;
  readonly method: 'SendStreamingMessage' | 'SubscribeToTask';
  readonly params: object;
  /** Resumes after this event. */
  readonly cursor?: number;
  /** Every frame; a resumed stream begins with one that is a snapshot. */
  onFrame(frame: LeanFrame): void;
}

const ID = /^id: (\d+)$/m;
const DATA = /^data: (.*)$/m;

export class LeanReader {
  /** Resolves when the stream is over: `end` as the server meant it, `cut` when it broke. */
  readonly over: Promise<'end' | 'cut'>;
  /** Rejects when the stream is refused. */
  readonly opened: Promise<void>;
  /** Of its end of the connection; 0 until it is open. */
  port = 0;
  private readonly options: LeanReaderOptions;
  private response: IncomingMessage | undefined;
  private pending = '';

  constructor(options: LeanReaderOptions) {
    this.options = options;
    const opening = this.open();
    this.opened = opening.then(() => undefined);
    this.over = opening.then(
      (response) => this.read(response),
      () => 'cut',
    );
    // Who waits for the end alone hears of a refusal there.
    this.opened.catch(() => undefined);
  }

  pause(): void {
    this.response?.pause();
  }

  resume(): void {
    this.response?.resume();
  }

  close(): void {
    this.response?.destroy();
  }

  private open(): Promise<IncomingMessage> {
    const { url, method, params, cursor } = this.options;
    const headers = {
      'Content-Type': 'application/json',
      'A2A-Version': '1.0',
      ...(cursor === undefined ? {} : { 'Last-Event-ID': String(cursor) }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent: false, headers }, (response) => {
        this.response = response;
        this.port = response.socket.localPort ?? 0;
        if (response.statusCode === 200) resolve(response);
        else reject(new Error(`stream refused: ${String(response.statusCode)}`));
      });
      sent.on('error', reject);
      sent.end(JSON.stringify(envelope(method, params)));
    });
  }

  private read(response: IncomingMessage): Promise<'end' | 'cut'> {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.take(chunk));
    return new Promise((resolve) => {
      response.on('error', () => resolve('cut'));
      response.on('close', () => resolve(response.complete ? 'end' : 'cut'));
    });
  }

  private take(chunk: string): void {
    const frames = (this.pending + chunk).split('\n\n');
    this.pending = frames.pop() ?? '';
    const at = Date.now();
    for (const frame of frames) {
      const raw = DATA.exec(frame)?.[1];
      if (raw !== undefined) this.options.onFrame({ id: Number(ID.exec(frame)?.[1]), raw, at });
    }
  }
}

/** The id of the task that a stream begins with. */
export function taskIdOf(raw: string): string {
  const { result } = JSON.parse(raw) as { readonly result?: { task?: { readonly id: string } } };
  if (result?.task === undefined) throw new Error(`no task: ${raw.slice(0, 200)}`);
  return result.task.id;
}
