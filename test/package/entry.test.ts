// The package as others install it: what is in its tarball, and who can import it how.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** All that the entries for skill authors need, their types included; without the others they must load. */
const NEEDED = ['mime-types', 'zod'];

/** Likewise the entry for callers; the SDK's types name those of Node. */
const CALLER_NEEDS = ['@a2a-js/sdk', 'eventsource-parser', '@types/node'];

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

const TEST = `
  import { testSkill, type TestSkillOptions, type TestedSkill } from 'longhaul/testing';
  import skill from './skill.js';

  const options: TestSkillOptions = { answers: ['yes'], crashAt: [{ record: 1 }, 2, 'pay'] };
  const told: TestedSkill = await testSkill(skill, 'hello', options);
  const text: string | undefined = told.artifacts['page'];
  console.log(text, told.task.status.state, told.events.length);
`;

const CALLER = `
  import {
    TaskFailedError, assembleArtifacts, createLonghaulClient, cursorOf, type LonghaulClient,
  } from 'longhaul/client';

  const client: LonghaulClient = await createLonghaulClient({ url: 'http://127.0.0.1:4000' });
  for await (const event of client.streamTask('hello')) {
    const seq: number | undefined = cursorOf(event);
    if (event.payload?.$case === 'task') console.log(seq, event.payload.value.status?.state);
  }
  const [whole] = await assembleArtifacts(client.followTask('task', { after: 0 }));
  console.log(whole?.artifact.name, whole?.isComplete, TaskFailedError.name);
`;

const STRICT = [
  ...['--strict', '--module', 'nodenext', '--target', 'es2022', '--noEmit'],
  ...['--skipLibCheck', 'false'],
];

/** Rejects with all that was said: a compiler complains to stdout. */
const run = async (command: string, args: readonly string[], cwd: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(command, args, { cwd }).catch((err: unknown) => {
    const { message, stdout } = err as Error & { readonly stdout: string };
    throw new Error(`${message}${stdout}`, { cause: err });
  });
  return stdout;
};

const node = (args: readonly string[], cwd: string): Promise<string> =>
  run(process.execPath, args, cwd);

let folder: string;
/** Of a skill author. */
let app: string;
let caller: string;

/** Builds the package beside the sources and installs it, and what it needs, into an empty folder. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-package-'));
  const built = join(folder, 'built');
  await node([TSC, '-p', 'tsconfig.build.json', '--outDir', join(built, 'dist')], ROOT);
  for (const name of ['package.json', 'README.md', 'LICENSE', 'proto', 'test/harness']) {
    await cp(join(ROOT, name), join(built, name), { recursive: true });
  }
  const packed = await run('npm', ['pack', '--ignore-scripts', '--silent'], built);
  const tarball = join(built, packed.trim());
  app = await install(tarball, join(folder, 'app'), NEEDED);
  caller = await install(tarball, join(folder, 'caller'), CALLER_NEEDS);
  await writeFile(join(app, 'skill.ts'), SKILL);
  await writeFile(join(app, 'test.ts'), TEST);
  await writeFile(join(caller, 'caller.ts'), CALLER);
}, 180_000);

async function install(tarball: string, into: string, needed: readonly string[]): Promise<string> {
  const installed = join(into, 'node_modules');
  await mkdir(join(installed, 'longhaul'), { recursive: true });
  const target = join(installed, 'longhaul');
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target], into);
  for (const name of needed) {
    await mkdir(dirname(join(installed, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(installed, name));
  }
  await writeFile(join(into, 'package.json'), '{ "type": "module" }');
  return into;
}

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
    await expect(node([TSC, ...STRICT, 'skill.ts'], app)).resolves.toBe('');
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

describe('the test kit', () => {
  test('runs the example of the documentation, with nothing of Temporal installed', async () => {
    const docs = await readFile(join(ROOT, 'docs/skills.md'), 'utf8');
    for (const [, code = '', name = ''] of docs.matchAll(/```js\n(\/\/ (pay\S*)\n.*?)```/gs)) {
      await writeFile(join(app, name), code);
    }
    const told = await node(['--test', '--test-reporter=tap', 'pay.test.mjs'], app);
    expect(told).toMatch(/^ok 1 - pays once, wherever the worker dies$/m);
  });

  test('has types that a strict compiler takes, libraries included', async () => {
    await expect(node([TSC, ...STRICT, 'test.ts'], app)).resolves.toBe('');
  });
});

describe('the client', () => {
  test('is imported and required with nothing but the SDK and a parser of events', async () => {
    const code = `import { createRequire } from 'node:module';
      const required = createRequire(import.meta.url)('longhaul/client');
      const imported = await import('longhaul/client');
      console.log(typeof required.createLonghaulClient, typeof imported.createLonghaulClient);`;
    await writeFile(join(caller, 'both.mjs'), code);
    expect((await node(['both.mjs'], caller)).trim()).toBe('function function');
  });

  test('has types that a strict compiler takes, libraries included', async () => {
    await expect(node([TSC, ...STRICT, '--types', 'node', 'caller.ts'], caller)).resolves.toBe('');
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
