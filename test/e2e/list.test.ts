// ListTasks over visibility: filters, pages and what each entry holds (A2A §3.1.4).

import { randomUUID } from 'node:crypto';
import { getTask, listTasks, messageFor, result, rpc, send } from '../harness/calls';
import { eventually } from '../harness/eventually';
import { useStack } from '../harness/stack';
import { textOf, type WireMessage, type WirePage, type WireTask } from '../harness/wire';

const MANY = 25;

const stack = useStack();

/** Finished tasks of several skills, oldest first. */
const mixed = randomUUID();
const SKILLS = ['echo', 'fails', 'rejects', 'stream', 'asks', 'needs-auth', 'echo'] as const;
let made: WireTask[];

const crowded = randomUUID();
let crowd: WireTask[];

beforeAll(async () => {
  made = [];
  for (const skill of SKILLS) made.push(await make(skill, mixed));
  crowd = await Promise.all(Array.from({ length: MANY }, () => make('echo', crowded)));
  await eventually(async () => {
    // A decision reaches visibility after the start of the task does.
    for (const { id, contextId, status } of [...made, ...crowd]) {
      const { state: asked } = status;
      const page = await list({ contextId, status: asked, pageSize: 100 });
      expect(page.tasks.map((task) => task.id)).toContain(id);
    }
  });
}, 120_000);

function make(skillId: string, contextId: string): Promise<WireTask> {
  const parts = [{ text: 'hello' }, { data: { chunks: 2, everyMs: 1 } }];
  return send(stack.url, messageFor(skillId, {}, { contextId, parts }));
}

const list = (query: object): Promise<WirePage> => listTasks(stack.url, query);

const idsOf = (tasks: readonly WireTask[]): string[] => tasks.map(({ id }) => id);

/** By status time, newest first; the id decides between equals. */
function newestFirst(tasks: readonly WireTask[]): WireTask[] {
  const key = ({ status, id }: WireTask): string => `${status.timestamp} ${id}`;
  return tasks.toSorted((a, b) => (key(a) < key(b) ? 1 : -1));
}

const textsOf = (holders: readonly Pick<WireMessage, 'parts'>[] = []): string[] =>
  holders.map(({ parts }) => textOf(parts));

