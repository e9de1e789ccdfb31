#!/usr/bin/env node
'use strict';
/** The command line, `npx --no mainstay <noun:verb>`: builds dist/ when the sources say something else, then runs it. */
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const { checkNode, ensureInstalled } = loadTools('ensure-installed.cjs') ?? {
  checkNode() {},
  async ensureInstalled() {},
};

/** A shipped image may carry dist/ alone. */
function loadTools(name) {
  const file = path.join(root, 'tools', name);
  return fs.existsSync(file) ? require(file) : null;
}

async function main() {
  checkNode();
  const tools = loadTools('build.cjs');
  const stale = tools?.isStale() ?? false;
  await ensureInstalled({ dev: stale });
  if (stale) await tools.build();
  require(path.join(root, 'dist', 'cli.js'));
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
