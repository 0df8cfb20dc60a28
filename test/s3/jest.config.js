// The tests on a server of S3, apart from `npm test`: their first run fetches packages.

/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.config'),
  rootDir: '../..',
  roots: ['<rootDir>/test/s3'],
  testPathIgnorePatterns: ['/node_modules/'],
};
