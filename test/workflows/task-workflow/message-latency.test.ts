// How soon a running skill hears what its caller says, against a real server.

import { completed, type SkillContext } from '../../../src/activities/skill';
import { note } from '../../harness/note';
import { isStatusText, textOf } from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';

const COUNT = 11;

/** A poll that nothing wakes ends by itself after that long. */
const POLL_MS = 20_000;

const heardAt: number[] = [];
let heard = (): void => undefined;

const listens = {
  ...{ id: 'listens', name: 'listens', description: 'listens', tags: ['test'] },
  async run(ctx: SkillContext) {
    await ctx.progress('listening');
    for await (const message of ctx.messages) {
      heardAt.push(Date.now());
      heard();
      if (textOf(message) === 'enough') break;
    }
    return completed();
  },
};

const { begin, say, eventsUntil, ended } = useTaskStage({ skills: [listens] }).caller;

test('a skill hears a message when it comes, and not when a poll ends', async () => {
  const ref = await begin('listens');
  await eventsUntil(ref, isStatusText('listening'));
  const sentAt: number[] = [];
  for (let n = 1; n <= COUNT; n += 1) {
    const isHeard = new Promise<void>((resolve) => {
      heard = resolve;
    });
    sentAt.push(Date.now());
    await say(ref, n === COUNT ? 'enough' : `message ${n}`);
    await isHeard;
  }
  await ended(ref);
  const times = sentAt.map((at, index) => heardAt[index]! - at).toSorted((a, b) => a - b);
  const [median, worst] = [times[Math.floor(COUNT / 2)]!, times.at(-1)!];
  note(`from send to skill: median ${String(median)} ms, worst ${String(worst)} ms`);
  expect(worst).toBeLessThan(POLL_MS / 2);
});
