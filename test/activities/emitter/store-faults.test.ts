// A part store that fails for a while holds a run up; it does not fail it.

import type { PartStore } from '../../../src/storage/part-store';
import { partsOf, progress, useWires } from './wire';

const { open, store } = useWires();
const big = progress('x'.repeat(100_000));

const fault = (code: string): Error => Object.assign(new Error(`${code}: it passes`), { code });

function failing(errors: readonly Error[]): PartStore {
  const left = [...errors];
  return {
    ...store,
    put(bytes) {
      const error = left.shift();
      return error === undefined ? store.put(bytes) : Promise.reject(error);
    },
  };
}

test.each(['ENOSPC', 'EMFILE', 'EIO'])('%s is tried again until it has passed', async (code) => {
  const { emitter, sent, failures } = open({ store: failing([fault(code), fault(code)]) });
  await emitter.emit(big);
  await emitter.flush();
  expect(partsOf(sent)).toEqual([{ ref: expect.objectContaining({ bytes: 100_000 }) }]);
  expect(failures).toEqual([]);
});

test('what was said before it leaves in order after it', async () => {
  const { emitter, sent } = open({ store: failing([fault('ENOSPC')]) });
  for (const said of [progress('before'), big, progress('after')]) await emitter.emit(said);
  await emitter.flush();
  expect(partsOf(sent)).toEqual([
    { text: 'before' },
    { ref: expect.anything() },
    { text: 'after' },
  ]);
});

test('a run that is stopped does not wait for it', async () => {
  const stop = new AbortController();
  stop.abort();
  const full = fault('ENOSPC');
  const { emitter, failures } = open({ store: failing([full]), signal: stop.signal });
  await emitter.emit(big);
  await expect(emitter.flush()).rejects.toBe(full);
  expect(failures).toEqual([full]);
});

test('what does not pass is a failure', async () => {
  const denied = fault('EACCES');
  const { emitter } = open({ store: failing([denied]) });
  await emitter.emit(big);
  await expect(emitter.flush()).rejects.toBe(denied);
});
