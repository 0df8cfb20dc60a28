// The order of the test files: those that take longest begin first, so that none of them runs alone at the end.

const Sequencer = require('@jest/test-sequencer').default;

/** More than half a minute. CI begins without the durations that jest keeps, and their sizes do not tell. */
const LONG = [
  'test/clients/clients.test.ts',
  'test/e2e/sweep.test.ts',
  'test/e2e/journal/kill-at-every-event.test.ts',
  'test/e2e/artifacts/files.test.ts',
  'test/e2e/client/kills.test.ts',
  'test/e2e/push/faults.test.ts',
  'test/e2e/journal/zombie.test.ts',
  'test/e2e/kill-worker.test.ts',
  'test/activities/journal/journal.property.test.ts',
  'test/e2e/npm-start.test.ts',
  'test/e2e/journal/sleeps.test.ts',
  'test/e2e/assistant-kill.test.ts',
  'test/e2e/assistant-faults.test.ts',
  'test/e2e/threads.test.ts',
  'test/conformance/conformance.test.ts',
];

module.exports = class LongFilesFirst extends Sequencer {
  /** Within each half: as jest does it, by duration or else by size. */
  sort(tests) {
    const isLong = ({ path }) => LONG.some((file) => path.replaceAll('\\', '/').endsWith(file));
    const ordered = super.sort(tests);
    return [...ordered.filter(isLong), ...ordered.filter((test) => !isLong(test))];
  }
};
