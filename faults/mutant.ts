// A copy of the built program in which one guard is broken.

import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import type { Program } from '../test/harness/child';
import type { Invariant } from './invariants';

const execute = promisify(execFile);

const ROOT = join(__dirname, '..');

/** `npm ci` empties it; packages are found from there as from the project itself. */
const MUTANTS = join(ROOT, 'node_modules/.cache/longhaul/mutants');

export interface Mutation {
  /** What no longer works, in one line. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  /** The row must find at least one of these violated. */
  readonly seenAs: readonly Invariant[];
}

/** Replaces a text that stands once in a file of `src`. */
export interface Edit {
  /** From `src/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** As `npm run gateway` runs it, after `npm run build`; workers have its bounds of memory here too. */
export const BUILT: Program = {
  cwd: ROOT,
  node: ['--max-semi-space-size=8', '--max-old-space-size=768', 'dist/main.js'],
};

/**
 * @param from what is changed: another mutant, if it changes other files. Default: the program as it was built.
 * @throws Error when the text to replace is not there, or not once: the guard has moved.
 */
export async function buildMutant(
  name: string,
  { edits }: Pick<Mutation, 'edits'>,
  from: Program = BUILT,
): Promise<Program> {
  const cwd = join(MUTANTS, name);
  await rm(cwd, { recursive: true, force: true });
  await mkdir(cwd, { recursive: true });
  await cp(join(from.cwd, 'dist'), join(cwd, 'dist'), { recursive: true });
  for (const file of ['package.json', 'proto']) await symlink(join(ROOT, file), join(cwd, file));
  for (const file of new Set(edits.map((one) => one.file))) {
    await edit(
      cwd,
      file,
      edits.filter((one) => one.file === file),
    );
  }
  if (edits.some(({ file }) => file.startsWith('workflows/'))) {
    await rm(join(cwd, 'dist/workflow-bundle.js'));
    await execute(process.execPath, ['dist/worker/bundle-workflows.js'], { cwd });
  }
  return { ...BUILT, cwd };
}

async function edit(cwd: string, file: string, edits: readonly Edit[]): Promise<void> {
  let source = await readFile(join(ROOT, 'src', file), 'utf8');
  for (const { from, to } of edits) {
    const times = source.split(from).length - 1;
    if (times !== 1)
      throw new Error(`src/${file}: ${String(times)} times instead of once: ${from}`);
    source = source.replace(from, () => to);
  }
  const { outputText } = transpileModule(source, {
    compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2023 },
  });
  await writeFile(join(cwd, 'dist', file.replace(/\.ts$/, '.js')), outputText);
}
