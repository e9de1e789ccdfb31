'use strict';
/**
 * `npm run sdk`: generates the TypeScript client from docs/openapi.json into sdk/src/generated, and writes down in
 * sdk/generated.json what was made of what. Generating takes half a minute of CPU and depends on nothing but the document,
 * the generator and this file: where they are those that were written down, the client is what they gave. With `--check`
 * it writes nothing, generates elsewhere only where they are not, and fails where the committed client differs.
 */
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '..');
const committed = path.join(root, 'sdk', 'src', 'generated');
const record = path.join(root, 'sdk', 'generated.json');

/** Digest of files by their names, whatever folder they lie in. */
function digest(folder, names) {
  const hash = createHash('sha256');
  for (const name of names.sort())
    hash
      .update(`${name}\0`)
      .update(fs.readFileSync(path.join(folder, name)))
      .update('\0');
  return hash.digest('hex');
}

/** What the client is made of, and what it is. */
const written = (folder) => ({
  generator: require(path.join(root, 'package.json')).devDependencies['@hey-api/openapi-ts'],
  from: digest(root, ['docs/openapi.json', 'tools/sdk.cjs']),
  client: fs.existsSync(folder) ? digest(folder, filesOf(folder)) : null,
});

/** Whether the committed client is, to the byte, the one that was made of this document by this generator. */
function isRecorded() {
  if (!fs.existsSync(record)) return false;
  const [said, is] = [JSON.parse(fs.readFileSync(record, 'utf8')), written(committed)];
  return Object.keys(is).every((key) => said[key] === is[key]);
}

/** Generates into `output`, offline and silently. */
async function generate(output) {
  const { createClient } = await import('@hey-api/openapi-ts');
  await createClient({
    input: path.join(root, 'docs', 'openapi.json'),
    output: { path: output, clean: true, postProcess: [], tsConfigPath: null, importFileExtension: null },
    plugins: [
      { name: '@hey-api/client-fetch', throwOnError: false },
      { name: '@hey-api/typescript' },
      { name: '@hey-api/sdk', operations: { strategy: 'flat' } },
    ],
    logs: { level: 'silent' },
  });
  sendAsItIs(path.join(output, 'sdk.gen.ts'));
}

/** Bodies of types that the generator does not know would be quoted as JSON. */
function sendAsItIs(file) {
  const operations = fs.readFileSync(file, 'utf8').split('\n\n');
  const mended = operations.map((text) =>
    text.includes("'Content-Type': 'application/gpx+xml'") && !text.includes('bodySerializer')
      ? text.replace('({\n', '({\n    bodySerializer: null,\n')
      : text,
  );
  fs.writeFileSync(file, mended.join('\n\n'));
}

function filesOf(folder, under = '') {
  return fs.readdirSync(path.join(folder, under), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(under, entry.name);
    return entry.isDirectory() ? filesOf(folder, name) : [name];
  });
}

function firstDifference(a, b) {
  const names = new Set([...filesOf(a), ...(fs.existsSync(b) ? filesOf(b) : [])]);
  const read = (folder, name) =>
    fs.existsSync(path.join(folder, name)) ? fs.readFileSync(path.join(folder, name), 'utf8') : null;
  return [...names].sort().find((name) => read(a, name) !== read(b, name));
}

async function main() {
  const manifest = path.join(root, 'sdk', 'package.json');
  const { version } = require(path.join(root, 'package.json'));
  if (!process.argv.includes('--check')) {
    if (!isRecorded()) {
      await generate(committed);
      fs.writeFileSync(record, `${JSON.stringify(written(committed), null, 2)}\n`);
    }
    const content = JSON.parse(fs.readFileSync(manifest, 'utf8'));
    fs.writeFileSync(manifest, `${JSON.stringify({ ...content, version }, null, 2)}\n`);
    return `sdk/src/generated written (${filesOf(committed).length} files)`;
  }
  if (isRecorded()) return 'sdk/src/generated is what docs/openapi.json gave';
  const fresh = fs.mkdtempSync(path.join(os.tmpdir(), 'mainstay-sdk-'));
  try {
    await generate(fresh);
    const name = firstDifference(fresh, committed);
    if (name)
      throw new Error(`sdk/src/generated/${name} is not what docs/openapi.json gives: run npm run sdk and commit it`);
    return 'sdk/src/generated is what docs/openapi.json gives';
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}

main().then(
  (message) => process.stdout.write(`${message}\n`),
  (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
