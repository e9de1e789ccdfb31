'use strict';
const path = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** What takes longest, so that no worker ends the run alone with it; a fresh clone has no durations to go by. */
const LONG = [
  'start-stop.e2e',
  'contexts-',
  'cross-tenant.e2e',
  'examples.e2e',
  'pair.group',
  'http',
  'import-files.e2e',
  'kill-nine.e2e',
  'command-line.e2e',
  'rate-limits.e2e',
  'domain.group',
  'queues.int',
  'split-roles.e2e',
  'generator.int',
  'backup.e2e',
];

module.exports = class extends Sequencer {
  sort(tests) {
    const place = ({ path: file }) => {
      const found = LONG.findIndex((name) => path.basename(file).startsWith(name));
      return found < 0 ? LONG.length : found;
    };
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
};
