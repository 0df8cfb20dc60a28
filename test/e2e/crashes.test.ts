// A crash of one skill on the worker's main thread ends its own run; every other run of the worker goes on.

import { join } from 'node:path';
import { messageFor, send } from '../harness/calls';
import { eventually } from '../harness/eventually';
import { TEST_SKILLS } from '../harness/processes';
import { useStack } from '../harness/stack';
import { textOf } from '../harness/wire';

const stack = useStack({ env: { SKILLS: join(TEST_SKILLS, 'crashes') } });

/** Runs beside it a second long; in its first attempt still, unless the worker was lost. */
async function expectUnharmed(crash: () => Promise<void>): Promise<void> {
  const other = send(stack.url, messageFor('steps'));
  await crash();
  expect(textOf((await other).status.message?.parts)).toBe('done in attempt 1');
}

async function expectFailed(skill: string, how: string, text: string): Promise<void> {
  const { status } = await send(stack.url, messageFor(skill, { how }));
  expect(status.state).toBe('TASK_STATE_FAILED');
  expect(textOf(status.message?.parts)).toContain(text);
}

test.each([
  'promise',
  'timer',
  'microtask',
  'event of an emitter',
  'stream handler',
  'socket handler',
  'listener of the abort signal',
])('an error that nobody catches fails its task alone: %s', async (how) => {
  await expectUnharmed(() => expectFailed('stray', how, `stray ${how}`));
});

test('an error that nobody catches is logged once', async () => {
  const { id } = await send(stack.url, messageFor('stray', { how: 'timer' }));
  const errors = stack.worker
    .output()
    .split('\n')
    .filter((line) => line.includes(id) && line.includes('"level":50'));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain('the skill left an error that nobody caught');
});

test.each([
  ['exit', 'called process.exit'],
  ['exit in a timer', 'called process.exit'],
  ['abort', 'called process.abort'],
  ['recursion', 'Maximum call stack size exceeded'],
  ['recursion in a timer', 'Maximum call stack size exceeded'],
])('what would end the process fails its task alone: %s', async (how, text) => {
  await expectUnharmed(() => expectFailed('drastic', how, text));
});

test('what the module of a skill does beside any run is logged, and ends nothing', async () => {
  await expectUnharmed(async () => {
    const { status } = await send(stack.url, messageFor('arms'));
    expect(textOf(status.message?.parts)).toBe('armed');
  });
  await eventually(() => {
    expect(stack.worker.output()).toContain('thrown by nobody');
  });
});
