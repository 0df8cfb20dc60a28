// A worker is killed while its skill takes its twenty steps: after each event that a client can see, in the middle
// of steps, and in motion (D7). What was journaled is not done again, and nobody sees anything of it.

import { getTask, messageFor } from '../../harness/calls';
import {
  artifactTexts,
  expectEveryId,
  foldArtifacts,
  lastState,
  progressTexts,
} from '../../harness/frames';
import { note } from '../../harness/note';
import { seeded } from '../../harness/seeded';
import { useStack } from '../../harness/stack';
import { streamMessage, type Frame, type Stream } from '../../harness/stream';
import { Ledger, expectOnce, useLedgers } from './ledger';

const STEPS = Array.from({ length: 20 }, (_, i) => i + 1);
const NAMES = STEPS.map((i) => `step ${i}`);
const PROGRESS = [...STEPS.map((i) => `before ${i}`), '210'];
const PAGE = STEPS.map((i) => `in ${i}\nafter ${i}\n`).join('');

/** Before, in and after each step. */
const SAID = STEPS.length * 3;

useLedgers();
const stack = useStack();

interface Sent {
  readonly stream: Stream;
  readonly ledger: Ledger;
}

async function sendJournaled(options: object): Promise<Sent> {
  const ledger = new Ledger();
  const message = messageFor('journaled', { ...options, ledger: ledger.path });
  return { ledger, stream: await streamMessage(stack.url, message) };
}

async function expectWhole({ stream }: Sent): Promise<void> {
  const frames = await stream.toEnd();
  expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
  expectEveryId(frames);
  expect(progressTexts(frames)).toEqual(PROGRESS);
  expect(foldArtifacts(frames)).toEqual({ page: PAGE });
  expect(artifactTexts(await getTask(stack.url, stream.task.id))).toEqual({ page: PAGE });
}

/** What the nth thing that it says is: a text before step i, a chunk in it, or one after it. */
function saidNth(n: number): {
  readonly text: string;
  readonly step: number;
  readonly isInStep: boolean;
} {
  const step = Math.ceil(n / 3);
  const where = (['before', 'in', 'after'] as const)[(n - 1) % 3]!;
  return { text: `${where} ${step}`, step, isInStep: where === 'in' };
}

function says(frames: readonly Frame[], text: string): boolean {
  return frames.some(({ raw }) => new RegExp(`${text}(?!\\d)`).test(raw));
}

test('killed after each of its events in turn, each time another takes over', async () => {
  const places = Array.from({ length: SAID }, (_, i) => i + 1);
  const tasks = await Promise.all(
    places.map(async (haltAfter) => ({ haltAfter, sent: await sendJournaled({ haltAfter }) })),
  );
  await Promise.all(
    tasks.map(({ haltAfter, sent: { stream } }) => {
      const { text } = saidNth(haltAfter);
      return stream.untilTrue(`"${text}" is there`, () => says(stream.frames, text));
    }),
  );
  const from = Date.now();
  const [killed, next] = [stack.worker, stack.startWorker()];
  await killed.kill();
  await next;
  for (const { haltAfter, sent } of tasks) {
    await expectWhole(sent);
    const { step, isInStep } = saidNth(haltAfter);
    await expectOnce(sent.ledger, NAMES, isInStep ? [`step ${step}`] : []);
  }
  note(`${places.length} tasks were whole ${Date.now() - from} ms after the kill`);
}, 300_000);

test.each([1, 7, 20])(
  'killed by itself in the middle of step %i',
  async (killIn) => {
    const next = stack.startWorker();
    const sent = await sendJournaled({ killIn });
    await next;
    await expectWhole(sent);
    await expectOnce(sent.ledger, NAMES, [`step ${killIn}`]);
    await stack.startWorker();
  },
  120_000,
);

test('killed in motion, over and over', async () => {
  const { seed, between } = seeded();
  const kills = [between(3, 12), between(18, 28), between(34, 50)];
  note(`FAULT_SEED=${String(seed)}: killed when the first of ten had ${kills.join(', ')} events`);
  const tasks = await Promise.all(
    Array.from({ length: 10 }, () => sendJournaled({ everyMs: between(10, 60) })),
  );
  const lead = tasks[0]!.stream;
  for (const kill of kills) {
    await lead.untilTrue(`event ${kill}`, () => lead.lastId >= kill);
    const [killed, next] = [stack.worker, stack.startWorker()];
    await killed.kill();
    await next;
  }
  for (const sent of tasks) {
    await expectWhole(sent);
    const deeds = await sent.ledger.deeds();
    expect(new Set(deeds.map(({ what }) => what))).toEqual(new Set(NAMES));
    expect(new Set(deeds.map(({ key }) => key)).size).toBe(NAMES.length);
    // Each death cuts one step at most.
    expect(deeds.length).toBeLessThanOrEqual(NAMES.length + kills.length);
  }
}, 180_000);
