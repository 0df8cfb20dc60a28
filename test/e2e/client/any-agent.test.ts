// The client against an agent without our extensions: the SDK's own server, over real HTTP.

import { TaskState, type Task } from '@a2a-js/sdk';
import { ClientFactory } from '@a2a-js/sdk/client';
import {
  SendLostError,
  assembleArtifacts,
  createLonghaulClient,
  foldEvent,
  type LonghaulClient,
} from '../../../src/client';
import { PlainSetting, RECONNECT, reading } from './plain-setting';
import { all, inWords, rejection, textOf } from './seen';

const {
  TASK_STATE_SUBMITTED: submitted,
  TASK_STATE_WORKING: working,
  TASK_STATE_INPUT_REQUIRED: inputRequired,
  TASK_STATE_COMPLETED: completed,
} = TaskState;

const plain = new PlainSetting();
afterEach(() => plain.close());

describe.each([
  { binding: 'JSON-RPC', transport: 'JSONRPC' },
  { binding: 'REST', transport: 'HTTP+JSON' },
])('an agent without cursors over $binding', ({ transport }) => {
  let client: LonghaulClient;

  beforeEach(async () => {
    await plain.start();
    client = await plain.client(transport);
  });

  test('streams a task to its end', async () => {
    const stream = reading(client.streamTask('hello'));
    const run = await plain.next();
    run.task(submitted);
    run.status(working, 'on it');
    run.chunk('one ', { append: false });
    run.chunk('two', { lastChunk: true });
    run.status(completed);
    run.end();
    expect(await stream.over).toEqual([
      'task submitted',
      'status working',
      'artifact "one "',
      'artifact "two"',
      'status completed',
    ]);
    const [page] = await assembleArtifacts(stream.seen);
    expect(page!.isComplete).toBe(true);
    const { artifacts } = await client.getTask(run.taskId);
    expect(textOf(page!.artifact)).toBe(textOf(artifacts[0]));
  });

  test('shows the task as it is after a cut, when that is news', async () => {
    const stream = reading(client.streamTask('hello'));
    const run = await plain.next();
    run.task(submitted);
    run.chunk('one ', { append: false });
    await stream.until('artifact "one "');
    const { target } = plain.address;
    plain.address.target = undefined;
    plain.address.cut();
    run.chunk('two ');
    run.status(working);
    plain.address.target = target;
    await plain.subscribed();
    run.chunk('three');
    run.status(completed);
    run.end();
    expect(await stream.over).toEqual([
      'task submitted',
      'artifact "one "',
      'task working',
      'artifact "three"',
      'status completed',
    ]);
    const [page] = await assembleArtifacts(stream.seen);
    expect(textOf(page!.artifact)).toBe('one two three');
  });

  test('does not show a task again that is as it was', async () => {
    const stream = reading(client.streamTask('hello'));
    const run = await plain.next();
    run.task(submitted);
    run.chunk('one ', { append: false });
    run.chunk('two');
    run.status(working, 'half of it');
    await stream.until('status working');
    plain.address.cut();
    await plain.subscribed();
    plain.address.cut();
    await plain.subscribed(2);
    run.status(completed);
    run.end();
    const words = await stream.over;
    expect(words.filter((word) => word.startsWith('task'))).toEqual(['task submitted']);
    expect(words.at(-1)).toBe('status completed');
  });

  test('shows the end of a task that ended while it was away', async () => {
    const stream = reading(client.streamTask('hello'));
    const run = await plain.next();
    run.task(submitted);
    await stream.until('task submitted');
    const { target } = plain.address;
    plain.address.target = undefined;
    plain.address.cut();
    run.status(completed);
    run.end();
    plain.address.target = target;
    expect(await stream.over).toEqual(['task submitted', 'task completed']);
  });

  test('ends a stream at a question, and streams the answer', async () => {
    const asking = reading(client.streamTask('hello'));
    const first = await plain.next();
    first.task(submitted);
    first.status(inputRequired, 'who?');
    first.end();
    expect(await asking.over).toEqual(['task submitted', 'status input_required']);

    const answering = reading(client.streamTask('Ada', { taskId: first.taskId }));
    const second = await plain.next();
    second.task(inputRequired);
    second.status(working);
    second.status(completed, 'hello Ada');
    second.end();
    expect((await answering.over).slice(-2)).toEqual(['status working', 'status completed']);
  });

  test('streams a reply as the one message that it is', async () => {
    const stream = reading(client.streamTask('hello'));
    const run = await plain.next();
    run.reply('hello yourself');
    run.end();
    expect(await stream.over).toEqual(['message "hello yourself"']);
  });

  test('follows a task that is there from its snapshot on', async () => {
    const stream = reading(client.streamTask('hello'));
    const run = await plain.next();
    run.task(submitted);
    run.status(working);
    await stream.until('status working');
    const following = reading(client.followTask(run.taskId));
    await following.until('task working');
    run.status(completed);
    run.end();
    expect(await following.over).toEqual(['task working', 'status completed']);
    expect((await all(client.followTask(run.taskId))).map(inWords)).toEqual(['task completed']);
  });

  test('is not sent a message twice', async () => {
    plain.address.losesAnswers = true;
    const lost = rejection(all(client.streamTask('hello')));
    const run = await plain.next();
    plain.address.cut();
    expect(await lost).toBeInstanceOf(SendLostError);
    run.end();
  });
});

describe('an agent that does not stream', () => {
  test('is asked until the task is over, and each state is shown once', async () => {
    await plain.start(false);
    const client = await plain.client();
    const stream = reading(client.streamTask('hello'));
    const run = await plain.next();
    run.task(submitted);
    await stream.until('task submitted');
    run.status(working);
    await stream.until('task working');
    run.status(completed);
    run.end();
    expect(await stream.over).toEqual(['task submitted', 'task working', 'task completed']);
  });
});

describe('a client of the SDK that is there already', () => {
  beforeEach(() => plain.start());

  test('gets streams that survive', async () => {
    const client = await createLonghaulClient({
      client: await new ClientFactory().createFromUrl(plain.address.url),
      reconnect: RECONNECT,
    });
    const stream = reading(client.streamTask('hello'));
    const run = await plain.next();
    run.task(submitted);
    await stream.until('task submitted');
    plain.address.cut();
    await plain.subscribed();
    run.status(completed);
    run.end();
    expect(await stream.over).toEqual(['task submitted', 'status completed']);
  });

  test('gives its card', async () => {
    const { agentCard } = await plain.client();
    const client = await createLonghaulClient({ agentCard });
    expect(client.agentCard.name).toBe('plain');
  });
});

test('TaskStatusUpdate Events and TaskArtifactUpdate Events fold to the task', async () => {
  await plain.start();
  const client = await plain.client();
  const stream = reading(client.streamTask('hello'));
  const run = await plain.next();
  run.task(submitted);
  run.status(working, 'on it');
  run.chunk('a page', { append: false, lastChunk: true });
  run.status(completed, 'done');
  run.end();
  await stream.over;
  const folded = stream.seen.reduce<Task | undefined>(foldEvent, undefined);
  const { status, artifacts } = await client.getTask(run.taskId);
  expect(folded).toMatchObject({ status, artifacts });
});
