// A skill's part store waits for a store that fails for a while.

import type { PartStore } from '../../src/storage/part-store';
import { patiently } from '../../src/storage/patient-store';
import { keepTryingUntil } from '../../src/temporal/keep-trying';
import { StoreFault } from '../../src/storage/store-fault';

const fault = (code: string): Error => Object.assign(new Error(code), { code });

/** Fails with these, one a call, and works then. */
function failing(errors: readonly Error[]): { readonly store: PartStore; calls: number } {
  const seen = { calls: 0 };
  const act = async <T>(result: T): Promise<T> => {
    const error = errors[seen.calls];
    seen.calls += 1;
    if (error !== undefined) throw error;
    return result;
  };
  const store = {
    put: () => act('digest'),
    get: () => act(Buffer.from('content')),
    size: () => act(7),
  } as unknown as PartStore;
  return Object.assign(seen, { store });
}

const never = new AbortController().signal;

test.each([new StoreFault(new Error('SlowDown')), fault('ENOSPC')])(
  '%s is waited for',
  async (err) => {
    const content = Buffer.from('content');
    expect(await patiently(failing([err, err]).store, keepTryingUntil(never)).put(content)).toBe(
      'digest',
    );
    expect(await patiently(failing([err]).store, keepTryingUntil(never)).get('digest')).toEqual(
      content,
    );
    expect(await patiently(failing([err]).store, keepTryingUntil(never)).size('digest')).toBe(7);
  },
);

test('what does not pass is told at once', async () => {
  const denied = fault('EACCES');
  const failed = failing([denied]);
  await expect(patiently(failed.store, keepTryingUntil(never)).put(Buffer.alloc(1))).rejects.toBe(
    denied,
  );
  expect(failed.calls).toBe(1);
});

test('a run that is stopped does not wait', async () => {
  const stop = new AbortController();
  const err = new StoreFault(new Error('no answer'));
  const waiting = patiently(
    failing(Array.from({ length: 99 }, () => err)).store,
    keepTryingUntil(stop.signal),
  ).get('x');
  stop.abort();
  await expect(waiting).rejects.toBe(err);
});
