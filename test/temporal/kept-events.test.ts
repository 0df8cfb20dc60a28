// What a feed keeps for its followers: an unbroken row of the newest events.

import { KeptEvents } from '../../src/temporal/kept-events';
import type { TaskEvent } from '../../src/workflows/task';

const event = (seq: number): TaskEvent => ({
  kind: 'status',
  seq,
  status: { state: 'working', timestamp: '2026-01-01T00:00:00.000Z' },
});

function keep(...batches: readonly (readonly number[])[]): KeptEvents {
  const kept = new KeptEvents();
  for (const seqs of batches) {
    kept.add({ before: undefined, events: seqs.map(event), bytes: 100 });
  }
  return kept;
}

test('an event is found by its number', () => {
  const kept = keep([3, 4], [5]);
  expect(kept.firstSeq).toBe(3);
  expect([2, 3, 4, 5, 6].map((seq) => kept.at(seq)?.seq)).toEqual([undefined, 3, 4, 5, undefined]);
});

test('an event that comes again is kept once', () => {
  const kept = keep([3, 4], [3, 4, 5]);
  expect([3, 4, 5, 6].map((seq) => kept.at(seq)?.seq)).toEqual([3, 4, 5, undefined]);
});

test('after a gap nothing older is kept, so that no number is answered with another event', () => {
  const kept = keep([48, 49, 50], [81, 82]);
  expect(kept.firstSeq).toBe(81);
  expect(kept.at(50)).toBeUndefined();
  expect(kept.at(51)).toBeUndefined();
  expect(kept.at(82)?.seq).toBe(82);
});

test('what is kept is bounded by size, but the newest event stays', () => {
  const kept = new KeptEvents();
  kept.add({ before: undefined, events: [event(1)], bytes: 200_000 });
  kept.add({ before: undefined, events: [event(2)], bytes: 200_000 });
  expect(kept.firstSeq).toBe(2);
  kept.add({ before: undefined, events: [event(3)], bytes: 2_000_000 });
  expect(kept.firstSeq).toBe(3);
});
