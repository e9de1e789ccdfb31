'use strict';
/**
 * Builds dist/ with swc: every TypeScript file of src, migrations, tour, bench, sdk/src and test/doubles to the same place under dist/, other
 * files copied, tests left out. Only what changed is compiled; a build without changes takes some milliseconds.
 * Run directly, it packs the modules too (pack.cjs): `node tools/build.cjs [--clean] [--quiet]`. Types are checked by `npm run typecheck`, not here.
 */
const fs = require('node:fs');
const path = require('node:path');
const { createHash } = require('node:crypto');

const root = path.resolve(__dirname, '..');
const dist = path.join(root, 'dist');
const stampFile = path.join(dist, '.build.json');
const FOLDERS = ['src', 'migrations', 'tour', 'bench', 'sdk/src', 'test/doubles'];
const TEST = /\.(spec|int-spec|e2e-spec)\.ts$/;

/** What `node dist/main.js` and `node dist/cli.js` run. */
const entry = (file) =>
  `'use strict';\nrequire('./src/start/module-pack').usePack(require('node:path').dirname(__dirname));\nrequire('${file}');\n`;
const ENTRIES = { 'main.js': entry('./src/main'), 'cli.js': entry('./src/cli/main') };

const SWC = {
  swcrc: false,
  configFile: false,
  sourceMaps: true,
  inlineSourcesContent: false,
  module: { type: 'commonjs' },
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    keepClassNames: true,
  },
};

function walk(folder, found) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && entry.name !== 'dist') walk(file, found);
    } else if (!TEST.test(entry.name) && !entry.name.endsWith('.d.ts')) {
      const { mtimeMs, size } = fs.statSync(file);
      found[path.relative(root, file).split(path.sep).join('/')] = `${mtimeMs}:${size}`;
    }
  }
  return found;
}

function sources() {
  const found = {};
  for (const folder of FOLDERS) if (fs.existsSync(path.join(root, folder))) walk(path.join(root, folder), found);
  return found;
}

/** Changes of the tool itself make everything stale. */
const toolKey = () =>
  createHash('sha256')
    .update(fs.readFileSync(__filename))
    .update(fs.readFileSync(path.join(__dirname, 'pack.cjs')))
    .update(fs.readFileSync(path.join(root, 'package.json')))
    .digest('hex');

function readStamp() {
  try {
    return JSON.parse(fs.readFileSync(stampFile, 'utf8'));
  } catch {
    return { key: '', files: {} };
  }
}

const outputOf = (file) => path.join(dist, /\.ts$/.test(file) ? file.replace(/\.ts$/, '.js') : file);

/** What differs from the last build: { changed, removed }. Without sources (a shipped dist) nothing does. */
function pending() {
  const now = sources();
  const key = Object.keys(now).length === 0 ? '' : toolKey();
  const stamp = readStamp();
  const all = stamp.key !== key;
  const changed = Object.keys(now).filter(
    (file) => all || stamp.files[file] !== now[file] || !fs.existsSync(outputOf(file)),
  );
  const removed = Object.keys(stamp.files).filter((file) => !(file in now));
  return { now, key, changed: key === '' ? [] : changed, removed: key === '' ? [] : removed };
}

/** True when dist/ does not say what the sources say. */
const isStale = () => {
  const { changed, removed } = pending();
  return changed.length > 0 || removed.length > 0;
};

let last;
/** The file of dist/ that says what a source file says; null where there is none. */
function compiled(source) {
  if (!last) {
    const { key, files } = readStamp();
    last = key !== '' && key === toolKey() ? files : {};
  }
  const file = path.relative(root, source).split(path.sep).join('/');
  if (!(file in last)) return null;
  const { mtimeMs, size } = fs.statSync(source);
  const output = outputOf(file);
  return last[file] === `${mtimeMs}:${size}` && fs.existsSync(output) ? output : null;
}

/** Written beside and renamed, so that a process that loads dist/ meanwhile never sees half a file. */
function put(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.new`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}

/** Brings dist/ up to date. @returns {Promise<{compiled: number, removed: number, ms: number}>} throws with swc's message */
async function build({ clean = false } = {}) {
  const from = performance.now();
  if (clean) fs.rmSync(dist, { recursive: true, force: true });
  const { now, key, changed, removed } = pending();
  if (changed.length === 0 && removed.length === 0) return { compiled: 0, removed: 0, ms: performance.now() - from };
  const swc = require('@swc/core');
  const results = await Promise.allSettled(
    changed.map(async (file) => {
      const source = path.join(root, file);
      const output = outputOf(file);
      if (!file.endsWith('.ts')) return put(output, fs.readFileSync(source));
      const { code, map } = await swc.transformFile(source, {
        ...SWC,
        cwd: root,
        sourceFileName: path.relative(path.dirname(output), source),
      });
      put(`${output}.map`, map);
      put(output, `${code}//# sourceMappingURL=${path.basename(output)}.map\n`);
    }),
  );
  const faults = results.filter(({ status }) => status === 'rejected');
  if (faults.length > 0) {
    // What the compiler says, without its own stack.
    const told = faults.slice(0, 3).map(({ reason }) => reason.message.split('\n\n\nCaused by')[0].trimEnd());
    throw new Error(`${faults.length} files do not compile:\n\n${told.join('\n\n')}`);
  }
  for (const file of removed) {
    fs.rmSync(outputOf(file), { force: true });
    fs.rmSync(`${outputOf(file)}.map`, { force: true });
  }
  for (const [name, text] of Object.entries(ENTRIES)) put(path.join(dist, name), text);
  put(stampFile, JSON.stringify({ key, files: now }));
  return { compiled: changed.length, removed: removed.length, ms: performance.now() - from };
}

module.exports = { build, compiled, isStale, FOLDERS, root };

if (require.main === module) {
  const quiet = process.argv.includes('--quiet');
  build({ clean: process.argv.includes('--clean') }).then(
    ({ compiled, removed, ms }) => {
      if (!require('./pack.cjs').pack() && !quiet)
        process.stdout.write('The modules could not be packed; starts are slower without it.\n');
      if (!quiet)
        process.stdout.write(
          `dist/ ${compiled + removed === 0 ? 'is up to date' : `built: ${compiled} files`} (${(ms / 1000).toFixed(1)} s)\n`,
        );
    },
    (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
