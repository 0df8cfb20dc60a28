// The lint rules: `npm run lint`. Promises and switches are checked by type, the workflow sandbox and
// the environment by name; which folder may import which is .dependency-cruiser.cjs.

import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import jest from 'eslint-plugin-jest';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

/** Node has these and the workflow sandbox either lacks them or cannot replay them. */
const NOT_IN_A_WORKFLOW = [
  'Buffer',
  'FinalizationRegistry',
  'WeakRef',
  'XMLHttpRequest',
  'WebSocket',
  'atob',
  'btoa',
  'clearImmediate',
  'clearInterval',
  'crypto',
  'fetch',
  'global',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'structuredClone',
];

/** `config/read-config.ts` reads the environment once; everything else is given values. */
const ENVIRONMENT =
  'Only src/config/read-config.ts reads the environment: take the value as an argument.';

/** Before Node 24 a storage that was used once costs each later promise of the process, and is never forgotten. */
const ONE_STORAGE =
  'One AsyncLocalStorage for each module, not for each call or object: it is never forgotten.';

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', '.longhaul/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNever: true },
      ],
      // `() => this.close()` reads better than a block with one statement.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Narrowing outlives an `await`, and what a history holds may differ from its type: here the
      // rule calls the checks that matter unnecessary.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // A type alias is assignable to the index signature of `Json`, an interface is not.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // A recursive JSON type needs an index signature.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // A getter with a constant is how a class answers an abstract property.
      '@typescript-eslint/class-literal-property-style': 'off',
      // An async function may implement an interface without awaiting anything.
      '@typescript-eslint/require-await': 'off',
      // `_` marks an argument that an interface prescribes.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/config/read-config.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: ENVIRONMENT },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['process', 'node:process'].map((name) => ({
            name,
            importNames: ['env'],
            message: ENVIRONMENT,
          })),
        },
      ],
    },
  },
  {
    files: ['src/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...[':function', 'PropertyDefinition'].map((scope) => ({
          selector: `${scope} NewExpression[callee.name="AsyncLocalStorage"]`,
          message: ONE_STORAGE,
        })),
      ],
    },
  },
  {
    files: ['src/workflows/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...NOT_IN_A_WORKFLOW.map((name) => ({
          name,
          message: 'Workflow code is replayed: use @temporalio/workflow, or do it in an activity.',
        })),
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: builtinModules.map((name) => ({
            name,
            message: 'The workflow sandbox has no Node modules: do it in an activity.',
          })),
          patterns: [
            {
              group: ['node:*', 'zod', 'zod/*'],
              message: 'The workflow bundle holds workflow code only.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    extends: [jest.configs['flat/recommended']],
    rules: {
      'jest/no-disabled-tests': 'error',
      'jest/no-focused-tests': 'error',
      'jest/no-commented-out-tests': 'error',
      // Assertions live in builders and drivers too: `expectEvents(...)`.
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect*', 'assert*', 'fc.assert'] }],
      // A property test asserts inside the callback of `fc.assert`.
      'jest/no-standalone-expect': 'off',
      // jest's matchers are typed as `any`.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // `expect(log.info)` names a method and does not call it.
      '@typescript-eslint/unbound-method': 'off',
      // The compiler checks what the program relies on; a test knows what it arranged.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // What several test files run, each over a place of its own.
    files: ['test/**/*-contract.ts'],
    rules: { 'jest/no-export': 'off' },
  },
  {
    // It registers what its callers assert, or a title to come.
    files: ['test/harness/not-yet.ts'],
    rules: {
      'jest/no-export': 'off',
      'jest/expect-expect': 'off',
      'jest/valid-title': 'off',
    },
  },
  {
    files: ['examples/**/*.mjs', 'test/**/skills/**/*.mjs', 'bench/**/*.mjs', 'faults/**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'AbortController',
          'AbortSignal',
          'Buffer',
          'ReadableStream',
          'TextDecoder',
          'URL',
          'console',
          'fetch',
          'performance',
          'process',
          'queueMicrotask',
          'setTimeout',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'writable', require: 'readonly' },
    },
  },
);
