// Calls between a skill's thread and the main thread, over one port: one order for all that is said.

import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { pack, unpack, type Packed, type Reference } from './crossing';

/**
 * Calls that have no answer yet. A skill that awaits what it calls has a handful; one that never does
 * would fill the main thread's memory, and no other run of the worker would get a turn.
 */
const MAX_UNANSWERED = 10_000;

type AnyFunction = (...args: readonly unknown[]) => unknown;

type Wire =
  | {
      readonly kind: 'call';
      readonly call: number;
      readonly to: number;
      readonly args: Packed;
      /** The call of the other side in whose course this one is made. */
      readonly within: number | undefined;
      /** The caller is blocked until it is not 0. */
      readonly gate?: Int32Array;
    }
  | { readonly kind: 'answer'; readonly call: number; readonly value: Packed }
  | { readonly kind: 'failure'; readonly call: number; readonly error: Packed }
  | { readonly kind: 'abort'; readonly signal: number; readonly reason: Packed };

interface Waiting {
  /** Runs something in the async context of the caller. */
  inContext<T>(work: () => T): T;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Ends what a call has left behind, or was given, once it has been answered. */
type Release = () => void;

const answeredAtOnce = new WeakSet<object>();

/** Marks a function whose caller gets the result and no promise: its thread is blocked meanwhile. */
export function atOnce<F extends object>(callee: F): F {
  answeredAtOnce.add(callee);
  return callee;
}

/**
 * The call that is being answered. What the other side calls meanwhile is run in the context of whoever
 * made that call: the main thread knows by its context in which step an artifact was saved. One for all
 * links: before Node 24 a storage that was used once costs every later promise of the process.
 */
const answering = new AsyncLocalStorage<{ readonly by: Link; readonly call: number }>();

export class Link {
  private readonly port: MessagePort;
  private readonly functions = new Map<number, AnyFunction>();
  private readonly controllers = new Map<number, AbortController>();
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(port: MessagePort) {
    this.port = port;
    port.on('message', (wire: Wire) => {
      this.take(wire);
    });
  }

  /** Nothing more is heard or said. */
  close(): void {
    this.port.close();
  }

  /** @param releases what to call when the other side needs it no longer. Default: it always may. */
  pack(value: unknown, releases: Release[] = []): Packed {
    return pack(value, (left) => this.refer(left, releases));
  }

  unpack(packed: Packed, releases: Release[] = []): unknown {
    return unpack(packed, (reference) => this.restore(reference, releases));
  }

  private refer(left: object, releases: Release[]): Reference | undefined {
    if (typeof left === 'function') {
      const id = this.leave(left as AnyFunction, releases);
      return { kind: 'function', id, isAtOnce: answeredAtOnce.has(left) };
    }
    if (left instanceof AbortSignal) return this.watch(left, releases);
    if (!isAsyncIterable(left)) return undefined;
    const open = (): object => {
      const iterator = left[Symbol.asyncIterator]();
      return { next: () => iterator.next(), return: () => iterator.return?.() };
    };
    return { kind: 'iterable', open: this.leave(open, releases) };
  }

  private leave(callee: AnyFunction, releases: Release[]): number {
    const id = this.nextId();
    this.functions.set(id, callee);
    releases.push(() => this.functions.delete(id));
    return id;
  }

  private watch(signal: AbortSignal, releases: Release[]): Reference {
    const id = this.nextId();
    if (signal.aborted) return { kind: 'signal', id, reason: this.pack(signal.reason) };
    const onAbort = (): void => {
      this.post({ kind: 'abort', signal: id, reason: this.pack(signal.reason) });
    };
    // Steps side by side are given one signal; that is no leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', onAbort, { once: true });
    releases.push(() => signal.removeEventListener('abort', onAbort));
    return { kind: 'signal', id };
  }

  private restore(reference: Reference, releases: Release[]): unknown {
    switch (reference.kind) {
      case 'function': {
        const { id, isAtOnce } = reference;
        if (isAtOnce) return (...args: unknown[]) => this.callAtOnce(id, args);
        return (...args: unknown[]) => this.call(id, args);
      }
      case 'signal': {
        const controller = new AbortController();
        if (reference.reason !== undefined) controller.abort(this.unpack(reference.reason));
        this.controllers.set(reference.id, controller);
        releases.push(() => this.controllers.delete(reference.id));
        return controller.signal;
      }
      case 'iterable':
        return { [Symbol.asyncIterator]: () => this.pull(reference.open) };
      case 'error':
        throw new Error('an error is copied, not referred to');
    }
  }

