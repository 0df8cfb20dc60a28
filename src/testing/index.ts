// The test kit for authors of skills: `import { testSkill } from 'longhaul/testing'`.

export { testSkill } from './test-skill';
export type { Said, TestSkillOptions, TestedSkill } from './test-skill';
