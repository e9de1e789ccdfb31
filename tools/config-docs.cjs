/** Writes .env.example and docs/configuration.md from the schema of settings; a test compares them. */
const fs = require('node:fs');
const path = require('node:path');
require('./typescript.cjs');
const { envExample, configurationPage } = require('../src/kernel/config/document.ts');

const root = path.join(__dirname, '..');
for (const [file, text] of [
  ['.env.example', envExample()],
  ['docs/configuration.md', configurationPage()],
]) {
  fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  fs.writeFileSync(path.join(root, file), text);
  process.stdout.write(`${file} written\n`);
}
