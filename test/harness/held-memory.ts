// What a process holds, without what V8 has not collected yet: asked over its inspector.

import { once } from 'node:events';
import { WebSocket } from 'undici';
import { metric } from './metrics';
import type { TestProcess } from './processes';

/** The environment of a process that can be asked. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const;

/** Bytes of its heap and of its buffers, after a full collection. */
export async function heldBytes(process: TestProcess): Promise<number> {
  await collectGarbage(process);
  const held = await Promise.all([
    metric(process.url, 'nodejs_heap_size_used_bytes'),
    metric(process.url, 'nodejs_external_memory_bytes'),
  ]);
  return held[0] + held[1];
}

async function collectGarbage({ output }: TestProcess): Promise<void> {
  const url = /Debugger listening on (ws:\S+)/.exec(output())?.[1];
  if (url === undefined) throw new Error('the process was started without INSPECTED');
  const inspector = new WebSocket(url);
  try {
    await once(inspector, 'open');
    const answered = once(inspector, 'message');
    inspector.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
    await answered;
  } finally {
    inspector.close();
  }
}
