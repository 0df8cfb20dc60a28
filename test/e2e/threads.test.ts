// Skills with `limits.thread`: all of `ctx` works there, and whatever they do to their thread is their own affair.

import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LEAVING, answerTo, messageFor, result, rpc, send, sendAndLeave } from '../harness/calls';
import { untilAnswer } from '../harness/eventually';
import { TEST_SKILLS } from '../harness/processes';
import { progressTexts } from '../harness/frames';
import { useStack } from '../harness/stack';
import { readWhole, streamMessage } from '../harness/stream';
import { textOf, type WireTask } from '../harness/wire';

const stack = useStack({ env: { SKILLS: join(TEST_SKILLS, 'threads') } });

/** A file for a skill to write into, and what it has written. */
function notes(name: string): { readonly file: string; read(): string } {
  const file = join(stack.temporal.dataDir, name);
  writeFileSync(file, '');
  return { file, read: () => readFileSync(file, 'utf8') };
}

/** How many were at work at once, by a `+` for each begin and a `-` for each end. */
function mostAtOnce(written: string): number {
  let now = 0;
  return Math.max(...written.split('').map((mark) => (now += mark === '+' ? 1 : -1)));
}

async function cancel(id: string): Promise<WireTask> {
  return result(rpc<WireTask>(stack.url, 'CancelTask', { id }));
}

/** A skill on the main thread needs its event loop ten times. */
async function aTaskOnMain(): Promise<string> {
  return saidOf(await send(stack.url, messageFor('on-main')));
}

/** Nothing writes any more: a thread takes a moment to end. */
async function expectStill(read: () => string): Promise<void> {
  await untilAnswer(
    'nothing is written any more',
    async () => {
      const before = read();
      // Ten times as long as between two marks.
      await delay(200);
      return read() === before;
    },
    (isStill) => isStill,
  );
  expect(read()).not.toBe('');
}

const saidOf = ({ status }: WireTask): string => textOf(status.message?.parts);

describe('in a thread of its own', () => {
  test.each(['where', 'typed'])('a skill runs off the main thread: %s', async (skill) => {
    expect(saidOf(await send(stack.url, messageFor(skill)))).toContain('false');
  });

  test('a skill says the same as on the main thread', async () => {
    const [there, here] = await Promise.all(
      ['says-everything-in-thread', 'says-everything'].map(async (skill) => {
        const { status, artifacts } = await send(stack.url, messageFor(skill));
        return { state: status.state, said: status.message?.parts, artifacts };
      }),
    );
    expect(there).toEqual(here);
    expect(here).toMatchObject({ state: 'TASK_STATE_COMPLETED' });
    expect(here!.artifacts).toHaveLength(3);
  });

  test('tools, pipes and files do there what they do on the main thread', async () => {
    const { file } = notes('given.txt');
    writeFileSync(file, 'from a file');
    const [there, here] = await Promise.all(
      ['gives-everything-in-thread', 'gives-everything'].map(async (skill) => {
        const message = messageFor(skill, {}, { parts: [{ data: { path: file } }] });
        const { status, artifacts = [], history = [] } = await send(stack.url, message);
        return {
          state: status.state,
          said: [...history.slice(1), status.message].map((one) => textOf(one?.parts)),
          artifacts: artifacts.map(({ name, parts }) => ({ name, parts })),
        };
      }),
    );
    const inText = (value: unknown): string =>
      JSON.stringify(value).replace(/"url":"[^"]*\/(\w+)"/g, '"digest":"$1"');
    expect(inText(there)).toBe(inText(here));
    expect(here).toMatchObject({ state: 'TASK_STATE_COMPLETED' });
    expect(here!.said.at(-1)).toBe('ended by a tool');
    expect(here!.said.join()).toContain('"kinds":[false,false,true]');
    expect(here!.artifacts.map(({ name }) => name)).toEqual([
      'notes.txt',
      'piped',
      'in a step',
      'file',
      'mixed',
    ]);
  });

  test('the schema of a step reads on the side of the skill', async () => {
    expect(saidOf(await send(stack.url, messageFor('reads-a-date')))).toBe('true');
  });

  test('an answer that does not fit is asked for again, and a sign-in has its address', async () => {
    const asked = await send(stack.url, messageFor('converses-in-thread'));
    const again = await send(stack.url, answerTo(asked, 'old'));
    expect(saidOf(again)).toContain('That does not fit: not a number');
    const signingIn = await send(stack.url, answerTo(asked, '41'));
    expect(signingIn.status.state).toBe('TASK_STATE_AUTH_REQUIRED');
    expect(saidOf(signingIn)).toBe('Sign in at continuations');
    expect(saidOf(await send(stack.url, answerTo(asked, 'done')))).toBe('42, done');
  });

  test('what it has asked ends the thread, with every branch that still runs', async () => {
    const { file, read } = notes('branch');
    await send(stack.url, messageFor('leaves-a-branch', { file }));
    await expectStill(read);
  });

  test('what callers say is read, and so are the tasks that they refer to', async () => {
    const earlier = await send(stack.url, messageFor('where'));
    const message = { ...messageFor('listens'), referenceTaskIds: [earlier.id] };
    const stream = await streamMessage(stack.url, message);
    await stream.until('the start', ({ raw }) => raw.includes('listening'));
    for (const text of ['one', 'two']) {
      const params = { message: answerTo(stream.task, text), ...LEAVING };
      await result(rpc(stack.url, 'SendMessage', params));
      await stream.until(text, ({ raw }) => raw.includes(`heard ${text}`));
    }
    expect(progressTexts(await stream.toEnd()).at(-1)).toBe(`one, two, ${earlier.id}`);
  });

  test('an error keeps its name, its text and whether it is to be retried', async () => {
    const { status } = await send(stack.url, messageFor('gives-up'));
    expect(status.state).toBe('TASK_STATE_FAILED');
    expect(textOf(status.message?.parts)).toBe('no such city');
    const told = await send(stack.url, messageFor('tells-errors-apart'));
    expect(JSON.parse(saidOf(told))).toEqual([
      ...[true, 'SkillError', false],
      ...['RangeError', 'too much', false, 7],
    ]);
  });

  test('what cannot leave it is an error that says so', async () => {
    const { status } = await send(stack.url, messageFor('says-a-symbol'));
    expect(status.state).toBe('TASK_STATE_FAILED');
    expect(textOf(status.message?.parts)).toContain('it cannot leave the thread: Symbol(x)');
  });

  test('a skill that awaits nothing is stopped before it fills the worker', async () => {
    const { id } = await sendAndLeave(stack.url, messageFor('floods'));
    const last = (await readWhole(stack.url, id)).at(-1);
    expect(last?.raw).toContain('await what they return');
    expect(await aTaskOnMain()).toBe('done in attempt 1');
  });
});

