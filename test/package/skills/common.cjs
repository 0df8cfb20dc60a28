// The same as a CommonJS module.

const { completed, defineSkill } = require('longhaul');

module.exports = defineSkill({
  ...{ id: 'common', name: 'common', description: 'a test skill', tags: ['test'] },
  run: async () => completed('common'),
});
