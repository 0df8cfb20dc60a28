// The package as others install it: what is in its tarball, and who can import it how.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** All that the entry for skill authors needs, its types included; without the others it must load. */
const NEEDED = ['mime-types', 'zod'];

const NAMES = [
  ...['ArtifactStreamer', 'SkillError', 'canceled', 'completed', 'defineSkill', 'failed'],
  ...['fileArtifact', 'jsonArtifact', 'rejected', 'reply', 'textArtifact'],
];

const SKILL = `
  import {
    ArtifactStreamer, SkillError, completed, defineSkill, jsonArtifact,
    type SkillArtifact, type SkillContext, type TaskArtifactUpdateEvent,
  } from 'longhaul';

  const report: SkillArtifact = jsonArtifact('report.json', { n: 1 });

  export default defineSkill({
    id: 'mine', name: 'mine', description: 'mine', tags: ['mine'],
    async run(ctx: SkillContext) {
      const source = (async function* () { yield 'text'; })();
      const text: string = await ctx.artifact({ name: 'page' }).pipe(source);
      const streamer = new ArtifactStreamer({ taskId: 't', contextId: 'c' });
      const event: TaskArtifactUpdateEvent = streamer.append(text);
      if (event.append) throw new SkillError('no', { retryable: false });
      return completed('done', [report]);
    },
  });
`;

const run = async (command: string, args: readonly string[], cwd: string): Promise<string> =>
  (await promisify(execFile)(command, args, { cwd })).stdout;

const node = (args: readonly string[], cwd: string): Promise<string> =>
  run(process.execPath, args, cwd);

let folder: string;
let app: string;

/** Builds the package beside the sources and installs it, and what it needs, into an empty folder. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-package-'));
  const built = join(folder, 'built');
  app = join(folder, 'app');
  const installed = join(app, 'node_modules');
  await mkdir(join(installed, 'longhaul'), { recursive: true });
  await node([TSC, '-p', 'tsconfig.build.json', '--outDir', join(built, 'dist')], ROOT);
  for (const name of ['package.json', 'README.md', 'LICENSE', 'proto', 'test/harness']) {
    await cp(join(ROOT, name), join(built, name), { recursive: true });
  }
  const packed = await run('npm', ['pack', '--ignore-scripts', '--silent'], built);
  const unpack = ['-xzf', join(built, packed.trim()), '--strip-components=1', '-C'];
  await run('tar', [...unpack, join(installed, 'longhaul')], app);
  for (const name of NEEDED) {
    await symlink(join(ROOT, 'node_modules', name), join(installed, name));
  }
  await writeFile(join(app, 'package.json'), '{ "type": "module" }');
  await writeFile(join(app, 'skill.ts'), SKILL);
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the tarball', () => {
  let files: readonly string[];

  beforeAll(async () => {
    const root = join(app, 'node_modules/longhaul');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  });

  test('holds the program with its types, and the files that it reads', () => {
    const wanted = [
      'dist/main.js',
      'dist/index.js',
      'dist/index.d.ts',
      'proto/lf/a2a/v1/a2a.proto',
    ];
    expect(files).toEqual(expect.arrayContaining([...wanted, 'README.md', 'LICENSE']));
  });

  test('holds neither tests nor sources nor maps to them', () => {
    const others = files.filter(
      (name) => !/^(dist|proto)\/|^(package\.json|README\.md|LICENSE)$/.test(name),
    );
    expect(others).toEqual([]);
    expect(files.filter((name) => /\.map$|\.test\.|(?<!\.d)\.ts$/.test(name))).toEqual([]);
  });
});

describe('the entry for skill authors', () => {
  test('is imported by an ES module', async () => {
    const code = `import * as all from 'longhaul'; import { completed } from 'longhaul';
      console.log(JSON.stringify([Object.keys(all), completed('x')]));`;
    const [names, completed] = JSON.parse(
      await node(['--input-type=module', '-e', code], app),
    ) as readonly [readonly string[], unknown];
    expect(names).toEqual(expect.arrayContaining(NAMES));
    expect(completed).toEqual({ state: 'completed', message: 'x' });
  });

  test('is required by a CommonJS module, and offers these names', async () => {
    const code = `console.log(JSON.stringify(Object.keys(require('longhaul'))))`;
    const names = JSON.parse(await node(['--input-type=commonjs', '-e', code], app)) as string[];
    expect(names.sort()).toEqual(NAMES);
  });

  test('has types that a strict compiler takes, libraries included', async () => {
    const strict = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--noEmit'];
    const args = [TSC, ...strict, '--skipLibCheck', 'false', 'skill.ts'];
    await expect(node(args, app)).resolves.toBe('');
  });

  test('tells its version, and nothing of its inside', async () => {
    const code = `console.log(require('longhaul/package.json').version)`;
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect((await node(['-e', code], app)).trim()).toBe(version);
    const inside = node(['-e', `require('longhaul/dist/main.js')`], app);
    await expect(inside).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

describe('a skill inside this repository', () => {
  const LOADER = `
    require('./src/activities/load-skills').loadSkills(['test/package/skills']).then((skills) => {
      process.stdout.write(JSON.stringify(skills.map(({ id }) => id)));
    });`;

  test('imports the package without a build, in each kind of module', async () => {
    // As `npm start` runs.
    const args = ['--conditions=longhaul-src', '--import', 'tsx', '-e', LOADER];
    const ids = JSON.parse(await node(args, ROOT)) as readonly string[];
    expect(ids.slice(0, 3)).toEqual(['common', 'module', 'typed']);
  });
});
