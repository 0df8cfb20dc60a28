// How big batches get, and what travels by reference (D9).

import type { Spoken } from '../../../src/activities/emitter';
import { restoreParts } from '../../../src/temporal/stored-parts';
import type { Batch } from '../../../src/workflows/emission';
import { jsonBytes } from '../../../src/workflows/json-bytes';
import { TASK_BYTES } from '../../../src/workflows/limits';
import type { ContentPart, Part } from '../../../src/workflows/task';
import { foldAll } from '../../harness/working-task';
import { chunk, nextTurns, partsOf, progress, useWires } from './wire';

const KIB = 1_024;
const BATCH_BYTES = 256 * KIB;

/** What a batch adds to its parts: kind, time and ids of each emission. */
const FRAME_BYTES = 8 * KIB;

const { open, store } = useWires();

const bytesOf = (batch: Batch): number => Buffer.byteLength(JSON.stringify(batch));

describe('size', () => {
  async function sizesOf(spoken: readonly Spoken[]): Promise<readonly number[]> {
    const { emitter, sent } = open();
    // In one go: nobody waits for the backpressure.
    await Promise.all(spoken.map((one) => emitter.emit(one)));
    await emitter.flush();
    return sent.map(bytesOf);
  }
  const ten = Array.from({ length: 10 }, (_, index) => index);

  test('a batch of many texts stays within 256 KiB', async () => {
    const sizes = await sizesOf(ten.map(() => progress('x'.repeat(60_000))));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH_BYTES + FRAME_BYTES);
  });

  test('a batch of emissions with many parts stays within 256 KiB', async () => {
    const parts: readonly ContentPart[] = ten.map(() => ({ text: 'x'.repeat(25_000) }));
    const sizes = await sizesOf(ten.map(() => ({ kind: 'progress', at: 0, parts })));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH_BYTES + FRAME_BYTES);
  });

  test('a batch of text that JSON has to escape stays within 256 KiB', async () => {
    const sizes = await sizesOf(ten.map(() => progress('"\n'.repeat(30_000))));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH_BYTES + FRAME_BYTES);
  });

  test('a full batch does not wait for the interval', async () => {
    const { emitter, sent, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    for (let n = 0; n < 5; n += 1) await emitter.emit(progress('x'.repeat(60_000)));
    await nextTurns();
    expect(sent).toHaveLength(2);
  });

  test('emit waits while more than 512 KiB are queued', async () => {
    const wire = open();
    wire.hold();
    await wire.emitter.emit(progress('one'));
    await wire.untilSent(1);
    for (let n = 0; n < 8; n += 1) await wire.emitter.emit(progress('x'.repeat(60_000)));
    let hasRoom = false;
    const emitted = wire.emitter.emit(progress('x'.repeat(60_000))).then(() => {
      hasRoom = true;
    });
    await nextTurns();
    expect(hasRoom).toBe(false);
    wire.letThrough();
    await emitted;
  });

  test('nothing is dropped and nothing changes places under pressure', async () => {
    const { emitter, sent } = open();
    const texts = Array.from({ length: 40 }, (_, index) => String(index).padStart(30_000, '.'));
    for (const text of texts) await emitter.emit(progress(text));
    await emitter.flush();
    const restored = await restoreParts(store, partsOf(sent));
    expect(restored.map((part) => 'text' in part && Number(part.text.replaceAll('.', '')))).toEqual(
      texts.map((_, index) => index),
    );
  });
});

describe('big parts', () => {
  async function recorded(spoken: Spoken, inlineBytes = 0): Promise<readonly Part[]> {
    const { emitter, sent } = open({ inlineBytes });
    await emitter.emit(spoken);
    await emitter.flush();
    return partsOf(sent);
  }
  const big = 'ä'.repeat(40_000);

  test.each<[string, ContentPart]>([
    ['text', { text: big, mediaType: 'text/plain', filename: 'a.txt' }],
    ['raw bytes', { raw: Buffer.from(big).toString('base64'), metadata: { k: 1 } }],
    ['data', { data: { big } }],
  ])('travel by reference and come back as they were: %s', async (_name, part) => {
    const parts = await recorded({ ...chunk('', { append: false }), parts: [part] });
    expect(parts).toEqual([
      expect.objectContaining({ ref: expect.objectContaining({ bytes: expect.any(Number) }) }),
    ]);
    expect(await restoreParts(store, parts)).toEqual([part]);
  });

  test('are replaced where they stand', async () => {
    const parts = [{ text: 'before' }, { text: big }, { text: 'after' }];
    const [before, between, after] = await recorded({ kind: 'progress', at: 0, parts });
    expect([before, after]).toEqual([{ text: 'before' }, { text: 'after' }]);
    expect(between).toHaveProperty('ref');
  });

  test('small text stays inline while the task has room', async () => {
    expect(await recorded(chunk('small'))).toEqual([{ text: 'small' }]);
  });

  test('a chunk travels by reference when the task has little room', async () => {
    const text = 'small'.repeat(200);
    const parts = await recorded(chunk(text), TASK_BYTES.artifacts - 1_500);
    expect(parts).toEqual([{ ref: expect.objectContaining({ bytes: 1_000 }) }]);
    expect(await restoreParts(store, parts)).toEqual([{ text }]);
  });

  test('a chunk that is shorter than a reference stays inline', async () => {
    const parts = await recorded(chunk('small'), TASK_BYTES.artifacts - 10);
    expect(parts).toEqual([{ text: 'small' }]);
  });

  test('a short progress text stays inline when the task has no room', async () => {
    expect(await recorded(progress('short'), TASK_BYTES.artifacts)).toEqual([{ text: 'short' }]);
  });

  test('a stream of small chunks does not pass what the task may hold inline', async () => {
    const { emitter, sent } = open();
    for (let n = 0; n < 80; n += 1) {
      await emitter.emit(chunk(`${n % 10}`.repeat(30_000), { append: n > 0 }));
    }
    await emitter.flush();
    const { task } = foldAll(sent);
    expect(jsonBytes(task.artifacts)).toBeLessThanOrEqual(TASK_BYTES.artifacts);
  });
});
