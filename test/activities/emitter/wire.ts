// An emitter on a wire that the test holds: what it sent, when, and what came of it.

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Emitter, type EmitterOptions, type Spoken } from '../../../src/activities/emitter';
import { createDirectoryPartStores, type PartStore } from '../../../src/storage/part-store';
import type { Batch } from '../../../src/workflows/emission';
import type { Part } from '../../../src/workflows/task';

export interface Wire {
  readonly emitter: Emitter;
  /** Every batch for which `send` was called, repeats included. */
  readonly sent: readonly Batch[];
  /** `Date.now()` of each call. */
  readonly sentAt: readonly number[];
  /** The most batches that were under way at once. */
  readonly mostInFlight: number;
  readonly failures: readonly unknown[];
  /** Resolves when `count` batches were sent. */
  untilSent(count: number): Promise<void>;
  /** Sends stay under way from now on, until they are let through. */
  hold(): void;
  letThrough(): void;
}

interface WireOptions extends Partial<EmitterOptions> {
  /** What `send` throws, call by call; then it works. */
  readonly throws?: readonly Error[];
}

/** Wires that share a part store, which lasts as long as the tests of the file. */
export function useWires(): {
  readonly store: PartStore;
  open(options?: WireOptions): Wire;
} {
  const folder = join(tmpdir(), `longhaul-emitter-${randomUUID()}`);
  const store = createDirectoryPartStores(folder).of('task');
  // What is being packed when a test is over is written all the same.
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  return { store, open: (options = {}) => openWire(store, options) };
}

function openWire(store: PartStore, { throws = [], ...options }: WireOptions): Wire {
  const sent: Batch[] = [];
  const sentAt: number[] = [];
  const failures: unknown[] = [];
  const waiting = new Set<() => void>();
  let gate: PromiseWithResolvers | undefined;
  let inFlight = 0;
  let mostInFlight = 0;
  const emitter = new Emitter({
    turn: 1,
    attempt: 1,
    store,
    inlineBytes: 0,
    signal: new AbortController().signal,
    onFailure: (err) => failures.push(err),
    send: async (batch) => {
      const fault = throws[sent.length];
      sent.push(batch);
      sentAt.push(Date.now());
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      for (const wake of waiting) wake();
      await (gate?.promise ?? setImmediate());
      inFlight -= 1;
      if (fault !== undefined) throw fault;
    },
    ...options,
  });
  return {
    emitter,
    sent,
    sentAt,
    failures,
    get mostInFlight() {
      return mostInFlight;
    },
    async untilSent(count) {
      while (sent.length < count) {
        const next = withResolvers();
        waiting.add(next.resolve);
        await next.promise;
        waiting.delete(next.resolve);
      }
    },
    hold() {
      gate = withResolvers();
    },
    letThrough() {
      gate?.resolve();
      gate = undefined;
    },
  };
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  resolve(): void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Enough turns of the event loop for everything that waits for no timer. */
export async function nextTurns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await setImmediate();
}

export const progress = (text: string): Spoken => ({ kind: 'progress', at: 0, parts: [{ text }] });

type Chunk = Partial<Extract<Spoken, { kind: 'artifact' }>>;
export const chunk = (text: string, more: Chunk = {}): Spoken => ({
  kind: 'artifact',
  at: 0,
  artifactId: 'a',
  parts: [{ text }],
  append: true,
  last: false,
  ...more,
});

export const textsOf = (batches: readonly Batch[]): readonly string[] =>
  partsOf(batches).map((part) => ('text' in part ? part.text : JSON.stringify(part)));

export const partsOf = (batches: readonly Batch[]): readonly Part[] =>
  batches.flatMap(({ emissions }) =>
    emissions.flatMap((said) => ('parts' in said ? said.parts : [])),
  );
