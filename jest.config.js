/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  transform: {
    '^.+\\.[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' } }],
  },
  setupFiles: ['<rootDir>/test/harness/async-contexts.ts'],
  // jose is an ES module, and the A2A SDK requires it.
  transformIgnorePatterns: ['/node_modules/(?!jose/)'],
  // vega and vega-lite are ESM only; their UMD builds load in jest's CommonJS.
  moduleNameMapper: {
    '^vega$': '<rootDir>/node_modules/vega/build/vega.min.js',
    '^vega-lite$': '<rootDir>/node_modules/vega-lite/build/vega-lite.min.js',
  },
  // What the first run fetches packages for: official clients of other languages, `npm run test:clients`,
  // and a server of S3, `npm run test:s3`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/clients/', '<rootDir>/test/s3/'],
  testTimeout: 60_000,
};
