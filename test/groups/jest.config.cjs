'use strict';
/** Jest's configuration of a whole run: the same tests as `npx jest`, gathered into groups. */
const path = require('node:path');
const { write } = require('./groups.cjs');
const config = require('../../jest.config.cjs');

const literally = (file) => `^${file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
const { testMatch: _, ...rest } = config;

module.exports = {
  ...rest,
  rootDir: path.resolve(__dirname, '../..'),
  testRegex: write().map(literally),
  testSequencer: path.join(__dirname, 'sequencer.cjs'),
};
