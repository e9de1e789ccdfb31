'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

/** What takes longest, so that no worker ends the run alone with it; a fresh clone has no durations to go by. */
const LONG = [
  'start-stop.e2e',
  'pair.group',
  'generator.int',
  'kill-nine.e2e',
  'examples.e2e',
  'cross-tenant.e2e',
  'backup.e2e',
  'command-line.e2e',
  'queues.int',
  'rate-limits.e2e',
  'import-files.e2e',
  'split-roles.e2e',
];

module.exports = class extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const found = LONG.findIndex((name) => path.includes(`${name}-spec`) || path.includes(`${name}.js`));
      return found < 0 ? LONG.length : found;
    };
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
};
