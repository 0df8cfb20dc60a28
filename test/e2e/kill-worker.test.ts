// A worker is killed while its skills run, and another one takes over (D4): each event reaches the client once.

import { getTask, messageFor } from '../harness/calls';
import {
  artifactTexts,
  expectEveryId,
  foldArtifacts,
  lastState,
  lines,
  progressTexts,
  stepTexts,
} from '../harness/frames';
import { note } from '../harness/note';
import { seeded } from '../harness/seeded';
import { useStack } from '../harness/stack';
import { readWhole, streamMessage, type Frame, type Stream } from '../harness/stream';

/** `heartbeatTimeoutMs` of a skill that sets none: a silent worker counts as lost after it. */
const HEARTBEAT_TIMEOUT_MS = 5_000;
/** From the loss to the first new event, beyond the heartbeat and the start of a worker. */
const RECOVERY_SLACK_MS = 2_000;

const stack = useStack();

/** Kills the worker and starts another one; resolves when that one is ready. */
async function replaceWorker(): Promise<{ readonly killedAt: number; readonly startMs: number }> {
  const killedAt = Date.now();
  await stack.worker.kill();
  const from = Date.now();
  await stack.startWorker();
  return { killedAt, startMs: Date.now() - from };
}

const TUTORIAL_TEXTS = [
  '🚀 Initializing... (1/4)',
  '📊 Processing your request... (2/4)',
  '🔍 Analyzing data... (3/4)',
  '📝 Generating response... (4/4)',
];

function artifactUpdates(frames: readonly Frame[]): readonly Frame[] {
  return frames.filter(({ event }) => event.artifactUpdate !== undefined);
}

describe('a worker killed mid-skill (D4)', () => {
  test('the tutorial shows each of its texts and its artifact once', async () => {
    const stream = await streamMessage(stack.url, messageFor('tutorial'));
    await stream.until('the second text', (f) => progressTexts([f]).includes(TUTORIAL_TEXTS[1]!));
    await replaceWorker();

    const frames = await stream.toEnd();
    expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
    expect(progressTexts(frames)).toEqual(TUTORIAL_TEXTS);
    expect(artifactUpdates(frames)).toHaveLength(1);
    expectEveryId(frames);
    expect(artifactTexts(await getTask(stack.url, stream.task.id))).toEqual(foldArtifacts(frames));
  });

  test('a reader who comes afterwards reads what the open stream read', async () => {
    const stream = await streamMessage(stack.url, messageFor('steps', { events: 10 }));
    await stream.until('the fourth event', ({ id }) => id === 4);
    await replaceWorker();

    const frames = await stream.toEnd();
    const later = await readWhole(stack.url, stream.task.id);
    expect(later.slice(1).map(({ raw }) => raw)).toEqual(frames.slice(1).map(({ raw }) => raw));
  });

  test('a text that differs per attempt is never mixed, and recovery takes a heartbeat', async () => {
    const chunks = 20;
    const stream = await streamMessage(stack.url, messageFor('unlike', { chunks }));
    await stream.untilTrue('five chunks', () => artifactUpdates(stream.frames).length >= 5);
    const { killedAt, startMs } = await replaceWorker();

    const frames = await stream.toEnd();
    expectEveryId(frames);
    const folded = foldArtifacts(frames);
    expect(Object.values(folded)).toEqual([`title\n${lines(chunks, 'attempt 2 ')}`]);
    expect(artifactTexts(await getTask(stack.url, stream.task.id))).toEqual(folded);

    const recoveryMs = frames.find(({ raw }) => raw.includes('attempt 2'))!.at - killedAt;
    note(`recovery ${String(recoveryMs)} ms, worker start ${String(startMs)} ms of it`);
    expect(recoveryMs).toBeLessThanOrEqual(HEARTBEAT_TIMEOUT_MS + RECOVERY_SLACK_MS + startMs);
  });

  test('a text that is the same in each attempt is not repeated and not withdrawn', async () => {
    const chunks = 20;
    const stream = await streamMessage(stack.url, messageFor('stream', { chunks }));
    await stream.untilTrue('five chunks', () => artifactUpdates(stream.frames).length >= 5);
    await replaceWorker();

    const frames = await stream.toEnd();
    expectEveryId(frames);
    expectOneStart(frames);
    expect(Object.values(foldArtifacts(frames))).toEqual([lines(chunks)]);
  });

  test('nor is one of which most has moved to the part store', async () => {
    const [chunks, width] = [60, 30_000];
    const stream = await streamMessage(
      stack.url,
      messageFor('stream', { chunks, width, everyMs: 50 }),
    );
    // 1.2 MB, of which half a MiB may be in the task itself.
    await stream.untilTrue('two thirds', () => {
      const [text = ''] = Object.values(foldArtifacts(stream.frames));
      return text.length > (chunks * width * 2) / 3;
    });
    await replaceWorker();

    const frames = await stream.toEnd();
    expectEveryId(frames);
    expectOneStart(frames);
    const [text = ''] = Object.values(foldArtifacts(frames));
    expect(text.replace(/ +$/gm, '')).toBe(lines(chunks));
  });

  test('ten tasks at once, killed at a moment of chance', async () => {
    const { seed, between } = seeded();
    const killAfter = between(15, 180);
    note(`FAULT_SEED=${String(seed)}: killed after ${String(killAfter)} frames of all streams`);
    const skills = ['steps', 'stream', 'unlike', 'tutorial'];
    const streams = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        streamMessage(stack.url, messageFor(skills[i % skills.length]!)),
      ),
    );
    await untilFrames(streams, killAfter);
    await replaceWorker();

    for (const [index, stream] of streams.entries()) {
      const frames = await stream.toEnd();
      expect(lastState(frames)).toBe('TASK_STATE_COMPLETED');
      expectEveryId(frames);
      expectSaid(skills[index % skills.length]!, frames);
      expect(artifactTexts(await getTask(stack.url, stream.task.id))).toEqual(
        foldArtifacts(frames),
      );
    }
  }, 120_000);
});

/** The first chunk starts the artifact, all others append. */
function expectOneStart(frames: readonly Frame[]): void {
  const starts = artifactUpdates(frames).filter((f) => f.event.artifactUpdate?.append !== true);
  expect(starts).toEqual(artifactUpdates(frames).slice(0, 1));
}

function expectSaid(skill: string, frames: readonly Frame[]): void {
  const texts = Object.values(foldArtifacts(frames));
  switch (skill) {
    case 'steps':
      expect(progressTexts(frames)).toEqual(stepTexts(20));
      return;
    case 'stream':
      expectOneStart(frames);
      expect(texts).toEqual([lines(20)]);
      return;
    case 'unlike': {
      const [, attempt = ''] = /(attempt \d+ )/.exec(texts[0] ?? '') ?? [];
      expect(texts).toEqual([`title\n${lines(20, attempt)}`]);
      return;
    }
    default:
      expect(progressTexts(frames)).toEqual(TUTORIAL_TEXTS);
      expect(artifactUpdates(frames)).toHaveLength(1);
  }
}

async function untilFrames(streams: readonly Stream[], count: number): Promise<void> {
  const total = (): number => streams.reduce((sum, { frames }) => sum + frames.length, 0);
  // Whichever stream speaks last wakes its own wait.
  await Promise.race(
    streams.map((stream) =>
      stream
        .untilTrue(`${String(count)} frames`, () => total() >= count)
        .catch(
          // One that is over is no longer counted on.
          () => new Promise<void>(() => undefined),
        ),
    ),
  );
}
