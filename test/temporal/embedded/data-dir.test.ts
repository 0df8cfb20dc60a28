// Who may use a data directory, with real processes.

import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { claimDataDir, type DataDirClaim } from '../../../src/temporal/embedded/data-dir';
import { cleanUp, later, spawnOwner, temporaryFolder } from './owner-process';

afterEach(cleanUp);

function claim(dataDir: string, lines: string[] = []): Promise<DataDirClaim> {
  const claimed = claimDataDir(dataDir, (line) => lines.push(line));
  later(() => claimed.then(({ release }) => release()).catch(() => undefined));
  return claimed;
}

describe('the claim on a data directory', () => {
  test('creates the directory', async () => {
    const dataDir = join(await temporaryFolder(), 'a', 'b');
    await claim(dataDir);
    await expect(readdir(dataDir)).resolves.toContain('claims');
  });

  test('is refused while another process holds it, with its pid and the way out', async () => {
    const dataDir = await temporaryFolder();
    const owner = await spawnOwner(dataDir);
    await expect(claim(dataDir)).rejects.toThrow(
      `${dataDir} is in use by process ${owner.pid}; stop it or set DATA_DIR`,
    );
  });

  test('is refused to the process that holds it already', async () => {
    const dataDir = await temporaryFolder();
    await claim(dataDir);
    await expect(claim(dataDir)).rejects.toThrow(`in use by process ${process.pid}`);
  });

  test('is refused under another name of the same directory', async () => {
    const folder = await temporaryFolder();
    const dataDir = join(folder, 'data');
    await claim(dataDir);
    await symlink(dataDir, join(folder, 'link'));
    await expect(claim(join(folder, 'link'))).rejects.toThrow('in use');
  });

  test('can be had again after its release', async () => {
    const dataDir = await temporaryFolder();
    const { release } = await claim(dataDir);
    await release();
    await expect(claim(dataDir)).resolves.toBeDefined();
  });

  test('ends with its process, also after kill -9', async () => {
    const dataDir = await temporaryFolder();
    const owner = await spawnOwner(dataDir);
    await owner.kill();
    const lines: string[] = [];
    await claim(dataDir, lines);
    expect(lines).toEqual([`data directory: process ${owner.pid} ended without releasing it`]);
  });

  test('of a process whose pid now belongs to another one blocks nobody', async () => {
    const dataDir = await temporaryFolder();
    await mkdir(join(dataDir, 'claims'));
    await writeFile(join(dataDir, 'claims', `${process.ppid}.1-before`), '');
    await expect(claim(dataDir)).resolves.toBeDefined();
  });

  test('goes to exactly one of six processes that start at once over a stale one', async () => {
    const dataDir = await temporaryFolder();
    await (await spawnOwner(dataDir)).kill();
    const owners = await Promise.all(Array.from({ length: 6 }, () => spawnOwner(dataDir)));
    expect(owners.filter(({ said }) => said['claimed'] === dataDir)).toHaveLength(1);
  });

  test('names the folder and the setting when the directory cannot be created', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expect(claim(join(file, 'data'))).rejects.toThrow(/file\/data cannot be used.*DATA_DIR/);
  });
});