  /** Chunk by chunk, each when it is asked for: a slow reader holds up the source. */
  private async *pull(open: number): AsyncGenerator {
    const iterator = (await this.call(open, [])) as {
      next(): Promise<IteratorResult<unknown>>;
      return(): Promise<unknown>;
    };
    try {
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return();
    }
  }

  private async call(to: number, args: readonly unknown[]): Promise<unknown> {
    if (this.waiting.size >= MAX_UNANSWERED) {
      const text = `${MAX_UNANSWERED} calls of ctx have no answer yet: await what they return`;
      throw Object.assign(new Error(text), { retryable: false });
    }
    const releases: Release[] = [];
    const call = this.nextId();
    try {
      return await new Promise((resolve, reject) => {
        const packed = this.pack(args, releases);
        this.waiting.set(call, { resolve, reject, inContext: AsyncLocalStorage.snapshot() });
        this.post({ kind: 'call', call, to, args: packed, within: this.within });
      });
    } finally {
      this.waiting.delete(call);
      for (const release of releases) release();
    }
  }

  private get within(): number | undefined {
    const current = answering.getStore();
    return current?.by === this ? current.call : undefined;
  }

  private callAtOnce(to: number, args: readonly unknown[]): unknown {
    const call = this.nextId();
    const gate = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    this.post({ kind: 'call', call, to, args: this.pack(args), within: this.within, gate });
    Atomics.wait(gate, 0, 0);
    for (;;) {
      const wire = (receiveMessageOnPort(this.port) as { message: Wire } | undefined)?.message;
      if (wire === undefined) throw new Error('the main thread has not answered');
      if (wire.kind === 'answer' && wire.call === call) return this.unpack(wire.value);
      if (wire.kind === 'failure' && wire.call === call) throw this.unpack(wire.error);
      // What came before the answer is heard before what comes after it, but not in the middle of this call.
      queueMicrotask(() => this.take(wire));
    }
  }

  private take(wire: Wire): void {
    switch (wire.kind) {
      case 'call':
        this.answer(wire);
        return;
      case 'answer':
        this.waiting.get(wire.call)?.resolve(this.unpack(wire.value));
        return;
      case 'failure':
        this.waiting.get(wire.call)?.reject(this.unpack(wire.error));
        return;
      case 'abort':
        this.controllers.get(wire.signal)?.abort(this.unpack(wire.reason));
    }
  }

  private answer({ call, to, args, within, gate }: Extract<Wire, { kind: 'call' }>): void {
    const releases: Release[] = [];
    const fail = (error: unknown): void => {
      this.post({ kind: 'failure', call, error: this.pack(error) });
    };
    const succeed = (value: unknown): void => {
      try {
        this.post({ kind: 'answer', call, value: this.pack(value) });
      } catch (err) {
        fail(err);
      }
    };
    // Begun in the order of the calls, so that what is said unawaited keeps its order.
    try {
      const callee = this.functions.get(to);
      if (callee === undefined) throw new Error('what was called is over');
      const given = this.unpack(args, releases) as readonly unknown[];
      const work = (): unknown => answering.run({ by: this, call }, () => callee(...given));
      const caller = within === undefined ? undefined : this.waiting.get(within);
      const result = caller === undefined ? work() : caller.inContext(work);
      if (gate !== undefined) succeed(result);
      else {
        const release = (): void => releases.forEach((one) => one());
        void Promise.resolve(result).then(succeed, fail).finally(release);
      }
    } catch (err) {
      fail(err);
    }
    if (gate === undefined) return;
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  }

  private post(wire: Wire): void {
    try {
      this.port.postMessage(wire);
    } catch (err) {
      const text = `it cannot leave the thread: ${err instanceof Error ? err.message : String(err)}`;
      throw Object.assign(new Error(text, { cause: err }), { retryable: false });
    }
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}
