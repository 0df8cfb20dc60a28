// What a caller says with a cancel stays with the canceled task (A2A §3.1.5).

import { Connection } from '@temporalio/client';
import { getTask, http, listTasks, messageFor, rpc, sendAndLeave, send } from '../harness/calls';
import { eventually } from '../harness/eventually';
import { TWO_GATEWAYS, useStack } from '../harness/stack';
import { subscribe } from '../harness/stream';
import type { WireTask } from '../harness/wire';

const URI = 'urn:longhaul:a2a:cancel-metadata:1';

const METADATA = { reason: 'größer 🚀 "quoted"', by: { user: 7, list: [null, true] } };

const stack = useStack(TWO_GATEWAYS);

const LEGACY = { 'A2A-Version': '0.3' };

type Cancel = (id: string, metadata?: object) => Promise<number | undefined>;

/** Each resolves with the code of the refusal, if it was one. */
const WAYS: readonly (readonly [string, Cancel])[] = [
  ['JSON-RPC 1.0', overRpc('CancelTask')],
  ['REST 1.0', overRest('')],
  ['JSON-RPC 0.3', overRpc('tasks/cancel', LEGACY)],
  ['REST 0.3', overRest('/v1', LEGACY)],
];

function overRpc(method: string, headers = {}): Cancel {
  return async (id, metadata) => {
    const { body } = await rpc(stack.url, method, { id, metadata }, headers);
    return body.error?.code;
  };
}

function overRest(prefix: string, headers = {}): Cancel {
  return async (id, metadata) => {
    const call = { path: `${prefix}/tasks/${id}:cancel`, body: { metadata }, headers };
    return (await http<{ error?: { code: number } }>(stack.url, call)).body.error?.code;
  };
}

const [[, cancel]] = WAYS as readonly [readonly [string, Cancel]];

test.each(WAYS)('over %s it is in the task, its last event and the list', async (_, cancel) => {
  const { id, contextId } = await send(stack.url, messageFor('asks'));
  const stream = await subscribe(stack.otherUrl, id);
  expect(await cancel(id, METADATA)).toBeUndefined();
  const frames = await stream.toEnd();
  expect(frames.at(-1)?.event.statusUpdate).toMatchObject({
    status: { state: 'TASK_STATE_CANCELED' },
    metadata: { [URI]: METADATA },
  });
  const task = await getTask(stack.url, id);
  expect(task.metadata[URI]).toEqual(METADATA);
  await eventually(async () => {
    const { tasks } = await listTasks(stack.url, { contextId, status: 'TASK_STATE_CANCELED' });
    expect(tasks.map(({ metadata }) => metadata[URI])).toEqual([METADATA]);
  });
});

test.each(WAYS)('over %s a cancel may say nothing', async (_, cancel) => {
  for (const metadata of [undefined, {}]) {
    const { id } = await send(stack.url, messageFor('asks'));
    expect(await cancel(id, metadata)).toBeUndefined();
    const { status, metadata: kept } = await getTask(stack.url, id);
    expect(status.state).toBe('TASK_STATE_CANCELED');
    expect(kept).not.toHaveProperty(URI);
  }
});

test.each(WAYS)(
  'over %s more than 8 KiB is refused, and nothing is canceled',
  async (_, cancel) => {
    const { id } = await send(stack.url, messageFor('asks'));
    expect(await cancel(id, { text: 'x'.repeat(8_192) })).toBeLessThanOrEqual(400);
    expect((await getTask(stack.url, id)).status.state).toBe('TASK_STATE_INPUT_REQUIRED');
    expect(await cancel(id, { text: 'ä'.repeat(4_090) })).toBeUndefined();
    expect((await getTask(stack.url, id)).metadata[URI]).toEqual({ text: 'ä'.repeat(4_090) });
  },
);

test.each(WAYS)('over %s it must be an object', async (_, cancel) => {
  expect(await cancel('none', [] as never)).toBeDefined();
});

test('a running skill that cleans up is canceled with it', async () => {
  const { id } = await sendAndLeave(stack.url, messageFor('tidy', { cleanUpMs: 100 }));
  await eventually(async () => {
    expect((await getTask(stack.url, id)).status.message?.parts[0]?.text).toBe('started');
  });
  await cancel(id, METADATA);
  const { status, metadata } = await getTask(stack.url, id);
  expect(status.message?.parts[0]?.text).toBe('tidied up');
  expect(metadata[URI]).toEqual(METADATA);
});

test('of two cancels the first one is kept', async () => {
  const { id } = await send(stack.url, messageFor('asks'));
  await cancel(id, { first: 1 });
  expect(await cancel(id, { second: 2 })).toBeUndefined();
  expect((await getTask(stack.url, id)).metadata[URI]).toEqual({ first: 1 });
});

test('a task that is over keeps none', async () => {
  const { id } = await send(stack.url, messageFor('echo'));
  expect(await cancel(id, METADATA)).toBe(-32002);
  expect((await getTask(stack.url, id)).metadata).not.toHaveProperty(URI);
});

test('the reason of somebody who cancels by other means is not taken for it', async () => {
  const { id } = await send(stack.url, messageFor('asks'));
  const connection = await Connection.connect({ address: stack.temporal.address });
  await connection.workflowService.requestCancelWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: `default/anonymous/${id}` },
    reason: '{"longhaul.metadata":',
  });
  await connection.close();
  await eventually(async () => {
    const task: WireTask = await getTask(stack.url, id);
    expect(task.status.state).toBe('TASK_STATE_CANCELED');
    expect(task.metadata).not.toHaveProperty(URI);
  });
});
