// Which folder may import which: `npm run folders`. What a file may say is eslint.config.mjs.

const PARTS = [
  'workflows',
  'temporal',
  'storage',
  'a2a',
  'webhooks',
  'activities',
  'testing',
  'worker',
  'processes',
  'api',
  'cli',
  'web',
  'client',
];

/** What a part may import besides itself; `main.ts` puts the parts together. */
const MAY_IMPORT = {
  workflows: [],
  temporal: ['workflows', 'storage'], // storage: two files alone, see below
  storage: [],
  a2a: ['workflows', 'temporal', 'storage'],
  webhooks: ['workflows', 'temporal', 'storage', 'a2a'],
  activities: ['workflows', 'temporal', 'storage'],
  testing: ['workflows', 'temporal', 'storage', 'activities'],
  worker: ['activities', 'temporal', 'workflows', 'storage'],
  api: ['workflows', 'temporal', 'storage', 'a2a', 'webhooks', 'activities'], // activities: two places, see below
  // The composition roots of gateway, worker and the others.
  processes: ['workflows', 'temporal', 'storage', 'a2a', 'webhooks', 'activities', 'worker', 'api'],
  cli: [],
  web: [],
  client: [], // what callers install: see below
};

const folder = (name) => `^src/${name}/`;
const npm = (name) => `^node_modules/${name}/`;

const folderRules = PARTS.map((part) => ({
  name: `${part}-imports`,
  comment: `src/${part} may import: ${[part, ...MAY_IMPORT[part]].join(', ')}.`,
  severity: 'error',
  from: { path: folder(part) },
  to: {
    path: '^src/',
    pathNot: [...[part, ...MAY_IMPORT[part]].map(folder), folder('config')],
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...folderRules,
    {
      name: 'workflows-are-sandboxed',
      comment: 'The workflow bundle holds itself, @temporalio/workflow and @temporalio/common.',
      severity: 'error',
      from: { path: folder('workflows') },
      to: {
        pathNot: [folder('workflows'), npm('@temporalio/workflow'), npm('@temporalio/common')],
      },
    },
    {
      name: 'temporal-stores-in-named-files',
      comment: 'Only the files that are named so move contents to the part store and back.',
      severity: 'error',
      from: { path: folder('temporal'), pathNot: '^src/temporal/stored-[a-z-]+\\.ts$' },
      to: { path: folder('storage') },
    },
    {
      name: 'api-names-skills-in-two-places',
      comment: 'Only the agent cards and the skill catalog know that skills exist.',
      severity: 'error',
      from: {
        path: folder('api'),
        pathNot: '^src/api/(card/|skill-catalog\\.ts$)',
      },
      to: { path: folder('activities') },
    },
    {
      name: 'client-runs-anywhere',
      comment: 'Callers load src/client in browsers too: the A2A SDK, a parser of events, no Node.',
      severity: 'error',
      from: { path: folder('client') },
      to: {
        pathNot: [folder('client'), npm('@a2a-js/sdk'), npm('eventsource-parser')],
      },
    },
    {
      name: 'client-is-for-callers',
      comment: 'The service does not use its own client.',
      severity: 'error',
      from: { path: '^src/', pathNot: folder('client') },
      to: { path: folder('client') },
    },
    {
      name: 'main-is-the-composition-root',
      comment: 'Nothing in src imports main.ts; it starts processes.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'config-is-for-main',
      comment:
        'A part takes the values it needs as arguments: only what composes it reads the config.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/main\\.ts$', folder('config'), folder('processes')] },
      to: { path: folder('config') },
    },
    {
      name: 'only-main-composes',
      comment: 'Besides main.ts every file that imports ours lives in one of the folders above.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/(main|index)\\.ts$', ...[...PARTS, 'config'].map(folder)],
      },
      to: { path: '^src/' },
    },
    {
      name: 'index-is-for-skill-authors',
      comment: 'The package entry holds the skill API and loads neither Temporal nor a server.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: {
        pathNot: '^src/activities/(skill|artifact-makers|artifact-streamer|artifact-events)\\.ts$',
      },
    },
    {
      name: 'nothing-imports-the-index',
      comment:
        'The package entry is for other packages; what is inside names the file that it means.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'config-knows-no-part',
      comment: 'Besides parsers of settings, which say what a part can be given.',
      severity: 'error',
      from: { path: folder('config') },
      to: {
        path: '^src/',
        pathNot: [folder('config'), '^src/webhooks/(address-rules|signature)\\.ts$'],
      },
    },
    {
      name: 'src-imports-src',
      comment: 'Tests and benchmarks use the program, never the other way round.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|faults)/' },
    },
    {
      name: 'zod-at-the-edge',
      comment: 'Input is parsed where it enters: requests, the environment, skills.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(api|activities|config)/'] },
      to: { path: npm('zod') },
    },
    {
      name: 'a2a-sdk-at-the-wire',
      comment:
        'The wire belongs to src/api, src/a2a and callers; all else speaks the domain types.',
      severity: 'error',
      from: { path: '^src/', pathNot: [folder('api'), folder('a2a'), folder('client')] },
      to: { path: npm('@a2a-js/sdk') },
    },
    {
      name: 'temporal-client-in-temporal',
      comment: 'src/temporal alone calls the Temporal client; src/processes connects it.',
      severity: 'error',
      from: { path: '^src/', pathNot: [folder('temporal'), folder('processes')] },
      to: { path: npm('@temporalio/client') },
    },
    {
      name: 'no-dev-dependency-in-src',
      comment: 'What src imports is installed in production: list it in `dependencies`.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm'] },
    },
    {
      name: 'no-undeclared-package',
      comment: 'A package that is imported is listed in package.json, not borrowed from another.',
      severity: 'error',
      from: { path: '^(src|test|bench|faults)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-unresolvable-import',
      comment: 'The file or package does not exist.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that imports nothing and that nothing imports is left over.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/(main|index)\\.ts$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['longhaul-src', 'node', 'require', 'import', 'types', 'default'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
