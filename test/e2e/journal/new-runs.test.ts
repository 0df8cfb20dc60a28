// A task that sleeps and goes on in new runs (continue as new): journal and sleep go with it (D8).

import { completed, type SkillContext } from '../../../src/activities/skill';
import { workflowIdOf } from '../../../src/temporal/tasks';
import { untilAnswer } from '../../harness/eventually';
import { isOver, isStatusText, progressOf, statusText } from '../../harness/task-events';
import { useTaskStage } from '../../harness/task-worker';

/** Long enough to be no sleep in place. */
const NIGHT_MS = 3_500;

let ran: string[] = [];

const sleeper = {
  id: 'sleeper',
  name: 'sleeper',
  description: 'test',
  tags: ['test'],
  async run(ctx: SkillContext) {
    const ids: string[] = [];
    for (let night = 1; night <= 3; night += 1) {
      // Enough for the server to suggest a new run.
      for (const hour of [1, 2, 3]) {
        await ctx.step(`night ${night} hour ${hour}`, () => ran.push(`${night}.${hour}`));
        await ctx.progress(`night ${night} hour ${hour}`);
      }
      ids.push(await ctx.uuid());
      await ctx.sleep(NIGHT_MS);
    }
    return completed(`${new Set(ids).size} ids in attempt ${ctx.attempt}`);
  },
};

const stage = useTaskStage({ skills: [sleeper], isEager: true });
const { begin, eventsUntil, tasks } = stage.caller;

test('falls asleep in one run and wakes in another, with all that it has done', async () => {
  ran = [];
  const ref = await begin('sleeper');
  const events = await eventsUntil(ref, isOver);
  expect(statusText(await tasks.read(ref))).toBe('3 ids in attempt 1');
  const hours = [1, 2, 3].flatMap((night) => [1, 2, 3].map((hour) => [night, hour]));
  expect(ran).toEqual(hours.map(([night, hour]) => `${night}.${hour}`));
  expect(progressOf(events)).toEqual(hours.map(([night, hour]) => `night ${night} hour ${hour}`));
  const query = `WorkflowId = '${workflowIdOf(ref)}'`;
  const runs = await untilAnswer(
    'the last run is listed',
    async () => {
      const found: string[] = [];
      for await (const { status } of stage.client.workflow.list({ query })) found.push(status.name);
      return found;
    },
    (found) => found.includes('COMPLETED'),
  );
  expect(runs.length).toBeGreaterThan(1);
}, 120_000);

test('can be canceled in the run in which it sleeps', async () => {
  ran = [];
  const ref = await begin('sleeper');
  await eventsUntil(ref, isStatusText('night 2 hour 3'));
  await tasks.cancel(ref);
  const events = await eventsUntil(ref, isOver);
  expect(events.at(-1)).toMatchObject({ status: { state: 'canceled' } });
}, 120_000);
