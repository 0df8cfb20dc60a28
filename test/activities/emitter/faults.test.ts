// What a fault does to a batch: it is sent again under its number, or the run hears of it.

import { serviceError } from '../../harness/service-error';
import { nextTurns, progress, useWires } from './wire';

const NOT_FOUND = 5;
const UNAVAILABLE = 14;

const { open, store } = useWires();

describe('faults', () => {
  test('a batch that Temporal did not take is sent again under its number', async () => {
    const unavailable = serviceError(UNAVAILABLE);
    const { emitter, sent, failures } = open({ throws: [unavailable, unavailable] });
    await emitter.emit(progress('one'));
    await emitter.flush();
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ n }) => n))).toEqual(new Set([0]));
    expect(failures).toEqual([]);
  });

  test('the batch after a repeated one has the next number', async () => {
    const { emitter, sent } = open({ throws: [serviceError(UNAVAILABLE)] });
    await emitter.emit(progress('one'));
    await emitter.flush();
    await emitter.emit(progress('two'));
    await emitter.flush();
    expect(sent.map(({ n }) => n)).toEqual([0, 0, 1]);
  });

  test('a fault that the client wrapped is a fault', async () => {
    const wrapped = new Error('wrapped', { cause: serviceError(UNAVAILABLE) });
    const { emitter, sent } = open({ throws: [wrapped] });
    await emitter.emit(progress('one'));
    await emitter.flush();
    expect(sent).toHaveLength(2);
  });

  test('flush rejects when the task is gone', async () => {
    const gone = serviceError(NOT_FOUND);
    const { emitter } = open({ throws: [gone] });
    await emitter.emit(progress('one'));
    await expect(emitter.flush()).rejects.toBe(gone);
  });

  test('emit rejects after the task has gone', async () => {
    const gone = serviceError(NOT_FOUND);
    const { emitter } = open({ throws: [gone] });
    await emitter.emit(progress('one'));
    await emitter.flush().catch(() => undefined);
    await expect(emitter.emit(progress('two'))).rejects.toBe(gone);
  });

  test('an emit that waits for room rejects when the task has gone', async () => {
    const gone = serviceError(NOT_FOUND);
    const wire = open({ throws: [gone] });
    wire.hold();
    await wire.emitter.emit(progress('one'));
    await wire.untilSent(1);
    for (let n = 0; n < 8; n += 1) await wire.emitter.emit(progress('x'.repeat(60_000)));
    const waiting = wire.emitter.emit(progress('x'.repeat(60_000)));
    wire.letThrough();
    await expect(waiting).rejects.toBe(gone);
  });

  test('a failure is told once, and nothing is sent after it', async () => {
    const gone = serviceError(NOT_FOUND);
    const { emitter, sent, failures } = open({ throws: [gone, gone, gone] });
    await emitter.emit(progress('one'));
    for (let n = 0; n < 3; n += 1) await emitter.flush().catch(() => undefined);
    await emitter.emit(progress('two')).catch(() => undefined);
    await nextTurns();
    expect(failures).toEqual([gone]);
    expect(sent).toHaveLength(1);
  });

  test('a stopped run does not try again', async () => {
    const stop = new AbortController();
    stop.abort();
    const unavailable = serviceError(UNAVAILABLE);
    const { emitter, sent } = open({ throws: [unavailable], signal: stop.signal });
    await emitter.emit(progress('one'));
    await expect(emitter.flush()).rejects.toBe(unavailable);
    expect(sent).toHaveLength(1);
  });

  test('a store that fails is a failure', async () => {
    const full = new Error('the disk is full');
    const broken = { ...store, put: () => Promise.reject(full) };
    const { emitter, failures } = open({ store: broken });
    await emitter.emit(progress('x'.repeat(100_000)));
    await expect(emitter.flush()).rejects.toBe(full);
    expect(failures).toEqual([full]);
  });
});
