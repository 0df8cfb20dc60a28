// Every official client on every binding goes through the same scenarios, against real processes.

import { EXTENDED_CARD } from '../harness/extended-card';
import { useStack } from '../harness/stack';
import { Client, all } from './client';
import { CLIENTS, type Official } from './clients';
import { BINDINGS, type Binding } from './driver';
import type { Cell } from './scenario';
import { SCENARIOS } from './scenarios';

/** The first run on a machine fetches the packages of the Python clients. */
const OPEN_DEADLINE_MS = 300_000;

const SETTINGS = {
  PUSH_ALLOW_HOSTS: '127.0.0.1',
  EXTENDED_AGENT_CARD: EXTENDED_CARD,
};

const stack = useStack({ gateways: [{}, {}], env: SETTINGS, servesGrpc: true });

for (const official of CLIENTS) {
  describe.each(BINDINGS)(`${official.name} on %s`, (binding) => {
    runAll(official, binding);
  });
}

function runAll(official: Official, binding: Binding): void {
  let cell: Cell;

  beforeAll(async () => {
    cell = await openCell(official, binding);
  }, OPEN_DEADLINE_MS);
  afterAll(() => cell.client.close());

  const scenarios = SCENARIOS.filter(({ isFor }) => isFor?.(official, binding) !== false);
  test.each(scenarios)('$name', async ({ run: expectAsItShould }) => {
    await expectAsItShould(cell);
  });
}

async function openCell(official: Official, binding: Binding): Promise<Cell> {
  const driver = await official.open(binding, [stack.url, stack.otherUrl]);
  const client = new Client(driver, official.dialect);
  // Its four seconds pass while other scenarios run.
  const message = { skill: 'tutorial', pieces: [{ text: 'Process my data' }] };
  const tutorial = all(client.stream(message));
  tutorial.catch(() => undefined);
  return { official, binding, client, tutorial };
}
