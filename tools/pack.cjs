'use strict';
/**
 * Makes the module pack (src/start/module-pack.ts) of the present build: loads the whole product once, as a start and the
 * command line do, and writes down where each request led, the sources and V8's code. Beside a pack that fits it does
 * nothing. Run after a build: `node tools/pack.cjs`.
 */
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { createRequire, isBuiltin } = require('node:module');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');

const root = path.resolve(__dirname, '..');
const modulePack = path.join(root, 'dist/src/start/module-pack.js');

/** Makes the pack in a process of its own, if need be. @returns {boolean} whether there is one now; without, all works, slower */
function pack() {
  const { packOf, PACK_FLAGS } = require(modulePack);
  const place = packOf(root);
  if (!place) return false;
  if (fs.existsSync(`${place}.json`)) return true;
  const { status, stderr } = spawnSync(process.execPath, [...PACK_FLAGS, __filename, root], { encoding: 'utf8' });
  // What cannot be packed is not tried at every start; the file says why.
  if (status !== 0 && fs.existsSync(path.dirname(place))) fs.writeFileSync(`${place}.failed`, stderr);
  return status === 0;
}

/** False where a pack could be made, and was not tried yet. */
function isPacked() {
  const place = fs.existsSync(modulePack) ? require(modulePack).packOf(root) : null;
  return place === null || ['json', 'failed'].some((ending) => fs.existsSync(`${place}.${ending}`));
}

/** All that a process of the product may load: the server, each command, each migration. */
function entries() {
  const under = (folder) =>
    fs
      .readdirSync(path.join(root, 'dist', folder))
      .filter((name) => name.endsWith('.js'))
      .map((name) => path.join(root, 'dist', folder, name));
  const start = ['start/process', 'start/application', 'seed/seed'].map((name) =>
    path.join(root, 'dist/src', `${name}.js`),
  );
  return [...start, path.join(root, 'dist/src/cli/registry.js'), ...under('src/cli/commands'), ...under('migrations')];
}

/** The whole product, and what Fastify reads only once there is a server. */
async function loadProduct() {
  for (const entry of entries()) require(entry);
  await require('fastify')().close();
}

const DEFAULT_IMPORT = /(?:^|[;\n])\s*import\s+[\w$]+\s*(?:,\s*\{[^}]*\}\s*)?from\s*['"]([^'"]+)['"]/g;

/** Whether whatever this module imports the default of are ES modules too. */
function importsDefaultsOfEsm(source, filename, root) {
  const { resolve } = createRequire(filename);
  const names = [...source.matchAll(DEFAULT_IMPORT)].map(([, name]) => name);
  return names.length > 0 && names.every((name) => !isBuiltin(name) && isEsm(resolve(name), root));
}

/** ES modules as CommonJS, as Node's interoperation has it: the default of CommonJS is all that it exports. */
function asCommonJs(source, filename, root) {
  const importInterop = importsDefaultsOfEsm(source, filename, root) ? 'swc' : 'node';
  return require('@swc/core').transformSync(source, {
    filename,
    swcrc: false,
    configFile: false,
    module: { type: 'commonjs', importInterop },
    jsc: { parser: { syntax: 'ecmascript' }, target: 'es2022' },
  }).code;
}

/** Whether CommonJS, in its wrapper, asks for something by a dynamic import: what looks like one may stand in a comment. */
function importsLater(wrapped) {
  const asks = /\bimport\s*\(/;
  if (!asks.test(wrapped)) return false;
  const options = { module: false, compress: false, mangle: false, format: { comments: false } };
  return asks.test(require('@swc/core').minifySync(wrapped, options).code);
}

const scopes = new Map();
/** Whether Node would take this file, which lies beneath `root`, for an ES module. */
function isEsm(file, root) {
  if (/\.[mc]js$/.test(file)) return file.endsWith('.mjs');
  const folder = path.dirname(file);
  if (!scopes.has(folder)) {
    const manifest = path.join(folder, 'package.json');
    scopes.set(
      folder,
      fs.existsSync(manifest)
        ? JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module'
        : folder !== root && isEsm(path.join(path.dirname(folder), 'x.js'), root),
    );
  }
  return scopes.get(folder);
}

/** Folder of the package that a file belongs to: the nearest with a manifest that has a name. */
function packageOf(file) {
  let folder = path.dirname(file);
  const named = (manifest) => fs.existsSync(manifest) && JSON.parse(fs.readFileSync(manifest, 'utf8')).name;
  while (!named(path.join(folder, 'package.json')) && folder !== path.dirname(folder)) folder = path.dirname(folder);
  return folder;
}

/** Its modules, those of packages within it aside. */
const modulesUnder = (folder) =>
  fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : modulesUnder(place);
    return /\.m?js$/.test(entry.name) ? [place] : [];
  });

