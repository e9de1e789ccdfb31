'use strict';
/**
 * Makes node_modules say what package-lock.json says, and does nothing when it does: `npm start`, `npm test` and
 * `npm run dev` work on a fresh clone and after a pull. Compared by content, so that a checkout's new file times
 * or a copied folder do not cause an install.
 */
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');

const root = path.resolve(__dirname, '..');
const MINIMUM = [20, 19];

const read = (file) => {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
  } catch {
    return null;
  }
};

/** Ends the process with a sentence when Node is too old; called before anything else is loaded. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return;
  process.stderr.write(`Mainstay needs Node.js ${MINIMUM.join('.')} or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}

/** Names of what the lock file asks for and node_modules lacks. Optional packages (other platforms) may be absent. */
function missing({ dev = true } = {}) {
  const wanted = read('package-lock.json')?.packages;
  if (!wanted) return [];
  const present = read('node_modules/.package-lock.json')?.packages ?? {};
  return Object.keys(wanted).filter((name) => {
    const { optional, devOptional, dev: forDevelopment, link, peer, version } = wanted[name];
    if (!name.startsWith('node_modules/') || link) return false;
    const found = present[name];
    if (found) return found.version !== version;
    return !optional && !devOptional && !peer && !(forDevelopment && !dev);
  });
}

/** Runs npm quietly, by the way this process was started or from the PATH. */
function npm(words, dev) {
  const script = process.env.npm_execpath;
  const viaNode = script && /npm-cli\.c?js$/.test(script);
  const args = [...words, '--no-audit', '--no-fund', '--loglevel=error', ...(dev ? [] : ['--omit=dev'])];
  const child = spawn(viaNode ? process.execPath : 'npm', viaNode ? [script, ...args] : args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && !viaNode,
    // NODE_ENV=production would leave out what the build and the tests need.
    env: { ...process.env, ...(dev ? { NODE_ENV: '', npm_config_omit: '' } : {}) },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((done) => {
    child.once('error', (error) => done({ code: 1, output: `${output}${error.message}` }));
    child.once('close', (code) => done({ code, output }));
  });
}

/** Installs when needed. `say` gets lines for people. @returns {Promise<boolean>} whether it installed */
async function ensureInstalled({ dev = true, say = (line) => process.stderr.write(`${line}\n`) } = {}) {
  if (missing({ dev }).length === 0) return false;
  say('Installing packages with npm ci (first start, or package-lock.json has changed) ...');
  const from = performance.now();
  const ticker = setInterval(
    () => say(`  still installing, ${Math.round((performance.now() - from) / 1000)} s`),
    15_000,
  );
  try {
    let { code, output } = await npm(['ci'], dev);
    if (code !== 0 && /EUSAGE/.test(output)) {
      // The registry offers other platforms' packages than the lock file names: the versions are still the locked ones.
      say('  npm ci refuses the lock file with this registry; npm install takes it as it is.');
      ({ code, output } = await npm(['install', '--no-save'], dev));
    }
    if (code !== 0) {
      const told = output.trim().split('\n').slice(0, 30).join('\n');
      throw new Error(`The packages could not be installed:\n${told}\nRepair what it says and start again.`);
    }
  } finally {
    clearInterval(ticker);
  }
  say(`Installed in ${Math.round((performance.now() - from) / 1000)} s.`);
  return true;
}

module.exports = { checkNode, ensureInstalled, missing };

if (require.main === module) {
  checkNode();
  ensureInstalled().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
