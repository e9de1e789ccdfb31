const fs = require('node:fs');
const path = require('node:path');

/** Every installed package with "type":"module", nested ones included: Jest's CommonJS runtime needs them transformed. */
function scan(modules, found = new Set()) {
  if (!fs.existsSync(modules)) return found;
  for (const dir of fs.readdirSync(modules)) {
    if (dir.startsWith('.')) continue;
    const names = dir.startsWith('@') ? fs.readdirSync(path.join(modules, dir)).map((name) => `${dir}/${name}`) : [dir];
    for (const name of names) {
      let manifest;
      try {
        manifest = JSON.parse(fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8'));
      } catch {
        continue;
      }
      if (manifest.type === 'module') found.add(name);
      scan(path.join(modules, name, 'node_modules'), found);
    }
  }
  return found;
}
// CommonJS packages that import() an ESM one: Jest runs that only when it is transformed too.
const importing = ['@fastify/cookie', '@opentelemetry/otlp-exporter-base'];
const esm = [...scan(path.join(__dirname, 'node_modules')), ...importing];

const swc = {
  swcrc: false,
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    keepClassNames: true,
  },
};

/**
 * Within Jest's sandbox every look at a global asks the host of the sandbox, a hundred times what it costs outside: sums over
 * positions spent two fifths of their CPU on `Math`. These are handed to each module instead; names that modules declare for
 * themselves (Number, Set, Promise, Buffer, process) cannot be.
 */
const sandboxInjectedGlobals =
  'Math Date Object Array Map JSON Reflect Infinity BigInt Float64Array Int32Array Uint32Array'.split(' ');

module.exports = {
  testEnvironment: 'node',
  sandboxInjectedGlobals,
  testMatch: ['<rootDir>/{src,test}/**/*.{spec,int-spec,e2e-spec}.ts'],
  testTimeout: 60000,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  transform: {
    // Each test file compiles every module that it loads anew: foreign ones without maps, which are most of their size.
    '/node_modules/.+\\.(t|j|mj)s$': ['@swc/jest', { ...swc, sourceMaps: false }],
    '^.+\\.(t|j|mj)s$': ['@swc/jest', swc],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.+/node_modules/)?(?:${esm.join('|')})/)`],
};
