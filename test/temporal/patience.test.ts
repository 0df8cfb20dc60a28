// A wait that must end, whatever the garbage collector does meanwhile.

import { getEventListeners, once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { patienceOf } from '../../src/temporal/patience';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('ends after its time, though nobody holds anything but the signal', async () => {
  const never = new AbortController();
  const { signal } = patienceOf(200, never.signal);
  const collecting = setInterval(collectGarbage, 20);
  await once(signal, 'abort');
  clearInterval(collecting);
  expect(never.signal.aborted).toBe(false);
});

test('ends with the other signal, also with one that has ended before', async () => {
  const other = new AbortController();
  const patience = patienceOf(60_000, other.signal);
  other.abort();
  expect(patience.signal.aborted).toBe(true);
  patience.end();
  const late = patienceOf(60_000, other.signal);
  expect(late.signal.aborted).toBe(true);
  late.end();
});

test('leaves no listener behind', () => {
  const other = new AbortController();
  patienceOf(60_000, other.signal).end();
  expect(getEventListeners(other.signal, 'abort')).toEqual([]);
});
