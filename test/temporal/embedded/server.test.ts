// The embedded server as it is: the real CLI, real processes, real kills.

import { Client, Connection } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { claimDataDir } from '../../../src/temporal/embedded/data-dir';
import { identify, isRunning } from '../../../src/temporal/embedded/process-identity';
import {
  startEmbeddedTemporal,
  type EmbeddedTemporal,
  type EmbeddedTemporalOptions,
} from '../../../src/temporal/embedded/server';
import { writeProgram } from '../../harness/program';
import { realCli } from '../../harness/temporal-cli';
import { cleanUp, later, spawnOwner, temporaryFolder } from './owner-process';

let cli: string;

// A first run may have to fetch it.
beforeAll(async () => {
  cli = await realCli();
}, 300_000);

afterEach(cleanUp);

async function start(
  options: Partial<EmbeddedTemporalOptions> & { readonly dataDir: string },
): Promise<EmbeddedTemporal> {
  const defaults = { cli, host: '127.0.0.1', port: 0, searchAttributes: {}, ui: false };
  const server = await startEmbeddedTemporal({ ...defaults, report: () => undefined, ...options });
  later(server.close);
  return server;
}

async function clientOf({ address }: EmbeddedTemporal): Promise<Client> {
  const connection = await Connection.connect({ address });
  later(() => connection.close());
  return new Client({ connection });
}

async function startTask(server: EmbeddedTemporal, workflowId: string): Promise<void> {
  const client = await clientOf(server);
  await client.workflow.start('task', { workflowId, taskQueue: 'none' });
}

function portOf({ address }: EmbeddedTemporal): number {
  return Number(address.split(':').at(-1));
}

/** Somebody else's process has no event for its end. */
async function untilGone(pid: number): Promise<void> {
  while ((await identify(pid)) !== undefined) await delay(10);
}

async function takenPort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  later(async () => listener.close());
  return (listener.address() as AddressInfo).port;
}

async function script(text: string): Promise<string> {
  return writeProgram(await temporaryFolder(), 'temporal', text);
}

describe('the start', () => {
  test('takes less than ten seconds, and workflows can begin at once', async () => {
    const began = performance.now();
    const server = await start({ dataDir: await temporaryFolder() });
    expect(performance.now() - began).toBeLessThan(10_000);
    await expect(startTask(server, 'first')).resolves.toBeUndefined();
  });

  test('keeps closed tasks for 30 days', async () => {
    const client = await clientOf(await start({ dataDir: await temporaryFolder() }));
    const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
    expect(tsToMs(config?.workflowExecutionRetentionTtl)).toBe(30 * 24 * 3_600_000);
  });

  test('serves the web UI where it says', async () => {
    const { uiUrl = '' } = await start({ dataDir: await temporaryFolder(), ui: true });
    expect((await fetch(uiUrl)).status).toBe(200);
  });

  test('takes the next free port when the wanted one is taken, and says so', async () => {
    const port = await takenPort();
    const lines: string[] = [];
    const report = (line: string): unknown => lines.push(line);
    const server = await start({ dataDir: await temporaryFolder(), port, report });
    expect(portOf(server)).toBeGreaterThan(port);
    expect(lines).toEqual([`Temporal server: port ${port} is taken, using ${portOf(server)}`]);
  });

  test('gives two that want one port at the same moment a server each', async () => {
    const port = (await takenPort()) + 1;
    const dataDirs = [await temporaryFolder(), await temporaryFolder()];
    const servers = await Promise.all(dataDirs.map((dataDir) => start({ dataDir, port })));
    await Promise.all(servers.map((server) => startTask(server, 'same')));
    expect(new Set(servers.map(portOf)).size).toBe(2);
  });

  test('that fails shows what the server said', async () => {
    const broken = await script('echo no space left >&2; exit 3');
    const started = start({ dataDir: await temporaryFolder(), cli: broken });
    await expect(started).rejects.toThrow(/ended with code 3 before it was ready:\nno space left/);
  });

  test('names a CLI that cannot be run', async () => {
    const started = start({ dataDir: await temporaryFolder(), cli: '/nowhere/temporal' });
    await expect(started).rejects.toThrow(/\/nowhere\/temporal cannot be run.*TEMPORAL_CLI_PATH/);
  });

  test('empties a log that has grown too big', async () => {
    const dataDir = await temporaryFolder();
    await writeFile(join(dataDir, 'temporal.log'), '');
    await truncate(join(dataDir, 'temporal.log'), 17 * 1024 * 1024);
    await start({ dataDir });
    expect((await stat(join(dataDir, 'temporal.log'))).size).toBeLessThan(1024 * 1024);
  });
});

