// Steps around a question, with workers killed while the task waits, and after it was answered.

import { LEAVING, answerTo, getTask, messageFor, rpc, send, type Rpc } from '../../harness/calls';
import { untilAnswer } from '../../harness/eventually';
import { expectEveryId, foldArtifacts, lastState } from '../../harness/frames';
import { useStack } from '../../harness/stack';
import { readWhole } from '../../harness/stream';
import type { WireTask } from '../../harness/wire';
import { Ledger, expectOnce, useLedgers } from './ledger';

useLedgers();
const stack = useStack();

const isDone = ({ status }: WireTask): boolean => status.state === 'TASK_STATE_COMPLETED';

async function ended(id: string): Promise<WireTask> {
  return untilAnswer('the end', () => getTask(stack.url, id), isDone);
}

/** Said again while no worker is there to take it in: it counts once. */
async function answered(asked: WireTask): Promise<void> {
  const params = { message: answerTo(asked, 'go on'), ...LEAVING };
  const say = (): Promise<Rpc<unknown>> => rpc(stack.url, 'SendMessage', params);
  await untilAnswer('the answer to be taken', say, ({ body }) => body.result !== undefined);
}

async function expectTold(id: string): Promise<void> {
  const frames = await readWhole(stack.url, id);
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  expectEveryId(frames);
  expect(foldArtifacts(frames)).toEqual({ page: 'before\ngo on\nafter\n' });
}

test('killed while it waits: the answer finds another worker, and no step runs again', async () => {
  const ledger = new Ledger();
  const asked = await send(stack.url, messageFor('steps-and-asks', { ledger: ledger.path }));
  expect(asked.status.state).toBe('TASK_STATE_INPUT_REQUIRED');
  await stack.worker.kill();
  await stack.startWorker();
  await answered(asked);
  await ended(asked.id);
  await expectOnce(ledger, ['before', 'after', 'last']);
  await expectTold(asked.id);
}, 120_000);

test('killed after its answer: the steps before and after the question stay done', async () => {
  const ledger = new Ledger();
  const options = { ledger: ledger.path, lingerMs: 1_000 };
  const asked = await send(stack.url, messageFor('steps-and-asks', options));
  await answered(asked);
  const page = (task: WireTask): string => JSON.stringify(task.artifacts ?? []);
  const isBehind = (task: WireTask): boolean => page(task).includes('after');
  await untilAnswer('the second step', () => getTask(stack.url, asked.id), isBehind);
  const [killed, next] = [stack.worker, stack.startWorker()];
  await killed.kill();
  await next;
  await ended(asked.id);
  await expectOnce(ledger, ['before', 'after', 'last']);
  await expectTold(asked.id);
}, 120_000);
