// Where runs wait for a place, and that they find a worker there, whatever it knows of their limits.

import { completed, type Skill, type SkillLimits } from '../../src/activities/skill';
import { MAX_RUNNING_SKILLS, queueOf, skillQueuesOf } from '../../src/activities/skill-queue';
import { createSkillCatalog } from '../../src/api/skill-catalog';
import { TASK_QUEUE, useTaskStage } from '../harness/task-worker';

function skillWith(limits: SkillLimits): Skill {
  return {
    id: 'mine',
    name: 'mine',
    description: 'd',
    tags: ['t'],
    limits,
    accepts: () => true,
    run: async () => completed('done'),
  };
}

describe('runs of a skill wait', () => {
  test.each<[string, SkillLimits, string | undefined]>([
    ['where the workflows are, without a limit', {}, undefined],
    ['for one of its places, with `concurrency`', { concurrency: 3 }, 'tasks-skill-mine'],
    ['for a core, with `thread`', { thread: true }, 'tasks-threads'],
    ['for one of its places, with both', { thread: true, concurrency: 3 }, 'tasks-skill-mine'],
  ])('%s', (_where, limits, queue) => {
    expect(queueOf(skillWith(limits), 'tasks')).toBe(queue);
  });

  test('where the gateway has recorded it with the task', () => {
    const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 't' }] } as const;
    const recorded = (limits: SkillLimits): unknown =>
      createSkillCatalog([skillWith(limits)], 'tasks').choose(message)?.limits;
    expect(recorded({ concurrency: 3 })).toMatchObject({ taskQueue: 'tasks-skill-mine' });
    expect(recorded({ concurrency: 3 })).not.toHaveProperty('concurrency');
    // What was recorded before there were such queues looks the same.
    expect(recorded({})).not.toHaveProperty('taskQueue');
  });
});

test('a worker has as many places as the skill says, or else as many as for all', () => {
  const places = (limits: SkillLimits): unknown =>
    skillQueuesOf([skillWith(limits)], 'tasks').find(
      ({ taskQueue }) => taskQueue === 'tasks-skill-mine',
    )?.places;
  expect(places({ concurrency: 3 })).toBe(3);
  expect(places({})).toBe(MAX_RUNNING_SKILLS);
});

describe('a worker whose skill has no limit (any more)', () => {
  const stage = useTaskStage({ skills: [skillWith({})] });
  const { begin, ended, startOf } = stage.caller;

  test.each(['skill-mine', 'threads'])('takes what waits on the queue %s', async (queue) => {
    const limits = { ...startOf('mine').limits, taskQueue: `${TASK_QUEUE}-${queue}` };
    const { status } = await ended(await begin('mine', { limits }));
    expect(status.state).toBe('completed');
  });
});
