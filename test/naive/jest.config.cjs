module.exports = {
  ...require('../../jest.config.cjs'),
  rootDir: '../..',
  testMatch: ['<rootDir>/test/naive/**/*.naive-spec.ts'],
};
