// Histories of earlier builds: today's workflow replays each, and today's reader makes the same task of it.
// The files are written by test/histories/record.ts.

import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { temporal as proto } from '@temporalio/proto';
import {
  DefaultLogger,
  Runtime,
  Worker,
  bundleWorkflowCode,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { readFileSync, readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHistoryEvent } from '../../src/temporal/history';
import { FORMAT } from '../../src/workflows/emission';
import { foldTask } from '../../src/workflows/task-state';
import type { TaskFold } from '../../src/workflows/task-fold';
import type { JournalItem } from '../../src/workflows/journal';
import type { Task, TaskEvent } from '../../src/workflows/task';

type IHistory = proto.api.history.v1.IHistory;
type IHistoryEvent = proto.api.history.v1.IHistoryEvent;

const ROOT = join(__dirname, '../..');
const HISTORIES = join(ROOT, 'test/histories');
const WORKFLOWS = join(ROOT, 'src/workflows');

const names = readdirSync(HISTORIES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

/** `asked` of `asked`; `continued` of `continued-1`, `continued-2` …: one task, several runs. */
const taskNames = [...new Set(names.map((name) => name.replace(/-\d+$/, '')))].filter(
  (name) => !/^(?:replied|notified)/.test(name),
);

function load(name: string): IHistory {
  const text = readFileSync(join(HISTORIES, `${name}.json`), 'utf8');
  return proto.api.history.v1.History.fromObject(
    JSON.parse(text) as Parameters<typeof proto.api.history.v1.History.fromObject>[0],
  );
}

/** What a worker bundles. */
function bundle(folder: string): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: join(folder, 'index.ts'),
    workflowInterceptorModules: [join(folder, 'cancel-reason.ts')],
    logger: new DefaultLogger('ERROR'),
  });
}

let ours: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: QUIET });
  ours = await bundle(WORKFLOWS);
});

/** The core reports each refusal, and here they are meant to happen. */
const QUIET = { logging: { filter: 'OFF', forward: {} } };

function replay(history: IHistory, workflowBundle = ours): Promise<void> {
  return Worker.runReplayHistory({ workflowBundle }, history);
}

describe('every recorded history', () => {
  test('is here: one of each ending and of each detour', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'asked-and-answered',
        'auth',
        'auth-continued',
        'canceled',
        'canceled-abandoned',
        'canceled-with-metadata',
        'completed',
        'continued-1',
        'continued-2',
        'failed',
        'handed-on',
        'notified',
        'packed',
        'rejected',
        'replied',
        'replied-failed',
        'slept',
        'stepped',
        'taken-over',
        'threw-and-retried',
        'watched',
        'worker-lost',
      ]),
    );
  });

  test.each(names)('is replayed by the workflow: %s', async (name) => {
    await expect(replay(load(name))).resolves.toBeUndefined();
  });

  test.each(taskNames)('is read as the task that it ended as: %s', async (name) => {
    const { task, result } = await readTask(name);
    expect(task).toEqual(result);
  });

  test.each(taskNames)('tells events from 1 without a gap: %s', async (name) => {
    const { events } = await readTask(name);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });
});

const STEPS = ['step 1', 'step 2', 'step 3', 'step 4'];

test.each([
  ['stepped', STEPS],
  ['taken-over', STEPS],
  ['slept', ['before', 'ctx.sleep', 'after']],
  ['packed', ['12 entries', 'fill 13', 'fill 14']],
])('the journal of a skill is read as it was written: %s', async (name, expected) => {
  const { journal } = await readTask(name);
  const calls = journal.flatMap((item) => {
    if (item.kind === 'segment') return [`${item.entries} entries`];
    return item.kind === 'mark' ? [] : [item.id];
  });
  expect(calls).toEqual(expected);
});

test.each([
  ['replied', 'completed', 'replied, attempt 1'],
  ['replied-failed', 'failed', 'because'],
])('a reply is read as it ended: %s', async (name, state, text) => {
  const closed = load(name).events?.at(-1)?.workflowExecutionCompletedEventAttributes;
  const end = await decode(closed?.result?.payloads?.[0]);
  expect(end).toEqual({ v: FORMAT, state, message: { parts: [{ text }] } });
});

interface Read {
  readonly task: Task | undefined;
  readonly events: readonly TaskEvent[];
  readonly journal: readonly JournalItem[];
  /** What the workflow said at its end. */
  readonly result: unknown;
}

/** All runs of a task, read as the gateway reads them. */
async function readTask(taskName: string): Promise<Read> {
  const runs = names.filter((name) => name.replace(/-\d+$/, '') === taskName).map(load);
  let fold: TaskFold | undefined;
  const events: TaskEvent[] = [];
  for (const event of runs.flatMap((run) => run.events ?? [])) {
    const step = await fromHistoryEvent(event, decode);
    if (step?.kind !== 'record') continue;
    const folded = foldTask(fold, step.recorded);
    fold = folded.fold;
    events.push(...folded.events);
  }
  const completed = runs.at(-1)?.events?.at(-1)?.workflowExecutionCompletedEventAttributes;
  const result = await decode(completed?.result?.payloads?.[0]);
  return { task: fold?.task, events, journal: fold?.journal ?? [], result };
}

async function decode(payload: Payload | null | undefined): Promise<unknown> {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}

describe('the gate is red', () => {
  test('for a history whose activity is another', async () => {
    const history = load('completed');
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events ?? []) {
      if (scheduled?.activityType) scheduled.activityType.name = 'another';
    }
    await expect(replay(history)).rejects.toThrow(/[Nn]ondeterminism/);
  });

  test('for a history that lacks an event', async () => {
    const isDecision = (event: IHistoryEvent): boolean =>
      Boolean(event.workflowPropertiesModifiedEventAttributes);
    const { events = [] } = load('completed');
    const history = { events: (events ?? []).filter((event) => !isDecision(event)) };
    await expect(replay(history)).rejects.toThrow(/out of order/);
  });

  describe.each<[string, string, string, string]>([
    [
      'waits where it did not',
      'task-workflow.ts',
      '  life.openTurn();',
      '  await condition(() => false, 1);\n  life.openTurn();',
    ],
    ['no longer publishes its decisions', 'task-life.ts', 'upsertMemo({', 'void ({'],
    [
      'tries again without a wait',
      'skill-turn.ts',
      'await sleep(Math.min(RETRY_WAIT_MS',
      'void (Math.min(RETRY_WAIT_MS',
    ],
  ])('for a workflow that %s', (_name, file, before, after) => {
    let folder: string;
    let changed: WorkflowBundleWithSourceMap;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'longhaul-replay-'));
      await cp(WORKFLOWS, join(folder, 'workflows'), { recursive: true });
      await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      const path = join(folder, 'workflows', file);
      const code = await readFile(path, 'utf8');
      if (!code.includes(before)) throw new Error(`${file} has changed: there is no "${before}"`);
      await writeFile(path, code.replace(before, after));
      changed = await bundle(join(folder, 'workflows'));
    });

    afterAll(() => rm(folder, { recursive: true, force: true }));

    test('and does another thing than was recorded', async () => {
      await expect(replay(load('threw-and-retried'), changed)).rejects.toThrow(/[Nn]ondeterminism/);
    });
  });
});