/** Hooks the loader, calls `load`, and writes what was loaded beneath `root` into its pack. */
async function record(root, load) {
  const { loader, evaluate, packOf, LOADING_FLAGS } = require(modulePack);
  // As a start does: as a word of the command line it implies others on some Nodes.
  for (const flag of LOADING_FLAGS) setFlagsFromString(flag);
  const place = packOf(root);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  const scripts = [];
  const requests = {};
  const targets = new Map();
  const inside = (file) => file.startsWith(root + path.sep);
  const relative = (file) => path.relative(root, file);
  const resolve = loader._resolveFilename;
  loader._resolveFilename = function (request, parent, isMain, options) {
    const file = resolve.call(this, request, parent, isMain, options);
    if (parent?.filename && !options && path.isAbsolute(file) && inside(file) && inside(parent.filename)) {
      if (!targets.has(file)) targets.set(file, targets.size);
      (requests[relative(path.dirname(parent.filename))] ??= {})[request] = targets.get(file);
    }
    return file;
  };
  for (const ending of ['.js', '.mjs']) {
    const plain = loader._extensions[ending];
    if (!plain) continue;
    loader._extensions[ending] = (module, file) => {
      if (!inside(file)) return plain(module, file);
      const source = fs.readFileSync(file, 'utf8').replace(/^#!.*/, '');
      const esm = isEsm(file, root);
      // Whom a dynamic import asks is known to Node's own compiler alone: CommonJS that has some stays with it. An ES module
      // never does: it would bring a second instance of all that it imports. Its own dynamic imports become `require`.
      if (!esm && importsLater(loader.wrap(source))) return plain(module, file);
      const wrapped = loader.wrap(esm ? asCommonJs(source, file, root) : source);
      const script = new Script(wrapped, { filename: file });
      scripts.push({ file, wrapped, script, esm });
      evaluate(script, module, file);
    };
  }
  await load();
  // Of packages of ES modules the rest too, not run: what is asked for later must not come through Node's second loader.
  const esmPackages = new Set(scripts.filter(({ esm }) => esm).map(({ file }) => packageOf(file)));
  const known = new Set(scripts.map(({ file }) => file));
  for (const file of [...esmPackages].flatMap(modulesUnder)) {
    if (known.has(file) || !isEsm(file, root)) continue;
    const wrapped = loader.wrap(asCommonJs(fs.readFileSync(file, 'utf8').replace(/^#!.*/, ''), file, root));
    scripts.push({ file, wrapped, script: new Script(wrapped, { filename: file }) });
  }

  const temporary = `${place}.${process.pid}`;
  const sources = fs.openSync(`${temporary}.source`, 'w');
  const codes = fs.openSync(`${temporary}.code`, 'w');
  let [sourceAt, codeAt] = [0, 0];
  const modules = scripts.map(({ file, wrapped, script }) => {
    const source = Buffer.from(wrapped);
    const code = script.createCachedData();
    fs.writeSync(sources, source);
    fs.writeSync(codes, code);
    const entry = [
      relative(file),
      sourceAt,
      source.length,
      codeAt,
      code.length,
      Number(source.length === wrapped.length),
    ];
    [sourceAt, codeAt] = [sourceAt + source.length, codeAt + code.length];
    return entry;
  });
  fs.writeFileSync(
    `${temporary}.json`,
    JSON.stringify({ modules, requests, targets: [...targets.keys()].map(relative) }),
  );
  // The index last: where it is, the rest is.
  for (const ending of ['source', 'code', 'json']) fs.renameSync(`${temporary}.${ending}`, `${place}.${ending}`);
  for (const name of fs.readdirSync(path.dirname(place)))
    if (!name.startsWith(path.basename(place))) fs.rmSync(path.join(path.dirname(place), name), { force: true });
}

module.exports = { pack, isPacked };

if (require.main === module) {
  const [under, ...files] = process.argv.slice(2);
  if (!under)
    process.stdout.write(
      pack() ? 'The modules are packed.\n' : 'No pack could be made; starts are slower without it.\n',
    );
  else
    record(under, files.length > 0 ? () => files.forEach((file) => require(file)) : loadProduct).then(
      // Loading may have opened what keeps a process alive.
      () => process.exit(0),
      (error) => {
        process.stderr.write(`${error.stack}\n`);
        process.exit(1);
      },
    );
}
