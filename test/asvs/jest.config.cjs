const { referenced } = require('./table.cjs');

/** The checks of `npm run asvs`: its own full forms, and the tests of the product that its table names. */
module.exports = {
  ...require('../../jest.config.cjs'),
  rootDir: '../..',
  testMatch: ['<rootDir>/test/asvs/**/*.asvs-spec.ts', ...referenced().map((file) => `<rootDir>/${file}`)],
  testTimeout: 1_800_000,
};
