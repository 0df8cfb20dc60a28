// An open stream over gRPC, kept event by event.

import type { ClientReadableStream, Metadata, ServiceError } from '@grpc/grpc-js';
import { Bell } from './bell';
import { messageFor, type Headings } from './calls';
import { within } from './eventually';
import type { WireEvent } from './wire';

export interface GrpcEvent {
  readonly raw: Buffer;
  readonly event: WireEvent;
}

/** An open stream; it keeps every event. */
export class GrpcStream {
  readonly events: GrpcEvent[] = [];
  initial: Metadata | undefined;
  /** Resolves with the error that ended it, or with nothing. */
  readonly over: Promise<ServiceError | undefined>;
  private readonly call: ClientReadableStream<Buffer>;
  private readonly bell = new Bell();
  private isOver = false;

  constructor(call: ClientReadableStream<Buffer>, read: (raw: Buffer) => WireEvent) {
    this.call = call;
    call.on('metadata', (metadata: Metadata) => {
      this.initial = metadata;
      this.bell.ring();
    });
    call.on('data', (raw: Buffer) => {
      this.events.push({ raw, event: read(raw) });
      this.bell.ring();
    });
    this.over = new Promise<ServiceError | undefined>((resolve) => {
      call.once('error', (err) => resolve(err as ServiceError));
      call.once('end', () => resolve(undefined));
    }).finally(() => {
      this.isOver = true;
      this.bell.ring();
    });
  }

  get taskId(): string {
    const id = this.events[0]?.event.task?.id;
    if (id === undefined) throw new Error('the stream did not begin with a task');
    return id;
  }

  get lastSeq(): number {
    return this.events.map(seqOf).at(-1) ?? 0;
  }

  async until(what: string, isTrue: () => boolean): Promise<void> {
    const seen = async (): Promise<void> => {
      while (!isTrue()) {
        if (this.isOver) throw new Error(`over: ${what}; ${String(await this.over)}`);
        await this.bell.next();
      }
    };
    await within(what, seen());
  }

  /** The events of a stream that must end by itself, and well. */
  async toEnd(): Promise<readonly GrpcEvent[]> {
    const err = await within('the end of the stream', this.over);
    if (err !== undefined) throw err;
    return this.events;
  }

  /** Reads no more, and leaves the connection open. */
  pause(): void {
    this.call.pause();
  }

  resume(): void {
    this.call.resume();
  }

  cancel(): void {
    this.call.cancel();
  }
}

const CURSOR = 'urn:longhaul:a2a:stream-cursor:1';

export function seqOf({ event }: GrpcEvent): number {
  const { task, statusUpdate, artifactUpdate } = event;
  const metadata = (task ?? statusUpdate ?? artifactUpdate)?.metadata;
  return (metadata?.[CURSOR] as { readonly seq: number }).seq;
}

/** The request of a stream that takes a while. */
export function steps(events: number, everyMs = 60): object {
  return { message: messageFor('steps', { events, everyMs }) };
}

/** What makes a stream resume after that event. */
export function after(cursor: number | string): { readonly headings: Headings } {
  return { headings: { 'last-event-id': String(cursor) } };
}

/** For comparison to the byte. */
export function raws(events: readonly GrpcEvent[]): readonly string[] {
  return events.map(({ raw }) => raw.toString('base64'));
}