describe('filters', () => {
  test('a context shows its tasks and no others, newest first', async () => {
    const { tasks, totalSize } = await list({ contextId: mixed });
    expect(idsOf(tasks)).toEqual(idsOf(made.toReversed()));
    expect(totalSize).toBe(SKILLS.length);
  });

  test('without a filter every task is shown, newest first', async () => {
    const { tasks, totalSize } = await list({ pageSize: 100 });
    expect(idsOf(tasks)).toEqual(idsOf(newestFirst([...made, ...crowd])));
    expect(totalSize).toBe(SKILLS.length + MANY);
  });

  test.each([
    { status: 'TASK_STATE_COMPLETED', skills: ['echo', 'stream', 'echo'] },
    { status: 'TASK_STATE_FAILED', skills: ['fails'] },
    { status: 'TASK_STATE_REJECTED', skills: ['rejects'] },
    { status: 'TASK_STATE_INPUT_REQUIRED', skills: ['asks'] },
    { status: 'TASK_STATE_AUTH_REQUIRED', skills: ['needs-auth'] },
    { status: 'TASK_STATE_CANCELED', skills: [] },
    { status: 'TASK_STATE_WORKING', skills: [] },
  ])('the status $status shows the tasks in it', async ({ status, skills }) => {
    const { tasks, totalSize } = await list({ contextId: mixed, status });
    expect(tasks.map(({ metadata }) => metadata['skillId'])).toEqual(skills.toReversed());
    expect(tasks.map((task) => task.status.state)).toEqual(tasks.map(() => status));
    expect(totalSize).toBe(skills.length);
  });

  test('an unspecified status is no filter', async () => {
    const page = await list({ contextId: mixed, status: 'TASK_STATE_UNSPECIFIED' });
    expect(page.totalSize).toBe(SKILLS.length);
  });

  test('a canceled task moves to the canceled ones', async () => {
    const contextId = randomUUID();
    const { id } = await make('asks', contextId);
    await result(rpc(stack.url, 'CancelTask', { id }));
    await eventually(async () => {
      const canceled = await list({ contextId, status: 'TASK_STATE_CANCELED' });
      expect(idsOf(canceled.tasks)).toEqual([id]);
    });
    const asking = await list({ contextId, status: 'TASK_STATE_INPUT_REQUIRED' });
    expect(asking.totalSize).toBe(0);
  });

  test('statusTimestampAfter shows the tasks whose status is from then or later', async () => {
    const { timestamp } = made[3]!.status;
    const { tasks } = await list({ contextId: mixed, statusTimestampAfter: timestamp });
    expect(idsOf(tasks)).toEqual(idsOf(made.slice(3).toReversed()));
  });

  test('statusTimestampAfter takes a time of another zone', async () => {
    const at = new Date(Date.parse(made[3]!.status.timestamp) + 2 * 3_600_000).toISOString();
    const statusTimestampAfter = at.replace('Z', '+02:00');
    const { totalSize } = await list({ contextId: mixed, statusTimestampAfter });
    expect(totalSize).toBe(SKILLS.length - 3);
  });

  test('statusTimestampAfter may be finer than a status is: what is before it is left out', async () => {
    const { timestamp } = made[3]!.status;
    const idsAfter = async (fraction: string): Promise<string[]> => {
      const statusTimestampAfter = timestamp.replace('Z', `${fraction}Z`);
      return idsOf((await list({ contextId: mixed, statusTimestampAfter })).tasks);
    };
    expect(await idsAfter('000000')).toEqual(idsOf(made.slice(3).toReversed()));
    expect(await idsAfter('000001')).toEqual(idsOf(made.slice(4).toReversed()));
  });

  test.each(['9999-12-31T23:59:59.9999Z', '0000-01-01T00:00:00Z'])(
    'statusTimestampAfter may be %s',
    async (statusTimestampAfter) => {
      const { totalSize } = await list({ contextId: mixed, statusTimestampAfter });
      expect(totalSize).toBe(statusTimestampAfter.startsWith('9') ? 0 : SKILLS.length);
    },
  );

  test('the original names of fields are taken, and held to the same bounds', async () => {
    const page = await list({ context_id: mixed, page_size: 2, include_artifacts: true });
    expect(page).toMatchObject({ pageSize: 2, totalSize: SKILLS.length });
    for (const query of [{ page_size: 500 }, { history_length: -1 }, { include_artifacts: 'no' }]) {
      expect((await rpc(stack.url, 'ListTasks', query)).body.error?.code).toBe(-32602);
    }
  });

  test('statusTimestampAfter in the future shows nothing', async () => {
    const statusTimestampAfter = new Date(Date.now() + 60_000).toISOString();
    expect(await list({ contextId: mixed, statusTimestampAfter })).toMatchObject({
      tasks: [],
      totalSize: 0,
    });
  });

  test('a context without tasks gives an empty page with every field', async () => {
    expect(await list({ contextId: randomUUID() })).toEqual({
      tasks: [],
      nextPageToken: '',
      pageSize: 50,
      totalSize: 0,
    });
  });

  test('a context without tasks gives an empty page with every field on REST', async () => {
    const response = await fetch(`${stack.url}/tasks?contextId=${randomUUID()}`);
    expect(await response.json()).toEqual({
      tasks: [],
      nextPageToken: '',
      pageSize: 50,
      totalSize: 0,
    });
  });

  test('REST takes the same filters as a query', async () => {
    const query = `contextId=${mixed}&status=TASK_STATE_COMPLETED&pageSize=2&historyLength=1`;
    const rest = (await (await fetch(`${stack.url}/tasks?${query}`)).json()) as WirePage;
    const overRpc = await list({
      contextId: mixed,
      status: 'TASK_STATE_COMPLETED',
      pageSize: 2,
      historyLength: 1,
    });
    expect(rest).toEqual(overRpc);
    expect(rest.tasks).toHaveLength(2);
  });
});

