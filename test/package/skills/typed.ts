// A skill in TypeScript that imports the package it is run by.

import { completed, defineSkill, type SkillResult } from 'longhaul';

export default defineSkill({
  ...{ id: 'typed', name: 'typed', description: 'a test skill', tags: ['test'] },
  run: (): Promise<SkillResult> => Promise.resolve(completed('typed')),
});
