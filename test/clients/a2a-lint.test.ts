// A public linter of agents finds nothing to mend, neither in the card nor in what it is answered.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { useStack } from '../harness/stack';
import { pythonWith } from '../harness/python-environment';

const run = promisify(execFile);

const INSTALL_DEADLINE_MS = 200_000;

/** It knows 0.3 alone. */
const stack = useStack({ gateways: [{ AGENT_CARD: '0.3' }] });

interface Report {
  readonly summary: { readonly errors: number; readonly warnings: number; readonly grade: string };
  readonly findings: readonly { readonly level: string; readonly message: string }[];
  readonly liveRoundTripMs?: number;
  readonly streamEvents?: number;
}

let python: string;

beforeAll(async () => {
  python = await pythonWith(join(__dirname, 'a2a-lint'));
}, INSTALL_DEADLINE_MS);

test('a2a-lint gives the 0.3 card, a send and a stream grade A', async () => {
  const args = ['-m', 'a2a_lint.cli', stack.url, '--live', '--strict', '--json'];
  const { stdout } = await run(python, args).catch((err: unknown) => err as { stdout: string });
  const { summary, findings, liveRoundTripMs, streamEvents } = JSON.parse(stdout) as Report;
  expect(findings.filter(({ level }) => level !== 'info')).toEqual([]);
  expect(summary).toEqual({ errors: 0, warnings: 0, grade: 'A' });
  expect(liveRoundTripMs).toBeGreaterThan(0);
  expect(streamEvents).toBeGreaterThan(5);
});