describe('an entry', () => {
  test('has the status that GetTask brings', async () => {
    const { tasks } = await list({ contextId: mixed });
    const read = await Promise.all(idsOf(tasks).map((id) => getTask(stack.url, id)));
    expect(tasks.map(({ status }) => status)).toEqual(read.map(({ status }) => status));
  });

  test('holds no artifacts unless asked for', async () => {
    for (const query of [{}, { includeArtifacts: false }]) {
      const { tasks } = await list({ contextId: mixed, ...query });
      expect(tasks.filter((task) => 'artifacts' in task)).toEqual([]);
    }
  });

  test('holds its artifacts when asked for, none of them as an empty list', async () => {
    const { tasks } = await list({ contextId: mixed, includeArtifacts: true });
    const query = `contextId=${mixed}&includeArtifacts=true`;
    const rest = (await (await fetch(`${stack.url}/tasks?${query}`)).json()) as WirePage;
    expect(rest.tasks).toEqual(tasks);
    expect(tasks.map(({ artifacts }) => artifacts?.length)).toEqual(
      tasks.map(({ metadata }) => (metadata['skillId'] === 'stream' ? 1 : 0)),
    );
    const streamed = tasks.find(({ metadata }) => metadata['skillId'] === 'stream');
    expect(textsOf(streamed?.artifacts)).toEqual(['line 1\nline 2\n']);
  });

  test('holds as much history as asked for', async () => {
    const historyOf = async (historyLength: number): Promise<string[]> => {
      const { tasks } = await list({ contextId: mixed, historyLength });
      const asking = tasks.find(({ metadata }) => metadata['skillId'] === 'asks');
      return textsOf(asking?.history);
    };
    expect(await historyOf(0)).toEqual([]);
    expect(await historyOf(1)).toEqual(['before the question']);
    expect(await historyOf(100)).toEqual(['hello', 'before the question']);
  });
});

describe('pages', () => {
  async function walk(query: object): Promise<WirePage[]> {
    const pages = [await list(query)];
    while (pages.at(-1)!.nextPageToken !== '') {
      pages.push(await list({ ...query, pageToken: pages.at(-1)!.nextPageToken }));
      if (pages.length > MANY) throw new Error('the pages do not end');
    }
    return pages;
  }

  test('of ten hold 25 tasks once each, newest first', async () => {
    const pages = await walk({ contextId: crowded, pageSize: 10 });
    expect(pages.map(({ tasks }) => tasks.length)).toEqual([10, 10, 5]);
    expect(pages.flatMap(({ tasks }) => idsOf(tasks))).toEqual(idsOf(newestFirst(crowd)));
  });

  test('each say their size and the size of the whole', async () => {
    const pages = await walk({ contextId: crowded, pageSize: 10 });
    const sizes = { pageSize: 10, totalSize: MANY };
    expect(pages).toMatchObject([sizes, sizes, sizes]);
  });

  test('of exactly as many as there are end with the first', async () => {
    const pages = await walk({ contextId: crowded, pageSize: MANY });
    expect(pages).toHaveLength(1);
  });

  test('of one hold one task each', async () => {
    const pages = await walk({ contextId: mixed, pageSize: 1 });
    expect(pages.map(({ tasks }) => idsOf(tasks))).toEqual(made.toReversed().map(({ id }) => [id]));
  });

  test('are not upset by a task that is new since the first page', async () => {
    const contextId = randomUUID();
    const old: WireTask[] = [];
    for (let i = 0; i < 3; i += 1) old.push(await make('echo', contextId));
    const status = 'TASK_STATE_COMPLETED';
    await eventually(async () => {
      expect((await list({ contextId, status })).totalSize).toBe(3);
    });
    const first = await list({ contextId, status, pageSize: 2 });
    await make('echo', contextId);
    await eventually(async () => {
      expect((await list({ contextId, status })).totalSize).toBe(4);
    });
    const { nextPageToken: pageToken } = first;
    const second = await list({ contextId, status, pageSize: 2, pageToken });
    expect(idsOf([...first.tasks, ...second.tasks])).toEqual(idsOf(old.toReversed()));
  });
});
