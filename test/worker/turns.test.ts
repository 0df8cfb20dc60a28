// Who is served when more waits than workers take: priority first, then callers in turn.

import type { temporal } from '@temporalio/proto';
import fc from 'fast-check';
import { completed, type Skill } from '../../src/activities/skill';
import { fairnessKeyOf } from '../../src/temporal/scope';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { TaskState } from '../../src/workflows/task';
import { untilAnswer } from '../harness/eventually';
import { isStatusText } from '../harness/task-events';
import { useTaskStage, type TaskStage } from '../harness/task-worker';
import { skills as interviews } from '../workflows/task-workflow/skills';

type IWorkflowExecutionInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo;

const MANY = 40;
const FEW = 4;

/** The tasks of one stage in the order in which their skill ran, and the gate that holds the first. */
class Turns {
  readonly served: string[] = [];
  private open: () => void = () => undefined;
  private readonly gate = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  /** One at once: whatever is started while the first is held waits for its turn. */
  readonly skill: Skill = {
    id: 'turn',
    name: 'turn',
    description: 'takes its turn',
    tags: ['test'],
    limits: { concurrency: 1 },
    run: async ({ taskId }) => {
      this.served.push(taskId);
      await this.gate;
      return completed();
    },
  };

  openGate(): void {
    this.open();
  }
}

interface Batch {
  readonly count: number;
  readonly principal: string;
  readonly priority?: number;
}

function begin({ caller }: TaskStage, batch: Batch): Promise<readonly TaskRef[]> {
  const { count, principal, priority } = batch;
  const scope = { tenant: 'test', principal };
  const limits = { ...caller.startOf('turn').limits, ...(priority && { priority }) };
  const beginOne = (): Promise<TaskRef> => caller.begin('turn', { scope, limits });
  return Promise.all(Array.from({ length: count }, beginOne));
}

/** Resolves when each is at work, which is when its run waits for its place. */
async function untilQueued({ caller }: TaskStage, refs: readonly TaskRef[]): Promise<void> {
  const states = (): Promise<readonly string[]> =>
    Promise.all(refs.map(async (ref) => (await caller.tasks.read(ref)).status.state));
  await untilAnswer('all wait', states, (all) => all.every((s) => s === TaskState.working));
}

/** How many of the many were served before the last of the few, who come after them. */
async function servedBefore(
  stage: TaskStage,
  turns: Turns,
  fewAre: Omit<Batch, 'count'>,
): Promise<number> {
  const many = await begin(stage, { count: MANY, principal: 'busy' });
  await untilQueued(stage, many);
  const few = await begin(stage, { count: FEW, ...fewAre });
  await untilQueued(stage, few);
  turns.openGate();
  await Promise.all([...many, ...few].map((ref) => stage.caller.ended(ref)));
  const ids = new Set(few.map(({ taskId }) => taskId));
  const last = turns.served.findLastIndex((taskId) => ids.has(taskId));
  return last + 1 - FEW;
}

describe(`${MANY} tasks of one caller, then ${FEW} others, and one place`, () => {
  const turns = new Turns();
  const stage = useTaskStage({ skills: [turns.skill] });

  test('another caller takes turns with the first', async () => {
    expect(await servedBefore(stage, turns, { principal: 'modest' })).toBeLessThan(MANY / 4);
  });
});

describe('the same on a server that is not fair', () => {
  const turns = new Turns();
  const stage = useTaskStage({ skills: [turns.skill], isFair: false });

  test('another caller waits for the first', async () => {
    const before = await servedBefore(stage, turns, { principal: 'modest' });
    expect(before).toBeGreaterThan((MANY * 3) / 4);
  });
});

describe('the same with another priority', () => {
  const turns = new Turns();
  const stage = useTaskStage({ skills: [turns.skill] });

  test('1 overtakes 3, also of one caller', async () => {
    const before = await servedBefore(stage, turns, { principal: 'busy', priority: 1 });
    // One is held at work, and one may be on its way to the worker.
    expect(before).toBeLessThan(4);
  });
});

describe('what Temporal is told', () => {
  const stage = useTaskStage({ skills: interviews, isEager: true });
  const { caller } = stage;

  async function newestRun(ref: TaskRef): Promise<IWorkflowExecutionInfo> {
    const { raw } = await stage.client.workflow.getHandle(workflowIdOf(ref)).describe();
    return raw.workflowExecutionInfo!;
  }

  test('is kept by the runs that continue a task', async () => {
    const limits = { ...caller.startOf('interview').limits, priority: 2 };
    const ref = await caller.begin('interview', { limits });
    const first = await newestRun(ref);
    for (let n = 1; n <= 4; n += 1) {
      await caller.eventsUntil(ref, isStatusText(`Question ${n}?`));
      await caller.say(ref, `answer ${n}`);
    }
    await caller.ended(ref);
    const last = await newestRun(ref);
    expect(last.execution?.runId).not.toBe(first.execution?.runId);
    expect(last.priority).toMatchObject({ priorityKey: 2, fairnessKey: 'test/me' });
  });
});

describe('the key by which callers take turns', () => {
  test('is their scope', () => {
    expect(fairnessKeyOf({ tenant: 'a b', principal: 'me' })).toBe('a%20b/me');
  });

  test('is never longer than the 64 bytes that Temporal takes, and another for each caller', () => {
    const scope = fc.record({ tenant: fc.string(), principal: fc.string({ maxLength: 300 }) });
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        expect(Buffer.byteLength(fairnessKeyOf(one))).toBeLessThanOrEqual(64);
        const isSame = one.tenant === other.tenant && one.principal === other.principal;
        expect(fairnessKeyOf(one) === fairnessKeyOf(other)).toBe(isSame);
      }),
    );
  });
});
