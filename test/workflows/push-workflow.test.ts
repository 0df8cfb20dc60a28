// A delivery over continue-as-new, of itself and of its task: nobody forgets whom to wake, and nothing is lost.

import { PushConfigs, pushWorkflowIdOf } from '../../src/temporal/push-configs';
import { workflowIdOf, type TaskRef } from '../../src/temporal/tasks';
import { PUSH_WORKFLOW, type PushConfig } from '../../src/workflows/push-contract';
import { untilAnswer } from '../harness/eventually';
import { Receiver, seqOf } from '../harness/receiver';
import { isStatusText } from '../harness/task-events';
import { TASK_QUEUE, useTaskStage } from '../harness/task-worker';
import { skills } from './task-workflow/skills';

const stage = useTaskStage({ skills, isEager: true });
const { begin, ended, eventsUntil, say } = stage.caller;

const QUESTIONS = 4;
const SCHEDULE_MS = [0, 50, 50, 50, 50, 50];

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.close());

function configsOf(): PushConfigs {
  const delivery = {
    publicUrl: 'http://127.0.0.1',
    taskQueue: `${TASK_QUEUE}-push`,
    scheduleMs: SCHEDULE_MS,
  };
  return new PushConfigs({ client: stage.client, taskQueue: TASK_QUEUE, delivery });
}

async function notify(ref: TaskRef): Promise<PushConfigs> {
  const configs = configsOf();
  const config: PushConfig = {
    id: 'one',
    url: receiver.url,
    generation: '1.0',
    createdAt: new Date().toISOString(),
    shown: {},
  };
  await configs.create(ref, config, 0);
  return configs;
}

/** Runs of every workflow whose id begins with this. */
async function runsOf(prefix: string): Promise<number> {
  const query = `WorkflowId STARTS_WITH '${prefix}'`;
  let runs = 0;
  for await (const _run of stage.client.workflow.list({ query })) runs += 1;
  return runs;
}

test('of a task that asks again and again tells every event once it is answered', async () => {
  const ref = await begin('interview');
  await notify(ref);
  for (let n = 1; n <= QUESTIONS; n += 1) {
    await eventsUntil(ref, isStatusText(`Question ${n}?`));
    const isTold = (): boolean =>
      receiver.received.some(({ raw }) => raw.includes(`Question ${String(n)}?`));
    await receiver.until('the question', isTold);
    await untilAnswer(
      'the answer is taken',
      () =>
        say(ref, `answer ${n}`).then(
          () => true,
          () => false,
        ),
      (isTaken) => isTaken,
    );
  }
  const { seq } = await ended(ref);
  await receiver.until('the end', () => receiver.received.some((one) => seqOf(one) === seq));
  expect(receiver.received.map(seqOf)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
  expect(await runsOf(workflowIdOf(ref))).toBeGreaterThan(2);
});

test('keeps its configuration and what it has come to', async () => {
  // Each failure is a run of the activity and a timer: more than one run of the workflow takes.
  receiver.answer = () => (receiver.received.length < 4 ? 500 : 200);
  const ref = await begin('says');
  const configs = await notify(ref);
  const { seq } = await ended(ref);
  const [found] = await untilAnswer(
    'it is delivered',
    () => configs.list(ref),
    ([one]) => one?.progress.state === 'delivered',
  );
  expect(found).toMatchObject({ config: { id: 'one' }, progress: { cursor: seq } });
  expect(receiver.taken.map(seqOf)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
  expect(await runsOf(`${workflowIdOf(ref)}/push`)).toBeGreaterThan(1);
});

test('takes a place that a deletion has left with a run of nothing in it', async () => {
  const ref = await begin('says');
  await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      stage.client.workflow.start(PUSH_WORKFLOW, {
        workflowId: pushWorkflowIdOf(ref, i),
        taskQueue: TASK_QUEUE,
        args: [],
        startDelay: 3_600_000,
      }),
    ),
  );
  const configs = await notify(ref);
  expect(await configs.list(ref)).toMatchObject([{ config: { id: 'one' } }]);
});
