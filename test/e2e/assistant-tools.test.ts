// The task management guide that agents with built-in tools are written by: each of its examples, over the whole stack.

import { useAssistantStack } from '../harness/assistant-stack';
import { answerTo, getTask, messageFor, rpc, send } from '../harness/calls';
import { lastState, progressTexts, stateOf } from '../harness/frames';
import { readWhole, streamMessage, type Frame } from '../harness/stream';
import { textOf, type WireArtifact, type WireTask } from '../harness/wire';

const INSTRUCTIONS = 'You can update task status and save artifacts using built-in tools.';

const { stack, endpoint } = useAssistantStack({
  ASSISTANT_INSTRUCTIONS: INSTRUCTIONS,
  ASSISTANT_MAX_ITERATIONS: '10',
});

const asking = (text = 'Analyze this data and create a report') =>
  messageFor('assistant', {}, { parts: [{ text }] });

const updateStatus = (status: string, message?: string) => ({
  name: 'update_status',
  args: { status, message },
});

const saveArtifact = (args: object) => ({ name: 'save_artifact', args });

const REPORT = {
  name: 'Data Analysis Report',
  content: '# Findings\n\nThe dataset is sound.',
  content_type: 'text/markdown',
  description: 'Comprehensive analysis of the provided dataset',
};

/** What the model was shown as the result of its last call. */
const lastResult = (): unknown => endpoint().requests.at(-1)?.body.messages.at(-1)?.content;

async function framesOf(message = asking()): Promise<readonly Frame[]> {
  return (await streamMessage(stack.url, message)).toEnd();
}

describe('Enabling Built-in Tools', () => {
  test('the agent has its prompt, and update_status and save_artifact', async () => {
    endpoint().script({ texts: ['ok'] });
    await send(stack.url, asking());
    const { messages, tools } = endpoint().requests[0]!.body;
    expect(messages[0]).toEqual({ role: 'system', content: INSTRUCTIONS });
    expect(tools.map((tool) => tool.function.name)).toEqual(['update_status', 'save_artifact']);
  });

  test('with_max_iterations(10): a model that never ends is stopped after ten', async () => {
    endpoint().script({ calls: [updateStatus('working', 'still at it')] });
    const task = await send(stack.url, asking());
    expect(endpoint().requests).toHaveLength(10);
    expect(task.status.state).toBe('TASK_STATE_FAILED');
    expect(textOf(task.status.message?.parts)).toBe('the model did not come to an end in 10 turns');
  });
});

test('The update_status Tool: "working" becomes a status update with its message', async () => {
  endpoint().script(
    { calls: [updateStatus('working', 'Starting data analysis...')] },
    { texts: ['Analyzed.'] },
  );
  const frames = await framesOf();
  expect(progressTexts(frames)).toEqual(['Starting data analysis...', 'Analyzed.']);
  const update = frames.find((f) => progressTexts([f])[0] === 'Starting data analysis...')!;
  expect(stateOf(update)).toBe('TASK_STATE_WORKING');
});

describe('Available status values', () => {
  test.each(['submitted', 'working'])('"%s": the task works on', async (status) => {
    endpoint().script({ calls: [updateStatus(status, 'on it')] }, { texts: ['Done.'] });
    const frames = await framesOf();
    expect(progressTexts(frames)).toEqual(['on it', 'Done.']);
    expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  });

  test.each([
    { status: 'input_required', state: 'TASK_STATE_INPUT_REQUIRED' },
    { status: 'input-required', state: 'TASK_STATE_INPUT_REQUIRED' },
    { status: 'auth_required', state: 'TASK_STATE_AUTH_REQUIRED' },
    { status: 'auth-required', state: 'TASK_STATE_AUTH_REQUIRED' },
  ])('"$status": the task waits, and the answer is what the tool returns', async (row) => {
    endpoint().answer = ({ turn }) =>
      turn === 1 ? { calls: [updateStatus(row.status, 'Please?')] } : { texts: ['Thanks.'] };
    const asked = await send(stack.url, asking());
    expect(asked.status.state).toBe(row.state);
    expect(textOf(asked.status.message?.parts)).toBe('Please?');
    const done = await send(stack.url, answerTo(asked, 'here you are'));
    expect(done.status.state).toBe('TASK_STATE_COMPLETED');
    expect(lastResult()).toBe('here you are');
  });

  test.each([
    { status: 'completed', state: 'TASK_STATE_COMPLETED' },
    { status: 'failed', state: 'TASK_STATE_FAILED' },
    { status: 'rejected', state: 'TASK_STATE_REJECTED' },
    { status: 'canceled', state: 'TASK_STATE_CANCELED' },
    { status: 'cancelled', state: 'TASK_STATE_CANCELED' },
    { status: 'TASK_STATE_FAILED', state: 'TASK_STATE_FAILED' },
  ])('"$status": the task ends', async ({ status, state }) => {
    endpoint().script({ calls: [updateStatus(status, 'because')] }, { texts: ['never asked for'] });
    const frames = await framesOf();
    expect(lastState(frames)).toBe(state);
    expect(progressTexts(frames)).toEqual(['because']);
    expect(endpoint().requests).toHaveLength(1);
  });

  test('any other: the model is told which there are', async () => {
    endpoint().script({ calls: [updateStatus('finished')] }, { texts: ['Sorry.'] });
    const task = await send(stack.url, asking());
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    expect(lastResult()).toBe(
      'Error: status: must be one of submitted, working, input_required, auth_required, ' +
        'completed, failed, rejected, canceled',
    );
  });
});

