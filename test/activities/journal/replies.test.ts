// Skills that reply: there is no task to hold a journal, so a later run does everything again.

import { setTimeout as delay } from 'node:timers/promises';
import { SkillError, reply, type Skill } from '../../../src/activities/skill';
import { testSkill } from '../../../src/testing/test-skill';
import { skillThat } from './tested';

const replying = (run: Skill['run']): Skill => skillThat(run, { replies: true });

test('steps run and give their results, and nothing is journaled', async () => {
  const told = await testSkill(
    replying(async (ctx) => {
      const city = await ctx.step('find', () => ({ name: 'Ulm' }));
      const id = await ctx.uuid();
      const at = await ctx.now();
      return reply(`${city.name} ${id.length} ${at instanceof Date}`);
    }),
    'go',
  );
  expect(told).toMatchObject({ state: 'completed', message: 'Ulm 36 true', records: 0, runs: 1 });
});

test('a lost worker is replaced, and the steps run again under the same keys', async () => {
  const keys: string[] = [];
  const told = await testSkill(
    replying(async (ctx) => {
      await ctx.step('find', ({ key }) => keys.push(key));
      await ctx.step('tell', ({ key }) => keys.push(key));
      return reply('done');
    }),
    'go',
    { crashAt: 'tell' },
  );
  expect(told).toMatchObject({ message: 'done', stepRuns: { find: 2, tell: 2 } });
  expect(keys.slice(2)).toEqual(keys.slice(0, 2));
});

test('a step is tried, bounded and refused as elsewhere', async () => {
  let tries = 0;
  const told = await testSkill(
    replying(async (ctx) => {
      const got = await ctx.step(
        'find',
        () => {
          tries += 1;
          if (tries < 2) throw new Error('once');
          return 'found';
        },
        { retry: { maximumAttempts: 2, initialIntervalMs: 1 } },
      );
      const why = await ctx.step('map', () => new Map() as unknown).catch((err: unknown) => err);
      return reply(`${got} ${String(why instanceof SkillError)}`);
    }),
    'go',
  );
  expect(told.message).toBe('found true');
});

test('a sleep passes where it is, however long', async () => {
  const from = performance.now();
  const told = await testSkill(
    replying(async (ctx) => {
      await Promise.race([ctx.sleep(86_400_000), delay(200)]);
      await ctx.sleep(20);
      return reply('awake');
    }),
    'go',
  );
  expect(told).toMatchObject({ message: 'awake', runs: 1 });
  expect(performance.now() - from).toBeLessThan(20_000);
});
