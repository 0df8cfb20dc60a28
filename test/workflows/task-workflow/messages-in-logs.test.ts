// A skill that reads messages while its stream is in a log (D8): its task takes them and the log tells what was read.

import { completed, type SkillContext } from '../../../src/activities/skill';
import { isStatusText, statusText, textOf } from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';

const COUNT = 4;

const listens = {
  ...{ id: 'listens', name: 'listens', description: 'listens', tags: ['test'] },
  async run(ctx: SkillContext) {
    const heard: string[] = [];
    const page = ctx.artifact({ name: 'page' });
    for (let n = 1; n <= 20; n += 1) await page.append(`line ${String(n)}\n`);
    await ctx.progress('listening');
    for await (const message of ctx.messages) {
      heard.push(textOf(message));
      await page.append(`${textOf(message)}\n`);
      await ctx.step('note', () => heard.length);
      await ctx.progress(`heard ${textOf(message)}`);
      if (heard.length === COUNT) break;
    }
    return completed(`${heard.join(', ')}, ${textOf(await ctx.ask('and now?'))}`);
  },
};

const stage = useTaskStage({ skills: [listens], isEager: true, log: { after: 1 } });
const { begin, say, eventsUntil, ended } = stage.caller;

test('each is read once and in order, and none of them answers the question', async () => {
  const ref = await begin('listens');
  await eventsUntil(ref, isStatusText('listening'));
  for (let n = 1; n <= COUNT; n += 1) {
    await say(ref, `message ${String(n)}`);
    await eventsUntil(ref, isStatusText(`heard message ${String(n)}`));
  }
  await eventsUntil(ref, isStatusText('and now?'));
  await say(ref, 'enough');
  const task = await ended(ref);
  const said = Array.from({ length: COUNT }, (_, i) => `message ${String(i + 1)}`);
  expect(statusText(task)).toBe([...said, 'enough'].join(', '));
  expect(task.unreadMessageIds).toBeUndefined();
  expect(textOf(task.artifacts[0]).endsWith(`line 20\n${said.join('\n')}\n`)).toBe(true);
});
