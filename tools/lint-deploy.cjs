'use strict';
/** Lints what is shipped but not built here: Compose file, Dockerfile, shell scripts (syntax). */
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const root = path.resolve(__dirname, '..');
const node = (script, ...args) => [process.execPath, path.join(root, 'node_modules', script), ...args];
const shell = (file) => [
  fs.readFileSync(path.join(root, file), 'utf8').startsWith('#!/bin/sh') ? 'sh' : 'bash',
  '-n',
  file,
];

const steps = [
  node('dclint/bin/dclint.cjs', 'docker-compose.yml', '--max-warnings', '0'),
  node('dockerfilelint/bin/dockerfilelint', 'deploy/Dockerfile'),
  shell('deploy/postgres/10-mainstay.sh'),
  shell('.ci/run'),
];
let failed = false;
for (const [command, ...args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) failed = true;
}
if (!failed) process.stdout.write('Compose file, Dockerfile and scripts: nothing to complain about.\n');
process.exitCode = failed ? 1 : 0;
