// `npm start` as a person runs it: one process with the embedded server, its refusals, its end and its return.

import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextFreePort } from '../../src/temporal/embedded/free-port';
import { commandLineOf, identify } from '../../src/temporal/embedded/process-identity';
import { http, messageFor, send } from '../harness/calls';
import { startChild, type Child } from '../harness/child';
import { untilAnswer, within } from '../harness/eventually';
import { expectEveryId, lastState, progressTexts, stepTexts } from '../harness/frames';
import { note } from '../harness/note';
import { TEST_SKILLS } from '../harness/processes';
import { streamMessage, subscribe } from '../harness/stream';
import { textOf } from '../harness/wire';

const READY_MS = 10_000;

interface Started extends Child {
  readonly url: string;
  readonly dataDir: string;
}

const started: Started[] = [];
const directories: string[] = [];

afterAll(async () => {
  for (const { end, dataDir } of started) {
    await end('SIGKILL');
    await endServerOf(dataDir);
  }
  for (const dataDir of directories) await rm(dataDir, { recursive: true, force: true });
});

async function newDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'longhaul-start-'));
  directories.push(dataDir);
  return dataDir;
}

async function start(
  settings: Readonly<Record<string, string>> = {},
  ...options: readonly string[]
): Promise<Started> {
  const dataDir = settings['DATA_DIR'] ?? (await newDataDir());
  const port = settings['PORT'] ?? String(await nextFreePort('127.0.0.1', 0));
  const env = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TEMPORAL_') || name === 'TEMPORAL_CLI_PATH',
  );
  const child = startChild(['start', ...options], {
    ...Object.fromEntries(env),
    ...{ DATA_DIR: dataDir, PORT: port, SKILLS: TEST_SKILLS, LOG_LEVEL: 'warn' },
    EMBEDDED_TEMPORAL_PORT: String(await nextFreePort('127.0.0.1', 0)),
    ...settings,
  });
  const run: Started = { ...child, dataDir, url: `http://127.0.0.1:${port}` };
  started.push(run);
  return run;
}

async function untilReady({ url, hasEnded, output }: Started): Promise<void> {
  await untilAnswer(
    '/readyz',
    () => {
      if (hasEnded()) throw new Error(`it ended:\n${output()}`);
      return http(url, { path: '/readyz' }).then(
        ({ status }) => status,
        () => 0,
      );
    },
    (status) => status === 200,
  );
}

function end(run: Started, signal: NodeJS.Signals): Promise<number | null> {
  return within(`the end after ${signal}`, run.end(signal));
}

/** The embedded server of a data directory, as its record names it. */
async function serverPid(dataDir: string): Promise<number | undefined> {
  const record = await readFile(join(dataDir, 'temporal.pid'), 'utf8').catch(() => '{}');
  return (JSON.parse(record) as { readonly pid?: number }).pid;
}

async function isAlive(pid: number): Promise<boolean> {
  return (await identify(pid)) !== undefined;
}

async function endServerOf(dataDir: string): Promise<void> {
  const pid = await serverPid(dataDir);
  if (pid === undefined || !(await commandLineOf(pid)).includes(dataDir)) return;
  process.kill(pid, 'SIGKILL');
}

/** A person reads this: text, no stack. */
function expectNoStack(output: string): void {
  expect(output).not.toMatch(/^ {4}at /m);
}

describe('npm start', () => {
  let first: Started;
  let readyMs: number;
  let server: number;

  beforeAll(async () => {
    const from = Date.now();
    first = await start();
    await untilReady(first);
    readyMs = Date.now() - from;
    server = (await serverPid(first.dataDir))!;
  });

  test('is ready within 10 s', () => {
    note(`ready after ${String(readyMs)} ms`);
    expect(readyMs).toBeLessThanOrEqual(READY_MS);
  });

  test('prints its URLs', () => {
    expect(first.output()).toContain(`A2A          ${first.url}/`);
    expect(first.output()).toContain(`${first.url}/.well-known/agent-card.json`);
    expect(first.output()).toMatch(/Temporal UI {2}http:\/\/127\.0\.0\.1:\d+/);
  });

  test('runs a task', async () => {
    const task = await send(first.url, messageFor('echo'));
    expect(textOf(task.status.message?.parts)).toBe('please');
  });

  test('refuses a second start on its data directory', async () => {
    const second = await start({ DATA_DIR: first.dataDir });
    const code = await within('the refusal', second.ended);
    expect(code).not.toBe(0);
    expect(second.output()).toMatch(/data directory .* is in use by process \d+/);
    expect(second.output()).toContain(String(first.pid));
    expectNoStack(second.output());
    expect((await http(first.url, { path: '/readyz' })).status).toBe(200);
  });

  test('ends with everything it started on SIGTERM', async () => {
    expect(await isAlive(server)).toBe(true);
    expect(await end(first, 'SIGTERM')).toBe(0);
    expect(await isAlive(server)).toBe(false);
  });
});

