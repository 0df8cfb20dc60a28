// When batches leave a worker, and what travels in them together (D5).

import { BATCHES_IN_RUN } from '../../../src/activities/batch-stream';
import type { Spoken } from '../../../src/activities/emitter';
import type { Batch } from '../../../src/workflows/emission';
import { chunk, nextTurns, progress, textsOf, useWires } from './wire';

const INTERVAL_MS = 100;

/** The emitter reads the clock just before it sends: on a busy machine the test reads it later. */
const CLOCK_SLACK_MS = 20;

const { open } = useWires();

describe('pace', () => {
  test('the first batch leaves at once', async () => {
    const { emitter, sent } = open();
    await emitter.emit(progress('one'));
    await nextTurns();
    expect(textsOf(sent)).toEqual(['one']);
  });

  test('what is said in one go leaves together', async () => {
    const { emitter, sent } = open();
    for (const text of ['one', 'two', 'three']) await emitter.emit(progress(text));
    await emitter.flush();
    expect(sent.map((batch) => textsOf([batch]))).toEqual([['one', 'two', 'three']]);
  });

  test('a second batch waits for the interval', async () => {
    const { emitter, sentAt, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    await emitter.emit(progress('two'));
    await untilSent(2);
    expect(sentAt[1]! - sentAt[0]!).toBeGreaterThanOrEqual(INTERVAL_MS - CLOCK_SLACK_MS);
  });

  test('a batch that is due in a moment leaves at once', async () => {
    const { emitter, sent, sentAt, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    while (Date.now() < sentAt[0]! + INTERVAL_MS - 2);
    await emitter.emit(progress('two'));
    await nextTurns();
    expect(textsOf(sent)).toEqual(['one', 'two']);
  });

  test('what is said within an interval leaves together at its end', async () => {
    const { emitter, sent, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    for (const text of ['two', 'three', 'four']) {
      await emitter.emit(progress(text));
      await nextTurns();
    }
    await untilSent(2);
    expect(textsOf(sent.slice(1))).toEqual(['two', 'three', 'four']);
  });

  test('one batch is under way at a time', async () => {
    const wire = open();
    wire.hold();
    await wire.emitter.emit(progress('one'));
    await wire.untilSent(1);
    await wire.emitter.emit(progress('two'));
    const flushed = wire.emitter.flush();
    await nextTurns();
    wire.letThrough();
    await flushed;
    expect(wire).toMatchObject({ mostInFlight: 1, sent: { length: 2 } });
  });

  test('flush does not wait for the interval', async () => {
    const { emitter, sent, untilSent } = open();
    await emitter.emit(progress('one'));
    await untilSent(1);
    await emitter.emit(progress('two'));
    await nextTurns();
    void emitter.flush();
    await nextTurns();
    expect(textsOf(sent)).toEqual(['one', 'two']);
  });

  test('flush resolves when everything is recorded, not before', async () => {
    const wire = open();
    wire.hold();
    await wire.emitter.emit(progress('one'));
    let isFlushed = false;
    const flushed = wire.emitter.flush().then(() => {
      isFlushed = true;
    });
    await nextTurns();
    expect(isFlushed).toBe(false);
    wire.letThrough();
    await flushed;
  });

  test('after a flush the interval counts again', async () => {
    const { emitter, sentAt, untilSent } = open();
    await emitter.emit(progress('one'));
    await emitter.flush();
    await emitter.emit(progress('two'));
    await untilSent(2);
    expect(sentAt[1]! - sentAt[0]!).toBeGreaterThanOrEqual(INTERVAL_MS - CLOCK_SLACK_MS);
  });

  test('a stream that lasts moves to its log, so that a run does not run out of signals', async () => {
    const logged: Batch[] = [];
    const send = async (batch: Batch): Promise<void> => void logged.push(batch);
    const log = { id: 'the-log', send, renew: () => Promise.resolve() };
    const { emitter, sent } = open({ log, batchesBefore: BATCHES_IN_RUN - 2 });
    for (const text of ['one', 'two', 'three', 'four']) {
      await emitter.emit(progress(text));
      await emitter.flush();
    }
    expect(textsOf(sent)).toEqual(['one', 'two']);
    expect(sent.at(-1)?.emissions).toEqual([{ kind: 'moved', log: 'the-log' }]);
    expect(textsOf(logged)).toEqual(['three', 'four']);
    expect([...sent, ...logged].map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
  });

  test('a log is renewed again and again, and is sent nothing meanwhile', async () => {
    let [batches, isRenewing] = [0, false];
    const renewedAt: number[] = [];
    const log = {
      ...{ id: 'the-log', after: 0 },
      send: async () => {
        expect(isRenewing).toBe(false);
        batches += 1;
      },
      renew: async () => {
        isRenewing = true;
        await nextTurns();
        isRenewing = false;
        renewedAt.push(batches);
        if (renewedAt.length === 1) throw new Error('it does not answer');
      },
    };
    const { emitter, failures } = open({ log, pace: [{ below: Infinity, ms: 0 }] });
    for (let n = 0; n < 2_500; n += 1) {
      await emitter.emit(progress(String(n)));
      await emitter.flush();
    }
    expect(batches).toBe(2_500);
    expect(renewedAt).toEqual([1_000, 2_000]);
    expect(failures).toEqual([]);
  });

  test('batches are numbered from 0', async () => {
    const { emitter, sent } = open({ turn: 3, attempt: 2 });
    for (const text of ['one', 'two', 'three']) {
      await emitter.emit(progress(text));
      await emitter.flush();
    }
    expect(sent.map(({ turn, attempt, n }) => [turn, attempt, n])).toEqual([
      [3, 2, 0],
      [3, 2, 1],
      [3, 2, 2],
    ]);
  });
});

describe('chunks of an artifact that wait together', () => {
  async function said(...spoken: readonly Spoken[]): Promise<readonly Batch[]> {
    const { emitter, sent } = open();
    for (const one of spoken) await emitter.emit(one);
    await emitter.flush();
    return sent;
  }

  test('travel as one', async () => {
    const sent = await said(chunk('a', { append: false }), chunk('b'), chunk('c', { last: true }));
    expect(sent[0]?.emissions).toEqual([chunk('abc', { append: false, last: true })]);
  });

  test.each<[string, readonly Spoken[]]>([
    ['when they belong to two artifacts', [chunk('a'), chunk('b', { artifactId: 'b' })]],
    ['when the second one starts over', [chunk('a'), chunk('b', { append: false })]],
    ['when the first one is the last', [chunk('a', { last: true }), chunk('b')]],
    ['when something else is said between', [chunk('a'), progress('p'), chunk('b')]],
    ['when they would be too big together', [chunk('a'.repeat(40_000)), chunk('b'.repeat(40_000))]],
  ])('stay apart %s', async (_name, spoken) => {
    expect((await said(...spoken))[0]?.emissions).toEqual(spoken);
  });
});

describe('close', () => {
  test('what is said afterwards is not heard', async () => {
    const { emitter, sent } = open();
    emitter.close();
    await emitter.emit(progress('late'));
    await emitter.flush();
    expect(sent).toEqual([]);
  });

  test('what was said before it is still flushed', async () => {
    const { emitter, sent } = open();
    await emitter.emit(progress('before'));
    emitter.close();
    await emitter.emit(progress('late'));
    await emitter.flush();
    expect(textsOf(sent)).toEqual(['before']);
  });
});
