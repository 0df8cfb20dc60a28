// A skill in TypeScript, which its thread has to compile again.

import { isMainThread } from 'node:worker_threads';

interface Place {
  readonly isMainThread: boolean;
}

const place: Place = { isMainThread };

export default {
  id: 'typed',
  name: 'typed',
  description: 'tells which thread it runs in',
  tags: ['test'],
  limits: { thread: true },
  run: async () => ({ state: 'completed', message: JSON.stringify(place) }),
};
