// A Longhaul process in small, for tests that kill it: `node --import tsx owner.ts <dataDir> [cli] [exit]`.
// Prints one line of JSON: what it claimed and started, or the message with which it was refused.

import { claimDataDir } from '../../../src/temporal/embedded/data-dir';
import { startEmbeddedTemporal } from '../../../src/temporal/embedded/server';

const [dataDir = '', cli, then] = process.argv.slice(2);
const report = (): void => undefined;

async function own(): Promise<void> {
  const claim = await claimDataDir(dataDir, report);
  // Also without a server this process holds its claim until it is ended.
  const stay = setInterval(() => undefined, 60_000);
  if (cli === undefined) {
    process.stdout.write(`${JSON.stringify({ claimed: dataDir })}\n`);
    return;
  }
  const { pid, address } = await startEmbeddedTemporal({
    ...{ cli, dataDir, host: '127.0.0.1', port: 0, searchAttributes: {}, ui: false, report },
  });
  process.stdout.write(`${JSON.stringify({ pid, address })}\n`);
  if (then === 'exit') {
    clearInterval(stay);
    await claim.release();
    process.exit(0);
  }
}

own().catch((err: unknown) => {
  process.stdout.write(`${JSON.stringify({ refused: (err as Error).message })}\n`);
});
