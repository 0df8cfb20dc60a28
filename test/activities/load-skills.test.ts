// The skills of a process: files and folders of the user's, then the shipped ones. Loaded in a process of
// its own, because jest cannot import what it has not compiled.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { checkSkill, limitsOf, unreadMembers } from '../../src/activities/check-skill';

const ROOT = join(__dirname, '../..');

/** Loads each case and prints what came of it. */
const LOADER = `
  const { loadSkills } = require('./src/activities/load-skills');
  (async () => {
    const outcomes = {};
    for (const [name, sources] of Object.entries(JSON.parse(process.argv[1]))) {
      outcomes[name] = await loadSkills(sources).then(
        (skills) => ({ skills: skills.map(({ id, name }) => ({ id, name })) }),
        (err) => ({ error: err.message }),
      );
    }
    process.stdout.write(JSON.stringify(outcomes));
  })();
`;

const plain = (id: string, more = ''): string =>
  `{ id: '${id}', name: 'mine', description: 'd', tags: ['t'], run: async () => ({ state: 'completed' })${more} }`;

/** Files of each case by their names; they are loaded as one folder. */
const FOLDERS = {
  mjs: { 'a.mjs': `export default ${plain('mjs')};` },
  cjs: { 'a.cjs': `module.exports = ${plain('cjs')};` },
  js: { 'a.js': `module.exports = ${plain('js')};` },
  ts: {
    'a.ts': `import { idOf } from './lib/id';
      interface Mine { id: string }
      const mine: Mine = ${plain("' + idOf() + '")};
      export default mine;`,
    'lib/id.ts': `export const idOf = (): string => 'ts';`,
  },
  compiled: {
    'a.cjs': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${plain('compiled')};`,
  },
  list: { 'a.mjs': `export default [${plain('one')}, ${plain('two')}];` },
  order: {
    'b.mjs': `export default ${plain('second')};`,
    'a.mjs': `export default ${plain('first')};`,
  },
  others: {
    'a.mjs': `export default ${plain('only')};`,
    'a.test.mjs': `throw new Error('a test is no skill');`,
    'a.d.ts': `export {};`,
    'notes.md': `not code`,
    'data.json': `{}`,
  },
  replaces: { 'a.mjs': `export default ${plain('tutorial')};` },
  duplicates: {
    'a.mjs': `export default ${plain('same')};`,
    'b.mjs': `export default ${plain('same')};`,
  },
  empty: { 'a.mjs': `export const skill = ${plain('named')};` },
  throws: { 'a.mjs': `\nthrow new Error('no such luck');` },
  syntax: { 'a.mjs': `\nexport default {;` },
  syntaxCjs: { 'a.cjs': `\nmodule.exports = {;` },
  syntaxTs: { 'a.ts': `\nexport default {;` },
  noModule: { 'notes.md': `not code` },
  imports: { 'a.mjs': `import 'a-package-that-is-not-there'; export default ${plain('x')};` },
  untagged: {
    'a.mjs': `export default { id: 'x', name: 'x', description: 'x', tags: [], run: async () => ({}) };`,
  },
  badLimit: { 'a.mjs': `export default ${plain('x', ', limits: { timeout: 5 }')};` },
  secondOfList: { 'a.mjs': `export default [${plain('fine')}, { id: 'not fine' }];` },
} satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

type Case = keyof typeof FOLDERS | 'missing' | 'file' | 'two' | 'none';

type Outcome =
  | { readonly skills: readonly { readonly id: string; readonly name: string }[] }
  | { readonly error: string };

let folder: string;
let outcomes: Readonly<Record<Case, Outcome>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'longhaul-skills-'));
  for (const [name, files] of Object.entries(FOLDERS)) {
    for (const [file, text] of Object.entries(files)) {
      const path = join(folder, name, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }
  const sources: Readonly<Record<string, readonly string[]>> = {
    ...Object.fromEntries(Object.keys(FOLDERS).map((name) => [name, [join(folder, name)]])),
    missing: [join(folder, 'missing')],
    file: [join(folder, 'order', 'b.mjs')],
    two: [join(folder, 'mjs'), join(folder, 'cjs', 'a.cjs')],
    none: [],
  };
  const args = ['--import', 'tsx', '-e', LOADER, JSON.stringify(sources)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  outcomes = JSON.parse(stdout) as typeof outcomes;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function skillsOf(name: Case): readonly { readonly id: string; readonly name: string }[] {
  const outcome = outcomes[name];
  if ('error' in outcome) throw new Error(outcome.error);
  return outcome.skills;
}

/** Without the shipped ones, which follow. */
function ownOf(name: Case): readonly string[] {
  const shipped = skillsOf('none').map(({ id }) => id);
  return skillsOf(name)
    .map(({ id }) => id)
    .filter((id) => !shipped.includes(id));
}

function errorOf(name: Case): string {
  const outcome = outcomes[name];
  return 'error' in outcome ? outcome.error : 'it loaded';
}

describe('a module of skills', () => {
  test.each(['mjs', 'cjs', 'js', 'ts', 'compiled'] as const)('may be written as %s', (name) => {
    expect(ownOf(name)).toEqual([name]);
  });

  test('may export a list', () => {
    expect(ownOf('list')).toEqual(['one', 'two']);
  });

  test('may be named alone', () => {
    expect(ownOf('file')).toEqual(['second']);
  });
});

describe('a folder of skills', () => {
  test('is read in the order of its file names', () => {
    expect(ownOf('order')).toEqual(['first', 'second']);
  });

  test('may hold tests, declarations and other files', () => {
    expect(ownOf('others')).toEqual(['only']);
  });

  test('may stand beside other sources, in their order', () => {
    expect(ownOf('two')).toEqual(['mjs', 'cjs']);
  });
});

describe('the shipped skills', () => {
  test('are there without any source', () => {
    expect(skillsOf('none').map(({ id }) => id)).toContain('tutorial');
  });

  test('come after the own ones', () => {
    expect(skillsOf('mjs').map(({ id }) => id)).toEqual([
      'mjs',
      ...skillsOf('none').map(({ id }) => id),
    ]);
  });

  test('give way to an own one with the same id', () => {
    const tutorials = skillsOf('replaces').filter(({ id }) => id === 'tutorial');
    expect(tutorials).toEqual([{ id: 'tutorial', name: 'mine' }]);
  });
});

describe('what is wrong is named with its file', () => {
  test.each<[string, Case, RegExp]>([
    ['a source that does not exist', 'missing', /there is no module or folder .*missing/],
    [
      'a module that throws',
      'throws',
      /throws\/a\.mjs cannot be loaded: .*no such luck \(.*a\.mjs:2:7\)/,
    ],
    ['no JavaScript, and where', 'syntax', /a\.mjs cannot be loaded: SyntaxError.*\(.*a\.mjs:2\)/],
    ['no JavaScript, of CommonJS', 'syntaxCjs', /a\.cjs cannot be loaded: [^]*a\.cjs:2/],
    ['no TypeScript, and where', 'syntaxTs', /a\.ts cannot be loaded: [^]*a\.ts:2:/],
    [
      'a folder without a module',
      'noModule',
      /there is no module in the folder .*noModule; skills/,
    ],
    ['a module that imports what is not there', 'imports', /a-package-that-is-not-there/],
    ['a module without a default export', 'empty', /empty\/a\.mjs must default-export a skill/],
    ['a skill without a tag', 'untagged', /untagged\/a\.mjs[^]*needs at least one tag/],
    ['a limit that does not exist', 'badLimit', /badLimit\/a\.mjs[^]*"timeout"/],
    ['a bad skill in a list', 'secondOfList', /secondOfList\/a\.mjs must default-export/],
    ['two skills with one id', 'duplicates', /two skills have the id "same"/],
  ])('%s', (_name, folderName, reason) => {
    expect(errorOf(folderName)).toMatch(reason);
  });
});

describe('checkSkill', () => {
  const skill = {
    id: 'x',
    name: 'x',
    description: 'x',
    tags: ['x'],
    run: (): Promise<never> => Promise.reject(new Error('is never run')),
  };

  test('returns the object itself, so that its methods keep their this', () => {
    expect(checkSkill(skill, 'file')).toBe(skill);
  });

  test.each<[string, object]>([
    ['an id with a slash', { id: 'a/b' }],
    ['an empty name', { name: '' }],
    ['an empty description', { description: '' }],
    ['a run that is no function', { run: 'later' }],
    ['an accepts that is no function', { accepts: true }],
    ['no attempt at all', { limits: { maximumAttempts: 0 } }],
    ['a time limit beyond what a timer takes', { limits: { timeoutMs: 2 ** 31 } }],
    ['a heartbeat below a second', { limits: { heartbeatTimeoutMs: 999 } }],
    ['no place at all', { limits: { concurrency: 0 } }],
    ['more places than a worker has', { limits: { concurrency: 201 } }],
    ['a priority beyond the last', { limits: { priority: 6 } }],
    ['a memory limit without a thread', { limits: { memoryMb: 64 } }],
    ['less memory than a thread needs', { limits: { thread: true, memoryMb: 15 } }],
    ['a limit that there is not', { limits: { threads: true } }],
  ])('refuses %s', (_name, wrong) => {
    expect(() => checkSkill({ ...skill, ...wrong }, 'my-file.mjs')).toThrow('my-file.mjs');
  });
});

describe('limitsOf', () => {
  test('fills every limit in', () => {
    expect(limitsOf(undefined)).toEqual({
      timeoutMs: 3_600_000,
      maximumAttempts: 5,
      heartbeatTimeoutMs: 5_000,
      cancelGraceMs: 2_000,
      answerTimeoutMs: 2_592_000_000,
    });
  });

  test('leaves out how many run at once: that is for each worker to say', () => {
    expect(limitsOf({ concurrency: 2, priority: 1 })).not.toHaveProperty('concurrency');
    expect(limitsOf({ concurrency: 2, priority: 1 })).toHaveProperty('priority', 1);
  });

  test('keeps what the skill says', () => {
    expect(limitsOf({ timeoutMs: 1_000 })).toMatchObject({ timeoutMs: 1_000, maximumAttempts: 5 });
  });

  test('takes an undefined limit for an unset one', () => {
    const limits = { timeoutMs: undefined } as unknown as Parameters<typeof limitsOf>[0];
    expect(limitsOf(limits).timeoutMs).toBe(3_600_000);
  });
});

describe('members that nothing reads', () => {
  const skill = {
    ...{ id: 'mine', name: 'mine', description: 'd', tags: ['t'], accepts: () => true },
    run: async () => ({ state: 'completed' as const }),
  };

  test('are named, so that a misspelled one is found', () => {
    expect(unreadMembers({ ...skill, accept: () => true, limit: {} } as never)).toEqual([
      'accept',
      'limit',
    ]);
    expect(unreadMembers(skill)).toEqual([]);
  });

  test("are an author's own in an instance of a class", () => {
    class Mine {
      cache = new Map();
    }
    expect(unreadMembers(Object.assign(new Mine(), skill))).toEqual([]);
  });
});
