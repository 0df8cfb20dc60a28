// How long the calls to Temporal may take that one caller waits for.

import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { withinDeadline, withinOneDeadline } from '../../src/temporal/connection';

/** Stands for a client, whose calls take as long as they are told, and fail nothing. */
function clientOf(deadlines: number[]): Client {
  const withDeadline = <T>(deadline: number, call: () => Promise<T>): Promise<T> => {
    deadlines.push(deadline);
    return call();
  };
  return { withDeadline } as unknown as Client;
}

describe('the deadline of a call (D10)', () => {
  test('each call has two seconds of its own', async () => {
    const deadlines: number[] = [];
    const client = clientOf(deadlines);
    const from = Date.now();
    await withinDeadline(client, () => delay(300));
    await withinDeadline(client, () => delay(0));

    const [first = 0, second = 0] = deadlines;
    expect(first - from).toBeLessThan(2_100);
    expect(second - first).toBeGreaterThanOrEqual(295);
  });

  test('what a caller waits for has two seconds together, and the last a moment all the same (faults, row 6)', async () => {
    const deadlines: number[] = [];
    const client = clientOf(deadlines);
    const from = Date.now();
    await withinOneDeadline(async () => {
      await withinDeadline(client, () => delay(300));
      await withinDeadline(client, () => delay(1_600));
      await withinDeadline(client, () => delay(0));
    });

    const [first = 0, second = 0, third = 0] = deadlines;
    expect(Math.abs(second - first)).toBeLessThan(50);
    expect(third - from).toBeGreaterThan(2_150);
    expect(third - from).toBeLessThan(2_450);
  });
});
