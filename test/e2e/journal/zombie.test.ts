// An attempt that counts as lost and comes back: it is not heard, and what it records late is in no journal (D4).

import { Client, Connection } from '@temporalio/client';
import { getTask, messageFor } from '../../harness/calls';
import { untilAnswer } from '../../harness/eventually';
import { expectEveryId, foldArtifacts, lastState, progressTexts } from '../../harness/frames';
import { useStack } from '../../harness/stack';
import { streamMessage } from '../../harness/stream';
import { textOf } from '../../harness/wire';
import { createDecoder } from '../../../src/temporal/history';
import type { Batch } from '../../../src/workflows/emission';
import { Ledger, gates, openGate, useLedgers } from './ledger';

useLedgers();
const stack = useStack();

/** What attempts have signaled, in the order in which it was recorded. */
async function batchesOf(taskId: string): Promise<readonly Batch[]> {
  const connection = await Connection.connect({ address: stack.temporal.address });
  try {
    const client = new Client({ connection });
    const handle = client.workflow.getHandle(`default/anonymous/${taskId}`);
    const { events } = await handle.fetchHistory();
    const decode = createDecoder(client);
    const signals = (events ?? []).flatMap(
      (event) => event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? [],
    );
    return await Promise.all(signals.map(async (payload) => (await decode(payload)) as Batch));
  } finally {
    await connection.close();
  }
}

test('a worker that stands still for longer than its heartbeat, and then goes on', async () => {
  const ledger = new Ledger();
  const options = { ledger: ledger.path, gates: gates() };
  const stream = await streamMessage(stack.url, messageFor('gated', options));
  await stream.until('the task', () => true);
  const { id } = stream.task;

  // The first attempt stands still in the middle of its step, and another passes it by. The server may hand
  // that to the worker that stands still, so it need not be the second.
  const { pid } = await ledger.until('slow begins');
  process.kill(pid, 'SIGSTOP');
  const zombie = stack.worker;
  try {
    await stack.startWorker();
    await ledger.until('waits');
    await stream.until('what the other did', ({ raw }) => raw.includes('slow by'));
    await openGate('slow');
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const isLate = (batches: readonly Batch[]): boolean => {
    const taken = batches.findIndex(({ attempt }) => attempt > 1);
    const late = batches.slice(taken).filter(({ attempt }) => attempt === 1);
    return late.some(({ emissions }) => emissions.length > 0);
  };
  await untilAnswer('the late words of the first attempt', () => batchesOf(id), isLate);

  // Whatever it has left behind, a third one has to make do with.
  const [killed, next] = [stack.worker, stack.startWorker()];
  await killed.kill();
  await next;
  await openGate('end');
  const frames = await stream.toEnd();
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  expectEveryId(frames);
  const { status } = await getTask(stack.url, id);
  const by = textOf(status.message?.parts);
  expect(by).toMatch(/^attempt [2-9]$/);
  expect(progressTexts(frames)).toEqual([`slow by ${by}`, by]);
  expect(foldArtifacts(frames)).toEqual({ page: `first\nslow\nslow by ${by}\n` });

  const deeds = await ledger.deeds();
  const times = (what: string): number => deeds.filter((deed) => deed.what === what).length;
  expect([times('first'), times('slow begins'), times('last')]).toEqual([1, 2, 1]);
  expect(
    new Set(deeds.filter(({ what }) => what === 'slow begins').map(({ key }) => key)).size,
  ).toBe(1);
  await zombie.stop();
}, 180_000);