test('npm start that is told to end while it starts leaves nothing behind', async () => {
  const run = await start();
  const server = await untilAnswer(
    'the embedded server',
    () => serverPid(run.dataDir),
    (pid) => pid !== undefined,
  );
  expect(run.output()).not.toContain('ready');
  expect(await end(run, 'SIGTERM')).toBe(0);
  expect(await isAlive(server!)).toBe(false);
  expect(await readdir(join(run.dataDir, 'claims'))).toEqual([]);
  expectNoStack(run.output());
});

describe('npm start with settings that cannot be', () => {
  test('a port that is taken is named, and nothing stays behind', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = taken.address() as { readonly port: number };
      const run = await start({ PORT: String(port) });
      let server: number | undefined;
      await untilAnswer(
        'its server or its end',
        async () => (server ??= await serverPid(run.dataDir)) ?? run.hasEnded(),
        (seen) => seen !== false,
      );
      expect(await within('the refusal', run.ended)).toBe(1);
      expect(run.output()).toMatch(new RegExp(`port ${String(port)} .*is taken`));
      expectNoStack(run.output());
      const isLeft = server !== undefined && (await isAlive(server));
      expect(isLeft).toBe(false);
      expect(await serverPid(run.dataDir)).toBeUndefined();
    } finally {
      taken.close();
    }
  });

  test.each([
    ['HOST', '0.0.0.0', /HOST=0\.0\.0\.0.*ALLOW_ANONYMOUS=true/],
    ['PORT', 'abc', /PORT/],
    ['AGENT_CARD', '2.0', /AGENT_CARD/],
    ['TEMPORAL_CLI_PATH', '/no/such/temporal', /TEMPORAL_CLI_PATH/],
    ['SKILLS', '/no/such/skills', /SKILLS: there is no module or folder \/no\/such\/skills/],
  ])('%s=%s is refused by name', async (name, value, told) => {
    const run = await start({ [name]: value });
    expect(await within('the refusal', run.ended)).toBe(1);
    expect(run.output()).toMatch(told);
    expectNoStack(run.output());
    expect(await serverPid(run.dataDir)).toBeUndefined();
  });
});

describe('npm start --doctor', () => {
  test('prints path and version of the Temporal CLI', async () => {
    const run = await start({}, '--doctor');
    expect(await within('the report', run.ended)).toBe(0);
    expect(run.output()).toMatch(/^Temporal CLI \/\S+$/m);
    expect(run.output()).toMatch(/^version +\d+\.\d+\.\d+ /m);
    expect(await serverPid(run.dataDir)).toBeUndefined();
  });
});

describe('npm start after kill -9 in the middle of a task', () => {
  test.each(['the process', 'the process and its server'])(
    '%s killed: the task goes on, and its stream resumes by cursor',
    async (what) => {
      const events = 30;
      const killed = await start();
      await untilReady(killed);
      const stream = await streamMessage(killed.url, messageFor('steps', { events }));
      await stream.until('the sixth event', ({ id }) => id === 6);
      const orphan = (await serverPid(killed.dataDir))!;
      if (what.endsWith('server')) process.kill(orphan, 'SIGKILL');
      await end(killed, 'SIGKILL');
      await stream.over;

      const from = Date.now();
      const again = await start({
        DATA_DIR: killed.dataDir,
        PORT: new URL(killed.url).port,
      });
      await untilReady(again);
      note(`ready again after ${String(Date.now() - from)} ms`);
      const resumed = await subscribe(again.url, stream.task.id, stream.lastId);
      await resumed.toEnd();
      note(`the task was done ${String(Date.now() - from)} ms after the new start`);

      const union = [...stream.frames, ...resumed.frames.slice(1)];
      expectEveryId(union);
      expect(lastState(union)).toBe('TASK_STATE_COMPLETED');
      expect(progressTexts(union)).toEqual(stepTexts(events));
      const server = (await serverPid(again.dataDir))!;
      expect(await end(again, 'SIGTERM')).toBe(0);
      expect(await isAlive(orphan)).toBe(false);
      expect(await isAlive(server)).toBe(false);
    },
    90_000,
  );
});
