// Gathers the skills of this process: the user's own first, then the shipped ones.

import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { checkSkill } from './check-skill';
import { placeOf } from './load-error';
import type { Skill } from './skill';
import { exportedBy } from './skill-module';
import { owningStrayErrors } from './stray-errors';
import { shippedSkills, type ShippedSettings } from './skills';

/** A thread loads its skill again. */
const files = new WeakMap<Skill, string>();

const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/** Told what a module leaves uncaught outside of any run: in a timer or a connection of its own. */
type OnStray = (error: unknown, file: string) => void;

/**
 * @param sources modules or folders, relative to the working directory; see `SKILLS`.
 * @param settings of the shipped skills. Default: those that need any are left out.
 * @param onStray where stray errors are caught (see `catchStrayErrors`). Default: they belong to nobody.
 * @throws Error that names the file and what is wrong with it.
 */
export async function loadSkills(
  sources: readonly string[],
  settings: ShippedSettings = {},
  onStray?: OnStray,
): Promise<readonly Skill[]> {
  const skills: Skill[] = [];
  for (const source of sources) {
    for (const file of await filesOf(resolve(source))) {
      const load = (): Promise<readonly Skill[]> => loadFile(file);
      const loading =
        onStray === undefined ? load() : owningStrayErrors((err) => onStray(err, file), load);
      skills.push(...(await loading));
    }
  }
  const own = new Set(skills.map(({ id }) => id));
  if (own.size < skills.length)
    throw new Error(`SKILLS: two skills have the id "${twice(skills)}"`);
  const shipped = shippedSkills(settings);
  for (const skill of shipped) files.set(skill, require.resolve('./skills'));
  // A skill of the user's takes the place of a shipped one with its id.
  return [...skills, ...shipped.filter(({ id }) => !own.has(id))];
}

async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new Error(`SKILLS: there is no module or folder ${path}`);
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter(
    (name) => EXTENSIONS.includes(extname(name)) && !/\.(test|spec|d)\.[cm]?[jt]s$/.test(name),
  );
  if (names.length === 0) {
    throw new Error(
      `SKILLS: there is no module in the folder ${path}; skills are files that end in ${EXTENSIONS.join(', ')}`,
    );
  }
  return names.sort().map((name) => join(path, name));
}

async function loadFile(file: string): Promise<readonly Skill[]> {
  let loaded: readonly unknown[];
  try {
    loaded = await exportedBy(file);
  } catch (err) {
    const place = await placeOf(err, file);
    const where = place === undefined ? '' : ` (${place})`;
    throw new Error(`SKILLS: ${file} cannot be loaded: ${String(err)}${where}`, { cause: err });
  }
  const skills = loaded.map((candidate) =>
    checkSkill(candidate, `SKILLS: ${file} must default-export a skill or a list of skills`),
  );
  for (const skill of skills) files.set(skill, file);
  return skills;
}

/** The module that default-exports the skill; undefined when it was not loaded. */
export function fileOf(skill: Skill): string | undefined {
  return files.get(skill);
}

function twice(skills: readonly Skill[]): string {
  const ids = skills.map(({ id }) => id);
  return ids.find((id, index) => ids.indexOf(id) !== index) ?? '';
}
