// The ways by which a client can follow what an activity says: ours, and those that Temporal offers.

import type { Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { A2aClient } from '../a2a-client';
import { atOnce } from '../at-once';
import type { Bench } from '../bench';
import type { Ticks } from '../peers/contract';
import { itemsOf, pagesOf, signalsOf } from '../peers/readers';
import { ROOT, startPeerWorker, startProgram } from '../processes';

type Close = () => Promise<void> | void;

export interface Contender {
  readonly name: string;
  readonly meaning: string;
  /** Open and followed tasks that it bears. */
  readonly bears: number;
  /** The times at which one new task spoke, as its client hears them. */
  listen(ticks: Ticks): AsyncIterable<string>;
  /** Has so many tasks that say nothing open, and follows them until they are closed. Resolves when it follows all. */
  open(count: number): Promise<Close>;
}

export interface Peers {
  readonly longPoll: Contender;
  readonly streams: Contender;
  readonly fastStreams: Contender;
}

/** Calls at once while tasks are opened and followed. */
const OPENERS = 8;

/**
 * What it is asked to bear here. Each of its subscribers is an update that the workflow holds, and one more workflow task
 * whenever it asks anew; and a run takes 2,000 of them.
 */
const STREAMS_BEAR = 100;

export async function openOurs(bench: Bench, root = ROOT): Promise<Contender> {
  const { temporal } = bench;
  const program = await startProgram({ role: 'start', temporal, taskQueue: `clock ${root}`, root });
  bench.defer(() => program.close());
  const client = new A2aClient(program.url);
  bench.defer(() => client.close());
  const waiting = new Waiting(async () => (await client.send('waits', [{ text: 'go' }])).id);
  return {
    name: root === ROOT ? 'Longhaul' : `Longhaul of ${root}`,
    meaning: 'SendStreamingMessage over HTTP: skill, signal, history, gateway, SSE frame.',
    bears: Number.POSITIVE_INFINITY,
    async *listen(ticks) {
      let state = 'not there';
      for await (const { statusUpdate } of client.stream('clock', [{ data: ticks }])) {
        const text = statusUpdate?.status.message?.parts[0]?.text;
        if (text !== undefined) yield text;
        state = statusUpdate?.status.state ?? state;
      }
      if (state !== 'TASK_STATE_COMPLETED')
        throw new Error(`the stream ended; the task is ${state}`);
    },
    async open(count) {
      const followers = new A2aClient(program.url);
      const ids = await waiting.take(count);
      await atOnce(OPENERS, ids, (id) => followers.subscribe(id));
      return () => {
        followers.close();
      };
    },
  };
}

export async function openPeers(bench: Bench): Promise<Peers> {
  const { client, address } = bench.temporal;
  const taskQueue = 'bare-clock';
  const worker = await startPeerWorker(address, taskQueue);
  bench.defer(() => worker.close());
  const start: Start = async (workflow, ...args) => {
    const workflowId = randomUUID();
    await client.workflow.start(workflow, { workflowId, taskQueue, args });
    return workflowId;
  };
  return {
    longPoll: longPoll(client, start),
    streams: streams(client, start, undefined),
    fastStreams: streams(client, start, 1),
  };
}

/** Resolves with the workflow's id. */
type Start = (workflow: string, ...args: readonly Ticks[]) => Promise<string>;

function longPoll(client: Client, start: Start): Contender {
  const waiting = new Waiting(() => start('waitingWorkflow'));
  return {
    name: 'Bare long poll',
    meaning: 'An activity signals, a client reads `GetWorkflowExecutionHistory`; no HTTP, no A2A.',
    bears: Number.POSITIVE_INFINITY,
    async *listen(ticks) {
      yield* signalsOf(client, await start('clockWorkflow', ticks));
    },
    async open(count) {
      const left = new AbortController();
      // Each long poll listens to it.
      setMaxListeners(0, left.signal);
      const ids = await waiting.take(count);
      await atOnce(OPENERS, ids, async (id) => {
        const pages = pagesOf(client, id, left.signal);
        await pages.next();
        void drained(pages);
      });
      return () => {
        left.abort();
      };
    },
  };
}

function streams(client: Client, start: Start, pollCooldownMs: number | undefined): Contender {
  const cooldown = pollCooldownMs === undefined ? '' : `, poll cooldown ${pollCooldownMs} ms`;
  return {
    name: `workflow-streams 1.23.0${cooldown}`,
    meaning: 'Publisher in an activity with `forceFlush`, subscriber in a client; no HTTP.',
    bears: STREAMS_BEAR,
    async *listen(ticks) {
      yield* itemsOf(client, await start('clockStreamWorkflow', ticks), pollCooldownMs);
    },
    async open(count) {
      const ids: string[] = [];
      await atOnce(OPENERS, Array.from({ length: count }), async () => {
        ids.push(await start('waitingStreamWorkflow'));
      });
      for (const id of ids) void drained(itemsOf(client, id, pollCooldownMs));
      // Nothing but their end makes their subscribers leave.
      return () => atOnce(OPENERS, ids, (id) => client.workflow.getHandle(id).terminate());
    },
  };
}

/** Tasks that wait, each opened once: whoever needs some takes the first ones. */
class Waiting {
  private readonly ids: string[] = [];
  private readonly open: () => Promise<string>;

  constructor(open: () => Promise<string>) {
    this.open = open;
  }

  async take(count: number): Promise<readonly string[]> {
    const missing = Array.from({ length: Math.max(count - this.ids.length, 0) });
    await atOnce(OPENERS, missing, async () => {
      this.ids.push(await this.open());
    });
    return this.ids.slice(0, count);
  }
}

/** Resolves when there is no more to hear, however that came. */
async function drained(heard: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _said of heard);
  } catch {
    // Whoever leaves hears no more.
  }
}
