'use strict';
/**
 * npm leaves optional packages of other platforms out of package-lock.json when the registry it asked did not offer
 * them, and `npm ci` then refuses the lock file, here and on those platforms. This adds what is named as an optional
 * dependency (exact versions, so nothing is resolved) but missing; such entries have no integrity until npm on a full
 * registry fills it in. Run after adding a dependency: `node tools/complete-lock.cjs`; `--check` only reports.
 */
const fs = require('node:fs');
const path = require('node:path');

const file = path.resolve(__dirname, '..', 'package-lock.json');
const OS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'windows'];
const CPU = {
  x64: 'x64',
  ia32: 'ia32',
  arm64: 'arm64',
  arm: 'arm',
  ppc64: 'ppc64',
  s390x: 's390x',
  loong64: 'loong64',
  riscv64: 'riscv64',
};

/** Platform that a package name like `@swc/core-linux-x64-musl` says. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = words.find((word) => OS.includes(word));
  const cpu = words.map((word) => CPU[word]).find(Boolean);
  if (!os || !cpu) return null;
  const musl = words.some((word) => word.startsWith('musl'));
  const gnu = words.some((word) => word.startsWith('gnu'));
  return {
    cpu: [cpu],
    ...(os === 'linux' && (musl || gnu) ? { libc: [musl ? 'musl' : 'glibc'] } : {}),
    os: [os === 'windows' ? 'win32' : os],
  };
}

/** Entries that the lock file lacks, by their place in it. */
function missingEntries(lock) {
  const found = {};
  for (const [place, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (lock.packages[`${place}/node_modules/${name}`] || lock.packages[`node_modules/${name}`]) continue;
      const platform = platformOf(name);
      if (!platform || !/^\d+\.\d+\.\d+/.test(version)) continue;
      found[`node_modules/${name}`] = { version, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true };
    }
  }
  return found;
}

module.exports = { missingEntries };

if (require.main === module) {
  const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
  const added = missingEntries(lock);
  const names = Object.keys(added);
  if (names.length === 0) process.stdout.write('package-lock.json names every platform.\n');
  else if (process.argv.includes('--check')) {
    process.stderr.write(
      `package-lock.json lacks ${names.length} optional packages; run: node tools/complete-lock.cjs\n`,
    );
    process.exitCode = 1;
  } else {
    const { '': own, ...rest } = { ...lock.packages, ...added };
    const sorted = Object.fromEntries(Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, 'en')));
    fs.writeFileSync(file, `${JSON.stringify({ ...lock, packages: { '': own, ...sorted } }, null, 2)}\n`);
    process.stdout.write(`${names.length} optional packages of other platforms added.\n`);
  }
}
