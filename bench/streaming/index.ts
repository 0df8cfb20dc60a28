// (e) How fast a skill's text reaches its client, beside the server of the official SDK.

import { A2aClient } from '../a2a-client';
import type { Bench } from '../bench';
import type { Section } from '../figures';
import { startPeerServer, startProgram } from '../processes';
import { ratios, spreadOf } from '../statistics';

/** About as long as a token is said to be, and as many as a page or two has. */
const CHUNKS = { count: 2_000, bytes: 20 } as const;

const WARM_UP = { count: 100, bytes: 20 } as const;

const GOAL = 10;

interface Contender {
  readonly name: string;
  readonly meaning: string;
  readonly client: A2aClient;
}

export async function measureStreaming(bench: Bench): Promise<Section> {
  const ours = await openOurs(bench);
  const sdk = await openSdk(bench);
  const contenders = [ours, sdk];
  for (const contender of contenders) await hear(contender, WARM_UP);
  const took = new Map(contenders.map((contender) => [contender, [] as number[]]));
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [contender, rates] of took)
      rates.push(CHUNKS.count / (await hear(contender, CHUNKS)));
    bench.report(`e: round ${round} of ${bench.rounds}`);
  }
  const ratesOf = (contender: Contender): readonly number[] => took.get(contender) ?? [];
  return {
    id: 'e',
    title: 'Throughput of a streamed artifact',
    method:
      `One task that appends ${CHUNKS.count} chunks of ${CHUNKS.bytes} bytes to one artifact as fast as ` +
      'it can; the time from SendStreamingMessage until the client has the last event.',
    columns: ['tokens/s', 's'],
    rows: contenders.map((contender) => ({
      name: contender.name,
      meaning: contender.meaning,
      cells: [
        spreadOf(ratesOf(contender)),
        spreadOf(ratesOf(contender).map((rate) => CHUNKS.count / rate)),
      ],
    })),
    goals: [
      {
        name: `tokens/s: ${ours.name} / ${sdk.name}`,
        value: spreadOf(ratios(ratesOf(ours), ratesOf(sdk))),
        atLeast: GOAL,
      },
    ],
  };
}

/** Seconds from the call to the last event. */
async function hear(
  { name, client }: Contender,
  chunks: typeof CHUNKS | typeof WARM_UP,
): Promise<number> {
  const from = performance.now();
  let bytes = 0;
  let state = '';
  for await (const { artifactUpdate, statusUpdate } of client.stream('chunks', [
    { data: chunks },
  ])) {
    for (const { text = '' } of artifactUpdate?.artifact.parts ?? []) bytes += text.length;
    if (statusUpdate !== undefined) ({ state } = statusUpdate.status);
  }
  const seconds = (performance.now() - from) / 1_000;
  if (bytes !== chunks.count * chunks.bytes || state !== 'TASK_STATE_COMPLETED') {
    throw new Error(`${name}: heard ${bytes} bytes, and the task is ${state}`);
  }
  return seconds;
}

async function openOurs(bench: Bench): Promise<Contender> {
  const { temporal } = bench;
  const program = await startProgram({ role: 'start', temporal, taskQueue: 'chunks' });
  bench.defer(() => program.close());
  const client = new A2aClient(program.url);
  bench.defer(() => client.close());
  return {
    name: 'Longhaul',
    meaning:
      'Recorded in Temporal before the client has it; chunks that wait together travel as one.',
    client,
  };
}

async function openSdk(bench: Bench): Promise<Contender> {
  const server = await startPeerServer();
  bench.defer(() => server.close());
  const client = new A2aClient(server.url);
  bench.defer(() => client.close());
  return {
    name: '@a2a-js/sdk 1.3.0, in memory',
    meaning:
      'Its `DefaultRequestHandler` and `InMemoryTaskStore` behind Express: nothing is durable.',
    client,
  };
}