describe('a skill that computes', () => {
  test('for longer than a heartbeat may be late is not taken for lost', async () => {
    expect(saidOf(await send(stack.url, messageFor('computes')))).toBe('attempt 1');
  });

  test('for ever holds up no other, and is canceled after its grace', async () => {
    const { file, read } = notes('spins');
    const stream = await streamMessage(stack.url, messageFor('spins', { file }));
    await stream.until('it spins', ({ raw }) => raw.includes('spinning'));
    expect(await aTaskOnMain()).toBe('done in attempt 1');
    expect((await cancel(stream.task.id)).status.state).toBe('TASK_STATE_CANCELED');
    await expectStill(read);
  });

  test('for ever is ended at its time limit', async () => {
    const { file, read } = notes('spins-too-long');
    const { status } = await send(stack.url, messageFor('spins-too-long', { file }));
    expect(status.state).toBe('TASK_STATE_FAILED');
    expect(textOf(status.message?.parts)).toBe('the skill ran longer than its limit of 1 s');
    await expectStill(read);
  });

  test('waits in Temporal for a core, and its time limit begins with it', async () => {
    const { file, read } = notes('in-turn');
    const count = availableParallelism() * 3 + 1;
    const all = Array.from({ length: count }, () =>
      send(stack.url, messageFor('in-turn', { file })),
    );
    const states = (await Promise.all(all)).map(({ status }) => status.state);
    expect(new Set(states)).toEqual(new Set(['TASK_STATE_COMPLETED']));
    expect(mostAtOnce(read())).toBeLessThanOrEqual(availableParallelism());
  });
});

describe('a canceled skill', () => {
  test('has its grace: what it says then is heard', async () => {
    const stream = await streamMessage(stack.url, messageFor('tidies'));
    await stream.until('it works', ({ raw }) => raw.includes('at work'));
    const { status, artifacts } = await cancel(stream.task.id);
    expect(textOf(status.message?.parts)).toBe('tidied up');
    expect(artifacts).toHaveLength(1);
  });
});

describe('a thread that dies', () => {
  test.each(['exit', 'memory', 'timer', 'rejection', 'recursion'])(
    'of %s ends its run, which is tried again, and no other',
    async (how) => {
      const other = aTaskOnMain();
      expect(saidOf(await send(stack.url, messageFor('dies', { how })))).toBe('attempt 2');
      expect(await other).toBe('done in attempt 1');
    },
  );
});

describe('`limits.concurrency`', () => {
  test('bounds the runs of a skill, and a time limit begins with its run', async () => {
    const { file, read } = notes('two-at-once');
    const all = Array.from({ length: 9 }, () =>
      send(stack.url, messageFor('two-at-once', { file })),
    );
    const states = (await Promise.all(all)).map(({ status }) => status.state);
    expect(new Set(states)).toEqual(new Set(['TASK_STATE_COMPLETED']));
    expect(mostAtOnce(read())).toBe(2);
  });

  test('holds up no other skill, and a run that waits is canceled at once', async () => {
    const first = await streamMessage(stack.url, messageFor('one-at-once'));
    await first.until('it has the place', ({ raw }) => raw.includes('has the place'));
    const second = await sendAndLeave(stack.url, messageFor('one-at-once'));
    expect(await aTaskOnMain()).toBe('done in attempt 1');
    const { status, history } = await cancel(second.id);
    expect(status.state).toBe('TASK_STATE_CANCELED');
    expect(JSON.stringify(history)).not.toContain('has the place');
    await cancel(first.task.id);
  });
});

test('a worker that is told to stop ends its threads, and another one goes on', async () => {
  const { file, read } = notes('handed-on');
  const stream = await streamMessage(stack.url, messageFor('spins', { file }));
  await stream.until('it spins', ({ raw }) => raw.includes('spinning'));
  await stack.worker.stop();
  const written = read().length;
  await stack.startWorker();
  await untilAnswer(
    'the other worker writes',
    async () => read().length,
    (length) => length > written,
  );
  expect((await cancel(stream.task.id)).status.state).toBe('TASK_STATE_CANCELED');
});
