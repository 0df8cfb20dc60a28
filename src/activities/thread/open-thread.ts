// A worker thread for a single run of a skill: started with it, ended with it.

import { MessageChannel, Worker } from 'node:worker_threads';
import type { SkillResult } from '../skill';
import { Link } from './link';
import { membersOf, type RunContext } from './members';
import type { ThreadData, ThreadStart } from './skill-thread';

export interface ThreadOptions {
  readonly skillId: string;
  /** Default-exports the skill. */
  readonly file: string;
  /** MiB of heap. Absent: V8's own. */
  readonly memoryMb: number | undefined;
}

export interface SkillThread {
  /**
   * Resolves with what the skill returns.
   * @throws what it throws, awaited or not; Error when the thread ends without a result.
   */
  readonly result: Promise<SkillResult>;
  /** Ends the thread wherever it is, also in a loop without end. */
  close(): void;
}

export function openThread(ctx: RunContext, options: ThreadOptions): SkillThread {
  const { port1: ours, port2: port } = new MessageChannel();
  const link = new Link(ours);
  let thread: Worker | undefined;
  const result = new Promise<SkillResult>((ended, threw) => {
    const host = { ctx: membersOf(ctx), ended, threw } satisfies Record<keyof ThreadStart, unknown>;
    const { skillId, file, memoryMb } = options;
    thread = startThread({ skillId, file, port, start: link.pack(host) }, memoryMb);
    thread.once('error', threw);
    thread.once('exit', (code) => {
      threw(new Error(`the thread of the skill ended with code ${code} before the skill did`));
    });
  });
  return {
    result,
    close() {
      link.close();
      // Not awaited: a call into native code cannot be ended before it returns.
      void thread?.terminate();
    },
  };
}

function startThread(workerData: ThreadData, memoryMb: number | undefined): Worker {
  return new Worker(bootstrap(require.resolve('./skill-thread')), {
    eval: true,
    name: workerData.skillId,
    workerData,
    transferList: [workerData.port],
    resourceLimits: memoryMb === undefined ? {} : { maxOldGenerationSizeMb: memoryMb },
  });
}

/** From the source, the thread needs what reads TypeScript; it does not inherit it from whoever runs us. */
function bootstrap(entry: string): string {
  const load = `require(${JSON.stringify(entry)});`;
  return entry.endsWith('.ts')
    ? `require(${JSON.stringify(require.resolve('tsx/cjs'))});${load}`
    : load;
}