describe('a database from before', () => {
  test('has its workflows still', async () => {
    const dataDir = await temporaryFolder();
    const before = await start({ dataDir });
    await startTask(before, 'kept');
    await before.close();
    const client = await clientOf(await start({ dataDir }));
    const { status } = await client.workflow.getHandle('kept').describe();
    expect(status.name).toBe('RUNNING');
  });

  test('keeps a retention that the operator made longer', async () => {
    const dataDir = await temporaryFolder();
    const before = await start({ dataDir });
    const ninety = { seconds: 90 * 24 * 3_600, nanos: 0 };
    const { workflowService } = await clientOf(before);
    await workflowService.updateNamespace({
      namespace: 'default',
      config: { workflowExecutionRetentionTtl: ninety as never },
    });
    await before.close();
    const client = await clientOf(await start({ dataDir }));
    const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
    expect(tsToMs(config?.workflowExecutionRetentionTtl)).toBe(ninety.seconds * 1_000);
  });

  test('is given the search attributes that it lacks, and they can be used at once', async () => {
    const dataDir = await temporaryFolder();
    await (await start({ dataDir, searchAttributes: { First: 'Keyword' } })).close();
    const searchAttributes = { First: 'Keyword', Second: 'KeywordList' } as const;
    const client = await clientOf(await start({ dataDir, searchAttributes }));
    await expect(client.workflow.count('Second = "x"')).resolves.toMatchObject({ count: 0 });
  });

  test('with an attribute of another type is refused by its name', async () => {
    const dataDir = await temporaryFolder();
    await (await start({ dataDir, searchAttributes: { First: 'Keyword' } })).close();
    const again = start({ dataDir, searchAttributes: { First: 'Int' } });
    await expect(again).rejects.toThrow(/First is of type Keyword .* Int is needed.*DATA_DIR/);
  });
});

describe('the end', () => {
  test('leaves no process and no record', async () => {
    const dataDir = await temporaryFolder();
    const server = await start({ dataDir });
    await server.close();
    await expect(identify(server.pid)).resolves.toBeUndefined();
    await expect(readdir(dataDir)).resolves.not.toContain('temporal.pid');
  });

  test('can be asked for twice', async () => {
    const server = await start({ dataDir: await temporaryFolder() });
    await Promise.all([server.close(), server.close()]);
    await expect(server.close()).resolves.toBeUndefined();
  });

  test('by itself is told to the owner', async () => {
    const server = await start({ dataDir: await temporaryFolder() });
    process.kill(server.pid, 'SIGKILL');
    await expect(server.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('comes with the normal exit of an owner that forgot to close it', async () => {
    const owner = await spawnOwner(await temporaryFolder(), cli, 'exit');
    await owner.ended;
    await expect(untilGone(owner.said['pid'] as number)).resolves.toBeUndefined();
  });

  test("does not come with a terminal's Ctrl-C, because the server leads its own group", async () => {
    const { pid } = await start({ dataDir: await temporaryFolder() });
    expect(() => process.kill(-pid, 0)).not.toThrow();
  });
});

describe('the server of an owner that was killed with -9', () => {
  test('is ended by the next start, which has its data', async () => {
    const dataDir = await temporaryFolder();
    const owner = await spawnOwner(dataDir, cli);
    const orphan = { pid: owner.said['pid'] as number, address: owner.said['address'] as string };
    await startTask(orphan as EmbeddedTemporal, 'kept');
    await owner.kill();
    expect(await identify(orphan.pid)).toBeDefined();

    const { release } = await claimDataDir(dataDir, () => undefined);
    later(release);
    const lines: string[] = [];
    const server = await start({ dataDir, report: (line) => lines.push(line) });
    expect(await identify(orphan.pid)).toBeUndefined();
    expect(lines).toContain(
      `Temporal server: ending process ${orphan.pid}, left by a killed Longhaul`,
    );
    const client = await clientOf(server);
    await expect(client.workflow.getHandle('kept').describe()).resolves.toBeDefined();
  });

  test('is not taken for a process that only has the recorded pid', async () => {
    const dataDir = await temporaryFolder();
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    const ended = once(bystander, 'exit');
    later(async () => bystander.kill() && (await ended));
    await once(bystander, 'spawn');
    const identity = await identify(bystander.pid ?? 0);
    if (identity === undefined) throw new Error('the bystander has not started');
    await writeFile(join(dataDir, 'temporal.pid'), JSON.stringify(identity));
    await start({ dataDir });
    await expect(isRunning(identity)).resolves.toBe(true);
  });
});
