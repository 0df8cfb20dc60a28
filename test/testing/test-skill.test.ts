// The kit for tests of skills: what it runs, where it lets a worker die, and what it tells.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { completed, reply, type Skill, type SkillContext } from '../../src/activities/skill';
import { testSkill } from '../../src/testing/test-skill';

const skill = (run: Skill['run'], more: Partial<Skill> = {}): Skill => ({
  ...{ id: 'tested', name: 'tested', description: 'a tested skill', tags: ['test'] },
  ...more,
  run,
});

const textOf = ({ parts }: SkillContext['message']): string =>
  parts.map((part) => ('text' in part ? part.text : JSON.stringify(part))).join('');

describe('what a skill is given', () => {
  test('a text as its message, or parts, or a whole message', async () => {
    const echo = skill(async ({ message }) => completed(JSON.stringify(message.parts)));
    const parts = [{ data: { n: 1 } }];
    const message = { messageId: 'mine', role: 'ROLE_USER', parts } as const;
    expect((await testSkill(echo, 'hello')).message).toBe('[{"text":"hello"}]');
    expect((await testSkill(echo, parts)).message).toBe('[{"data":{"n":1}}]');
    expect((await testSkill(echo, message)).task.history[0]?.messageId).toBe('mine');
  });

  test('parts in full, however big they are', async () => {
    const raw = Buffer.alloc(400_000, 7).toString('base64');
    const told = await testSkill(
      skill(async ({ message }) =>
        completed([{ raw }, ...message.parts].length.toString(), [message]),
      ),
      [{ raw, filename: 'big.bin' }],
    );
    expect(told.task.artifacts[0]?.parts).toEqual([{ raw, filename: 'big.bin' }]);
  });

  test('the media types that the caller would like', async () => {
    const told = await testSkill(
      skill(async (ctx) => completed(ctx.acceptedOutputModes.join())),
      'go',
      { acceptedOutputModes: ['text/*'] },
    );
    expect(told.message).toBe('text/*');
  });

  test('answers in their order; one that does not fit is asked for again', async () => {
    const asks = skill(async (ctx) => {
      const name = textOf(await ctx.ask('name?'));
      const age = await ctx.ask('age?', {
        parse: (value) => Number.parseInt(String(value), 10) || fail(),
      });
      return completed(`${name} is ${age}`);
    });
    const fail = (): never => {
      throw new Error('no number');
    };
    const told = await testSkill(asks, 'go', { answers: ['Ada', 'old', '36'] });
    expect(told).toMatchObject({ state: 'completed', message: 'Ada is 36', runs: 4 });
  });

  test('an address that continues nothing, where it asks for credentials', async () => {
    const told = await testSkill(
      skill(async (ctx) => {
        await ctx.requireAuth(({ continueUrl }) => `sign in, then open ${continueUrl}`);
        return completed();
      }),
      'go',
    );
    expect(told.state).toBe('auth-required');
    expect(told.message).toMatch(/^sign in, then open https:\/\/test\.invalid\//);
  });
});

describe('what it tells', () => {
  test('ends at a question without an answer', async () => {
    const told = await testSkill(
      skill(async (ctx) => {
        await ctx.ask('name?');
        return completed();
      }),
      'go',
    );
    expect(told).toMatchObject({ state: 'input-required', message: 'name?', runs: 1 });
  });

  test('each text, artifact and event that a client would have', async () => {
    const told = await testSkill(
      skill(async (ctx) => {
        await ctx.progress('one');
        await ctx.progress('two');
        await ctx.saveArtifact({ name: 'table', parts: [{ data: [1] }] });
        await ctx.artifact({ artifactId: 'page' }).finalize('text');
        return completed('done');
      }),
      'go',
    );
    expect(told.progress).toEqual(['one', 'two']);
    expect(told.artifacts).toEqual({ table: '[1]', page: 'text' });
    expect(told.events.map(({ seq, kind }) => `${seq} ${kind}`)).toEqual([
      '1 task',
      '2 status',
      '3 status',
      '4 status',
      '5 artifact',
      '6 artifact',
      '7 status',
    ]);
    expect(told.task.status.state).toBe('completed');
    expect(told.records).toBe(4);
  });

  test('an error as the task has it, after as many runs as the skill allows', async () => {
    const throws = skill(
      () => {
        throw new Error('broken');
      },
      { limits: { maximumAttempts: 3 } },
    );
    expect(await testSkill(throws, 'go')).toMatchObject({
      state: 'failed',
      message: 'broken',
      runs: 3,
    });
  });

  test('a reply as the message', async () => {
    const told = await testSkill(
      skill(async () => reply('hello'), { replies: true }),
      'go',
    );
    expect(told).toMatchObject({ state: 'completed', message: 'hello' });
  });
});

describe('where the worker dies', () => {
  const three = skill(async (ctx) => {
    await ctx.progress('one');
    await ctx.step('work', () => 1);
    await ctx.progress('two');
    return completed(`run ${ctx.attempt}`);
  });

  test.each<[string, number | string | { record: number }]>([
    ['after an event', 3],
    ['in the middle of a step', 'work'],
    ['after a record', { record: 2 }],
  ])('%s, and another takes over', async (_name, crashAt) => {
    const told = await testSkill(three, 'go', { crashAt });
    expect(told).toMatchObject({ state: 'completed', message: 'run 2', runs: 2 });
    expect(told.progress).toEqual(['one', 'two']);
  });

  test('one place after the other', async () => {
    const told = await testSkill(three, 'go', { crashAt: [3, 'work', 'work', 4] });
    // In the first run it had begun when the text was recorded.
    expect(told).toMatchObject({ runs: 5, stepRuns: { work: 4 } });
  });

  test('at every record in turn', async () => {
    const whole = await testSkill(three, 'go');
    expect(whole.records).toBe(3);
    for (let record = 1; record <= whole.records; record += 1) {
      const told = await testSkill(three, 'go', { crashAt: { record } });
      expect(told.progress).toEqual(whole.progress);
    }
  });

  test('a dead worker does nothing any more', async () => {
    let did = 0;
    const told = await testSkill(
      skill(async (ctx) => {
        await ctx.progress('one');
        await ctx.step('work', () => 1);
        did += 1;
        return completed();
      }),
      'go',
      { crashAt: 'work' },
    );
    expect([told.runs, did]).toEqual([2, 1]);
  });

  test.each<[string, number | string | { record: number }, string]>([
    ['an event', 99, '99'],
    ['a step', 'no such step', '"no such step"'],
    ['a record', { record: 99 }, '{"record":99}'],
  ])('%s that never comes is an error, unless it may be missed', async (_name, crashAt, named) => {
    await expect(testSkill(three, 'go', { crashAt })).rejects.toThrow(
      `the skill never came to where it was to crash: ${named}`,
    );
    const told = await testSkill(three, 'go', { crashAt, mayMissCrashes: true });
    expect(told).toMatchObject({ state: 'completed', runs: 1 });
  });
});

test('an object that is no skill is refused, and says what is missing', async () => {
  await expect(testSkill({ id: 'a b' } as unknown as Skill, 'go')).rejects.toThrow(
    /^the tested skill is none:\n.*id/s,
  );
});

describe('as in a worker', () => {
  test('a run ends at the time limit of its skill, and hears of it', async () => {
    let reason: unknown;
    const told = await testSkill(
      skill(
        async ({ signal }) => {
          await once(signal, 'abort');
          ({ reason } = signal);
          return new Promise(() => undefined);
        },
        { limits: { timeoutMs: 50, cancelGraceMs: 50 } },
      ),
      'go',
    );
    expect(told).toMatchObject({
      state: 'failed',
      message: 'the skill ran longer than its limit of 0.05 s',
      runs: 1,
    });
    expect(String(reason)).toContain('time-limit');
  });

  test('an error that nobody catches ends the run and not the process', async () => {
    // In a process of its own, because jest takes such an error for its own.
    const script = `
      const { testSkill } = require('./src/testing/test-skill');
      const skill = (leave) => ({
        id: 'stray', name: 's', description: 's', tags: ['s'], limits: { maximumAttempts: 2 },
        run: async () => { leave(); return new Promise(() => {}); },
      });
      const rejects = () => { void Promise.reject(new Error('a promise')); };
      const throws = () => { setTimeout(() => { throw new Error('a timer'); }, 1); };
      Promise.all([testSkill(skill(rejects), 'go'), testSkill(skill(throws), 'go')]).then((told) => {
        console.log(JSON.stringify(told.map(({ state, message, runs }) => [state, message, runs])));
        rejects();
      });`;
    const ended = await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', script], {
      cwd: join(__dirname, '../..'),
    }).then(
      ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
      (err: unknown) => err as { stdout: string; stderr: string; code: number },
    );
    expect(ended.stdout.trim()).toBe('[["failed","a promise",2],["failed","a timer",2]]');
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('a promise');
  });

  test('an answer that nobody asks for is an error, unless it may be left', async () => {
    const asks = skill(async (ctx) => completed(textOf(await ctx.ask('name?'))));
    const answers = ['Ada', '36'];
    await expect(testSkill(asks, 'go', { answers })).rejects.toThrow(
      'the skill never asked for 1 of its 2 answers: it ended as completed: Ada',
    );
    const told = await testSkill(asks, 'go', { answers, mayMissAnswers: true });
    expect(told.message).toBe('Ada');
  });
});
