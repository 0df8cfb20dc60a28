// A worker is killed while the assistant talks: turns of the model that were finished are not paid for again.

import { useAssistantStack } from '../harness/assistant-stack';
import { answerTo, getTask, messageFor, send } from '../harness/calls';
import { eventually } from '../harness/eventually';
import {
  artifactTexts,
  expectEveryId,
  foldArtifacts,
  lastState,
  progressTexts,
} from '../harness/frames';
import { streamMessage, type Frame } from '../harness/stream';
import { textOf } from '../harness/wire';

const { stack, endpoint } = useAssistantStack();

const asking = (text: string) => messageFor('assistant', {}, { parts: [{ text }] });

async function replaceWorker(): Promise<void> {
  await stack.worker.kill();
  await stack.startWorker();
}

const LOOK = {
  texts: ['Let me see.'],
  calls: [{ name: 'update_status', args: { status: 'working', message: 'Looking…' } }],
};

const WORDS = Array.from({ length: 20 }, (_, i) => `word ${String(i + 1)} `);

function answers(frames: readonly Frame[]) {
  return frames.flatMap(({ event }) => event.artifactUpdate ?? []);
}

describe('a worker killed within a turn', () => {
  test('the turn before it is not asked for again, and each word reaches the client once', async () => {
    endpoint().answer = ({ turn }) => (turn === 1 ? LOOK : { texts: WORDS, everyMs: 150 });
    endpoint().requests.length = 0;
    const stream = await streamMessage(stack.url, asking('Talk'));
    await stream.untilTrue('some words', () => answers(stream.frames).length >= 5);
    await replaceWorker();

    const frames = await stream.toEnd();
    expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
    expectEveryId(frames);
    const text = `Let me see.\n\n${WORDS.join('')}`;
    expect(foldArtifacts(frames)).toEqual({ answer: text });
    expect(progressTexts(frames)).toEqual(['Looking…', WORDS.join('')]);
    expect(artifactTexts(await getTask(stack.url, stream.task.id))).toEqual({ answer: text });
    expect(endpoint().requestsByTurn).toEqual([1, 2]);
  });

  test('other words the second time take the place of the first', async () => {
    const told = [{ texts: WORDS, everyMs: 150 }, { texts: ['word 1 ', 'word 2 ', 'and no more'] }];
    endpoint().requests.length = 0;
    endpoint().answer = ({ turn }) => (turn === 1 ? LOOK : told.shift()!);
    const stream = await streamMessage(stack.url, asking('Talk'));
    await stream.untilTrue('some words', () => answers(stream.frames).length >= 5);
    await replaceWorker();

    const frames = await stream.toEnd();
    expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
    const text = 'Let me see.\n\nword 1 word 2 and no more';
    expect(foldArtifacts(frames)).toEqual({ answer: text });
    expect(artifactTexts(await getTask(stack.url, stream.task.id))).toEqual({ answer: text });
    expect(endpoint().requestsByTurn).toEqual([1, 2]);
  });
});

test('a worker killed between two turns: the finished ones are not asked for again', async () => {
  let isSilent = true;
  endpoint().requests.length = 0;
  endpoint().answer = ({ turn }) => {
    if (turn <= 2) return LOOK;
    return isSilent ? { end: 'silence' } : { texts: ['It is blue.'] };
  };
  const stream = await streamMessage(stack.url, asking('What colour?'));
  await endpoint().until('the third turn', () => endpoint().requestsByTurn.length === 3);
  isSilent = false;
  await replaceWorker();

  const frames = await stream.toEnd();
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  expectEveryId(frames);
  expect(foldArtifacts(frames)).toEqual({ answer: 'Let me see.\n\nLet me see.\n\nIt is blue.' });
  expect(progressTexts(frames)).toEqual(['Looking…', 'Looking…', 'It is blue.']);
  expect(endpoint().requestsByTurn).toEqual([1, 1, 2]);
});

test('a question that is answered on another worker: the turn that asked it is not asked for again', async () => {
  const question = { status: 'input_required', message: 'Which city?' };
  endpoint().requests.length = 0;
  endpoint().answer = ({ turn }) =>
    turn === 1
      ? { texts: ['One question.'], calls: [{ name: 'update_status', args: question }] }
      : { texts: ['Booked.'] };
  const asked = await send(stack.url, asking('Book a table'));
  await replaceWorker();
  // The task was with the worker that is gone: until it is given to another one, answers are refused.
  const answer = answerTo(asked, 'Lisbon');
  const done = await eventually(() => send(stack.url, answer));
  expect(textOf(done.status.message?.parts)).toBe('Booked.');
  expect(artifactTexts(done)).toEqual({ answer: 'One question.\n\nBooked.' });
  expect(endpoint().requestsByTurn).toEqual([1, 1]);
});
