// Who streams artifacts in (e), and how a client hears them.

import { A2aClient, type Frame } from '../a2a-client';
import type { Bench } from '../bench';
import { startPeerServer, startProgram, type BenchProcess } from '../processes';

export interface Contender {
  readonly name: string;
  readonly meaning: string;
  readonly client: A2aClient;
  /** What works for it besides the client. */
  readonly pids: readonly number[];
}

export interface Contenders {
  readonly ours: Contender;
  readonly sdk: Contender;
}

export async function openContenders(bench: Bench): Promise<Contenders> {
  const { temporal } = bench;
  const program = await startProgram({ role: 'start', temporal, taskQueue: 'chunks' });
  const server = await startPeerServer();
  return {
    ours: {
      name: 'Longhaul',
      meaning:
        'Recorded in Temporal before the client has it; chunks that wait together travel as one.',
      client: openClient(bench, program),
      pids: [program.pid, temporal.pid],
    },
    sdk: {
      name: '@a2a-js/sdk 1.3.0, in memory',
      meaning:
        'Its `DefaultRequestHandler` and `InMemoryTaskStore` behind Express: nothing is durable.',
      client: openClient(bench, server),
      pids: [server.pid],
    },
  };
}

function openClient(bench: Bench, server: BenchProcess): A2aClient {
  bench.defer(() => server.close());
  const client = new A2aClient(server.url);
  bench.defer(() => client.close());
  return client;
}

export interface Chunks {
  readonly count: number;
  readonly bytes: number;
}

/**
 * Each text of the artifact as the client has it.
 *
 * @throws Error unless the task completes with every byte, and when the server cuts the stream.
 */
export async function* hear(
  contender: Contender,
  skillId: 'chunks' | 'paced',
  options: Chunks & { readonly everyMs?: number },
): AsyncGenerator<string> {
  let bytes = 0;
  let state = '';
  try {
    for await (const frame of contender.client.stream(skillId, [{ data: options }])) {
      for (const text of textsOf(frame)) {
        bytes += text.length;
        yield text;
      }
      if (frame.statusUpdate !== undefined) ({ state } = frame.statusUpdate.status);
    }
  } catch (cause) {
    throw new Error(`${contender.name}: the stream broke after ${bytes} bytes`, { cause });
  }
  if (bytes !== options.count * options.bytes || state !== 'TASK_STATE_COMPLETED') {
    throw new Error(`${contender.name}: heard ${bytes} bytes, and the task is ${state}`);
  }
}

/** Hears it to its end. Resolves with the milliseconds from the call on. */
export async function hearAll(contender: Contender, chunks: Chunks): Promise<number> {
  const from = performance.now();
  for await (const _ of hear(contender, 'chunks', chunks));
  return performance.now() - from;
}

function textsOf({ artifactUpdate }: Frame): readonly string[] {
  return (artifactUpdate?.artifact.parts ?? []).map(({ text = '' }) => text);
}
