'use strict';
/**
 * `npm run openapi`: writes docs/openapi.json, docs/asyncapi.json, and docs/permissions.md and .json. With `--check` it writes nothing and fails where the committed document
 * differs from the sources.
 */
const fs = require('node:fs');
const path = require('node:path');

const file = path.resolve(__dirname, '../docs/openapi.json');

/** First place where two JSON values differ, for the message. */
function difference(a, b, at = '#') {
  if (a === b) return null;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return at;
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (!(key in a) || !(key in b)) return `${at}/${key}`;
    const found = difference(a[key], b[key], `${at}/${key}`);
    if (found) return found;
  }
  return null;
}

async function main() {
  const { generateDocument } = require('./openapi/generate.cjs');
  const { permissionFiles } = require('./openapi/permissions.cjs');
  const { writeEvents } = require('./asyncapi.cjs');
  const { document, events } = await generateDocument();
  const text = `${JSON.stringify(document, null, 2)}\n`;
  const committed = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '{}';
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item)).length;
  if (process.argv.includes('--check')) {
    const differ = permissionFiles(document, true);
    if (writeEvents(events, true)) differ.push('docs/asyncapi.json');
    if (differ.length > 0) throw new Error(`${differ.join(' and ')} must be made anew: run npm run openapi`);
    if (text === committed) return `docs/openapi.json says what the sources say (${operations} operations)`;
    const at = difference(JSON.parse(committed), document) ?? 'the order of keys';
    throw new Error(`docs/openapi.json is not what the sources say, first at ${at}: run npm run openapi and commit it`);
  }
  permissionFiles(document, false);
  writeEvents(events, false);
  if (text === committed) return `docs/openapi.json is up to date (${operations} operations)`;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return `docs/openapi.json written (${operations} operations)`;
}

main().then(
  // The application was only scanned, but libraries may have left timers.
  (message) => process.stdout.write(`${message}\n`, () => process.exit(0)),
  (error) => process.stderr.write(`${error.stack ?? error}\n`, () => process.exit(1)),
);