test('The save_artifact Tool: its arguments become an artifact of the task', async () => {
  endpoint().script({ calls: [saveArtifact(REPORT)] }, {});
  const task = await send(stack.url, asking());
  expect(task.artifacts).toEqual([
    {
      artifactId: 'save_artifact/artifact-1',
      name: REPORT.name,
      description: REPORT.description,
      parts: [{ text: REPORT.content, mediaType: 'text/markdown' }],
    },
  ]);
  expect(lastResult()).toBe('Saved "Data Analysis Report" as artifact save_artifact/artifact-1.');
});

test('Working with Task Artifacts: text, data and files are there when the task has ended', async () => {
  const saved = [
    REPORT,
    { name: 'numbers', content: '{"mean":4.5}', content_type: 'application/json' },
    { name: 'pixel', content: 'iVBORw0KGgo=', content_type: 'image/png' },
  ];
  endpoint().script({ calls: saved.map(saveArtifact) }, { texts: ['Three artifacts.'] });
  const { id } = await send(stack.url, asking());
  const { artifacts = [] } = await getTask(stack.url, id);
  const described = artifacts.map(({ name, parts: [part] }: WireArtifact) => [name, part]);
  expect(described).toEqual([
    ['Data Analysis Report', { text: REPORT.content, mediaType: 'text/markdown' }],
    ['numbers', { data: { mean: 4.5 }, mediaType: 'application/json' }],
    ['pixel', { raw: 'iVBORw0KGgo=', mediaType: 'image/png' }],
    ['answer', { text: 'Three artifacts.', mediaType: 'text/markdown' }],
  ]);
});

test('TaskStatusUpdate Events: one for each change, the last one final, with the words of the agent', async () => {
  endpoint().script(
    { calls: [updateStatus('working', 'Reading')] },
    { calls: [updateStatus('working', 'Writing')] },
    { calls: [updateStatus('completed', 'Task completed successfully')] },
  );
  const updates = (await framesOf()).flatMap(({ event }) => event.statusUpdate ?? []);
  const said = updates.map(({ status }) => [status.state, textOf(status.message?.parts)]);
  expect(said).toEqual([
    ['TASK_STATE_WORKING', ''],
    ['TASK_STATE_WORKING', 'Reading'],
    ['TASK_STATE_WORKING', 'Writing'],
    ['TASK_STATE_COMPLETED', 'Task completed successfully'],
  ]);
});

test('TaskArtifactUpdate Events: an artifact in one piece is complete with its first chunk', async () => {
  endpoint().script({ calls: [saveArtifact(REPORT)] }, {});
  const [update, ...more] = (await framesOf()).flatMap(({ event }) => event.artifactUpdate ?? []);
  expect(more).toEqual([]);
  expect(update).toMatchObject({ artifact: { name: REPORT.name }, lastChunk: true });
});

describe('Task Lifecycle', () => {
  test.each([
    { asks: ['input_required'] },
    { asks: ['auth_required'] },
    { asks: ['input_required', 'auth_required'] },
  ])('Submitted -> Working -> $asks -> Completed', async ({ asks }) => {
    endpoint().answer = ({ turn }) => {
      const status = asks[turn - 1];
      return {
        calls: [status === undefined ? updateStatus('completed') : updateStatus(status, '?')],
      };
    };
    let task = await send(stack.url, asking());
    for (const status of asks) {
      expect(task.status.state).toBe(`TASK_STATE_${status.toUpperCase()}`);
      task = await send(stack.url, answerTo(task, 'yes'));
    }
    const states = (await readWhole(stack.url, task.id)).map(stateOf);
    const between = asks.flatMap((status) => [
      `TASK_STATE_${status.toUpperCase()}`,
      'TASK_STATE_WORKING',
    ]);
    expect(states).toEqual([
      'TASK_STATE_SUBMITTED',
      'TASK_STATE_WORKING',
      ...between,
      'TASK_STATE_COMPLETED',
    ]);
  });

  test('Canceled: a task that its agent canceled is over like any other', async () => {
    endpoint().script({ calls: [updateStatus('canceled', 'The user changed their mind')] });
    const task = await send(stack.url, asking());
    expect(task.status.state).toBe('TASK_STATE_CANCELED');
    const { body } = await rpc<{ task: WireTask }>(stack.url, 'SendMessage', {
      message: answerTo(task, 'go on'),
    });
    expect(body.error).toBeDefined();
  });
});
