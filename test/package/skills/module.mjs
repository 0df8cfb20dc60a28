// The same as an ES module.

import { completed, defineSkill } from 'longhaul';

export default defineSkill({
  ...{ id: 'module', name: 'module', description: 'a test skill', tags: ['test'] },
  run: async () => completed('module'),
});
