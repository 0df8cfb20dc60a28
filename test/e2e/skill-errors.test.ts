// What one skill does wrong concerns its own task and no other.

import { messageFor, result, rpc, send, sendAndLeave } from '../harness/calls';
import { useStack } from '../harness/stack';
import { readWhole, streamMessage } from '../harness/stream';
import { textOf, type WireTask } from '../harness/wire';

const stack = useStack();

describe('an error that nobody catches', () => {
  test.each(['promise', 'timer'])('in a %s fails its task, and the others go on', async (how) => {
    const other = await sendAndLeave(stack.url, messageFor('steps', { events: 10, everyMs: 100 }));
    const { status } = await send(stack.url, messageFor('stray', { how }));
    expect(status.state).toBe('TASK_STATE_FAILED');
    expect(textOf(status.message?.parts)).toBe(`stray ${how}`);
    // Had the worker died, there would be none to go on with it.
    const frames = await readWhole(stack.url, other.id);
    expect(textOf(frames.at(-1)!.event.statusUpdate!.status.message?.parts)).toBe('done');
  });
});

test('an error with `retryable: false` ends the task at once, whatever its class', async () => {
  const { status } = await send(stack.url, messageFor('gives-up'));
  expect(status.state).toBe('TASK_STATE_FAILED');
  expect(textOf(status.message?.parts)).toBe('gave up in attempt 1');
});

test('a skill has its whole grace for cleaning up after a cancel', async () => {
  const stream = await streamMessage(stack.url, messageFor('tidy'));
  await stream.until('the start', ({ raw }) => raw.includes('started'));
  const { id } = stream.task;
  const { status } = await result(rpc<WireTask>(stack.url, 'CancelTask', { id }));
  expect(status.state).toBe('TASK_STATE_CANCELED');
  expect(textOf(status.message?.parts)).toBe('tidied up');
});
