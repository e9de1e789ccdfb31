'use strict';
/** Checks the dependency rules (who may import whom) over src/ and migrations/, and that the audit trail knows every command. */
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { catalogueFaults } = require('./audit-catalogue.cjs');

const root = path.resolve(__dirname, '..');
const { status } = spawnSync(
  process.execPath,
  [
    path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    path.join(root, '.dependency-cruiser.cjs'),
    '--output-type',
    'err-long',
    'src',
    'migrations',
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
const faults = catalogueFaults(root);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : (status ?? 1);
