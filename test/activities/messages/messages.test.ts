// `ctx.messages` in memory: which message is read where, and that a later run reads it there again.

import fc from 'fast-check';
import { completed, type Skill, type SkillContext } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { textOf } from '../../harness/task-events';

const skill = (run: Skill['run'], more: Partial<Skill> = {}): Skill => ({
  ...{ id: 'tested', name: 'tested', description: 'a tested skill', tags: ['test'] },
  run,
  ...more,
});

/** Reads so many messages, with a step after each. */
async function listen(ctx: SkillContext, count: number, name = 'note'): Promise<string[]> {
  const heard: string[] = [];
  for await (const message of ctx.messages) {
    const text = textOf(message);
    await ctx.progress(`${name}: ${text}`);
    heard.push(await ctx.step(name, () => text));
    if (heard.length === count) break;
  }
  return heard;
}

const says = (heard: readonly string[]): string => heard.join(', ');

describe('ctx.messages', () => {
  test('gives what was said at once, and what is said later, in order', async () => {
    const listener = skill(async (ctx) => completed(says(await listen(ctx, 3))));
    const messages = ['one', { after: 3, say: 'two' }, { after: 4, say: 'three' }];
    const told = await testSkill(listener, 'go', { messages });
    expect(told.message).toBe('one, two, three');
    expect(told.task.unreadMessageIds).toBeUndefined();
  });

  test('leaves what nobody has read to be named as unread', async () => {
    const listener = skill(async (ctx) => completed(says(await listen(ctx, 1))));
    const told = await testSkill(listener, 'go', { messages: ['one', 'two'] });
    const [, , unread] = told.task.history.filter(({ role }) => role === 'ROLE_USER');
    expect(told.task.unreadMessageIds).toEqual([unread?.messageId]);
  });

  test('goes on in a second loop where the first was left', async () => {
    const listener = skill(async (ctx) => {
      const first = await listen(ctx, 2);
      return completed(says([...first, ...(await listen(ctx, 1))]));
    });
    const told = await testSkill(listener, 'go', { messages: ['one', 'two', 'three'] });
    expect(told.message).toBe('one, two, three');
  });

  test('gives each message to one of two loops', async () => {
    const listener = skill(async (ctx) => {
      const heard = await Promise.all([listen(ctx, 2, 'a'), listen(ctx, 2, 'b')]);
      return completed(says(heard.flat().sort()));
    });
    const told = await testSkill(listener, 'go', { messages: ['1', '2', '3', '4'] });
    expect(told.message).toBe('1, 2, 3, 4');
  });

  test('ends a loop that is under way when the skill returns', async () => {
    let ended: () => void;
    const over = new Promise<void>((resolve) => (ended = resolve));
    const listener = skill(async (ctx) => {
      void listen(ctx, 9).then(ended);
      await ctx.progress('working');
      return completed('done');
    });
    const told = await testSkill(listener, 'go');
    await over;
    expect(told.message).toBe('done');
  });

  test('is refused in a step', async () => {
    const listener = skill(
      async (ctx) => completed(await ctx.step('outer', () => listen(ctx, 1).then(says))),
      { limits: { maximumAttempts: 1 } },
    );
    const told = await testSkill(listener, 'go', { messages: ['one'] });
    expect(told.message).toContain('"ctx.messages" was called inside the step "outer"');
  });
});

describe('a question after messages', () => {
  const asking = skill(async (ctx) => {
    const heard = await listen(ctx, 2);
    const name = textOf(await ctx.ask('name?'));
    return completed(says([...heard, name]));
  });

  test('is not answered by what was read', async () => {
    const told = await testSkill(asking, 'go', { messages: ['one', 'two'], answers: ['Ada'] });
    expect(told.message).toBe('one, two, Ada');
  });

  test('is answered by what was not read', async () => {
    const told = await testSkill(asking, 'go', { messages: ['one', 'two', 'Ada'] });
    expect(told.message).toBe('one, two, Ada');
  });

  test('keeps its answer from later loops', async () => {
    const both = skill(async (ctx) => {
      const first = await listen(ctx, 1);
      const name = textOf(await ctx.ask('name?'));
      return completed(says([...first, name, ...(await listen(ctx, 1))]));
    });
    const told = await testSkill(both, 'go', { messages: ['one', 'Ada', 'two'] });
    expect(told.message).toBe('one, Ada, two');
  });
});

describe('a worker that dies', () => {
  const talk = skill(async (ctx) => {
    const first = await listen(ctx, 2);
    const name = textOf(await ctx.ask('name?'));
    const more = await Promise.all([listen(ctx, 1, 'left'), listen(ctx, 1, 'right')]);
    return completed(says([...first, name, ...more.flat()]));
  });
  const messages = ['one', { after: 3, say: 'two' }, { after: 4, say: 'Ada' }, 'three', 'four'];

  test('takes no message with it, wherever it dies', async () => {
    const whole = await testSkill(talk, 'go', { messages });
    expect(whole.message).toBe('one, two, Ada, three, four');
    const deaths = fc.array(fc.integer({ min: 2, max: whole.events.length - 1 }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(deaths, async (places) => {
        const crashAt = places.toSorted((a, b) => a - b);
        const told = await testSkill(talk, 'go', { messages, crashAt, mayMissCrashes: true });
        expect(told.message?.split(', ').toSorted()).toEqual(whole.message?.split(', ').toSorted());
        expect(told.task.unreadMessageIds).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  test('reads again what it read, before a step that comes after', async () => {
    const told = await testSkill(talk, 'go', { messages, crashAt: ['note', 'note'] });
    expect(told.message).toBe('one, two, Ada, three, four');
    expect(told.progress.filter((text) => text.startsWith('note'))).toEqual([
      'note: one',
      'note: two',
    ]);
  });
});

test('a skill under test is given the tasks that its message refers to', async () => {
  const earlier = await testSkill(
    skill(async (ctx) => completed(await ctx.saveArtifact({ parts: [{ text: 'page' }] }))),
    'go',
  );
  const reader = skill(async (ctx) => {
    const tasks = await ctx.referenced();
    return completed(tasks.map(({ artifacts }) => artifacts.map(textOf).join('')).join(', '));
  });
  const told = await testSkill(reader, 'go', { referenced: [earlier.task], crashAt: [] });
  expect(told.message).toBe('page');
});

test('a sleep beside a loop is cut short by a message, and goes on', async () => {
  const sleeper = skill(async (ctx) => {
    const [heard] = await Promise.all([listen(ctx, 1), ctx.sleep(3_600_000)]);
    return completed(says(heard));
  });
  const told = await testSkill(sleeper, 'go', { messages: [{ after: 2, say: 'hello' }] });
  expect(told.message).toBe('hello');
});
