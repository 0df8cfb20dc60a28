// Every operation and every error, on each binding of each generation; docs/conformance.md is what it finds.

import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { http } from '../harness/calls';
import { EXTENDED_CARD } from '../harness/extended-card';
import { useStack } from '../harness/stack';
import { documentOf, type Finding } from './document';
import { ERRORS, REQUIRED_EXTENSION, expectError } from './errors';
import { GUARANTEES } from './guarantees';
import { OPERATIONS } from './operations';
import { grpcSpeaker } from './speakers/grpc';
import { jsonRpcSpeaker } from './speakers/json-rpc';
import { restSpeaker } from './speakers/rest';
import { WAYS, nameOf, type Speaker, type Via } from './via';

const ROOT = join(__dirname, '../..');
const DOCUMENT = join(ROOT, 'docs/conformance.md');

/** Is there when the second gateway starts, and gone when it is asked. */
const LOST_CARD = join(tmpdir(), `longhaul-extended-card-${randomUUID()}.json`);

beforeAll(async () => {
  await writeFile(LOST_CARD, await readFile(EXTENDED_CARD));
});

const stack = useStack({
  gateways: [
    { PUSH_ALLOW_HOSTS: '127.0.0.1', EXTENDED_AGENT_CARD: EXTENDED_CARD },
    {
      PUSH_NOTIFICATIONS: 'off',
      EXTENDED_AGENT_CARD: LOST_CARD,
      REQUIRED_EXTENSIONS: REQUIRED_EXTENSION,
    },
  ],
  servesGrpc: true,
});

beforeAll(() => rm(LOST_CARD));

interface Card {
  readonly supportedInterfaces: readonly {
    readonly url: string;
    readonly protocolBinding: string;
    readonly protocolVersion: string;
  }[];
}

const opened: { close(): void }[] = [];

afterAll(() => {
  for (const speaker of opened) speaker.close();
});

async function speakerFor({ binding, generation }: Via, url: string): Promise<Speaker> {
  if (binding === 'JSON-RPC') return jsonRpcSpeaker(url, generation);
  if (binding === 'REST') return restSpeaker(url, generation);
  const { body } = await http<Card>(url, { path: '/.well-known/agent-card.json' });
  const { url: address = '' } =
    body.supportedInterfaces.find(
      (each) => each.protocolBinding === 'GRPC' && each.protocolVersion === generation,
    ) ?? {};
  const speaker = grpcSpeaker(address, generation);
  opened.push(speaker);
  return speaker;
}

const findings = new Map<string, Finding>();
const keyOf = (name: string, via: Via): string => `${name} ${nameOf(via)}`;

/** One operation, or one error, on one way. */
interface Cell {
  readonly name: string;
  expectItHolds(): Promise<void>;
}

function operationCells(via: Via): readonly Cell[] {
  const rows = OPERATIONS.filter(({ sections }) => sections[via.generation] !== undefined);
  return rows.map(({ operation: name, check }) => ({
    name,
    expectItHolds: async () => check(await speakerFor(via, stack.url)),
  }));
}

function errorCells(via: Via): readonly Cell[] {
  const rows = ERRORS.filter(
    ({ sections, isOf }) => sections[via.generation] !== undefined && isOf?.(via) !== false,
  );
  return rows.map((row) => ({
    name: row.error,
    async expectItHolds() {
      const { url } = stack;
      const speaker = await speakerFor(via, url);
      const reluctant = await speakerFor(via, stack.otherUrl);
      expectError(row, via, await row.provoke({ speaker, reluctant, url }));
    },
  }));
}

describe.each(WAYS.map((via) => ({ via, way: nameOf(via) })))('on $way', ({ via }) => {
  const cells = [...operationCells(via), ...errorCells(via)];
  for (const { name } of cells) findings.set(keyOf(name, via), 'fails');

  test.each(cells)('$name', async ({ name, expectItHolds }) => {
    await expectItHolds();
    findings.set(keyOf(name, via), 'passes');
  });
});

describe('docs/conformance.md', () => {
  test.each(GUARANTEES)('names a test that is there: $says', async ({ file, title }) => {
    expect(await readFile(join(ROOT, file), 'utf8')).toContain(title);
  });

  test('says what was found', async () => {
    const found = documentOf((name, via) => findings.get(keyOf(name, via)) ?? '-');
    if (process.env['CONFORMANCE'] === 'write') await writeFile(DOCUMENT, found);
    expect(await readFile(DOCUMENT, 'utf8')).toBe(found);
  });
});
