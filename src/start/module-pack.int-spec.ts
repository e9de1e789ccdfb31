import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PACK_FLAGS } from './module-pack';

const ROOT = path.resolve(__dirname, '../..');

/** A small product: CommonJS that asks for an ES module, a JSON file, a cycle and a dynamic import. */
const FILES: Record<string, string> = {
  'dist/.build.json': '{}',
  'package-lock.json': '{}',
  'node_modules/esm/package.json': '{"name":"esm","type":"module","exports":{".":"./index.js","./late":"./late.js"}}',
  'node_modules/esm/index.js': [
    `import { readFileSync } from 'node:fs';`,
    `import cjs, { named } from 'cjs';`,
    `import { twice } from './other.js';`,
    `export const url = import.meta.url;`,
    `export default () => [typeof readFileSync, named, cjs.named, twice(2)];`,
  ].join('\n'),
  'node_modules/esm/other.js': 'export const twice = (x) => 2 * x;',
  'node_modules/esm/late.js': `export const late = 'late';`,
  'node_modules/cjs/package.json': '{"name":"cjs","main":"index.js"}',
  'node_modules/cjs/index.js': `exports.named = 'named'; exports.count = (globalThis.loaded = (globalThis.loaded ?? 0) + 1);`,
  'dist/data.json': '{"x":1}',
  'dist/a.js': `exports.early = 1; exports.b = require('./b'); exports.late = 2;`,
  'dist/b.js': `const a = require('./a'); exports.sawEarly = a.early; exports.sawLate = 'late' in a; exports.now = () => a.late;`,
  'dist/main.js': `#!/usr/bin/env node
    const esm = require('esm'); const a = require('./a');
    const facts = { url: esm.url, esm: esm.default(), json: require('./data.json').x, file: __filename, resolved: require.resolve('cjs'),
      cycle: [a.b.sawEarly, a.b.sawLate, a.b.now()], count: require('cjs').count, same: require('./a') === a, parent: module.children.length > 0 };
    module.exports = import('esm/late').then(({ late }) => ({ ...facts, late }));`,
};

describe('a pack of modules', () => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'mainstay-pack-')));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const node = (...words: string[]): string => execFileSync(process.execPath, words, { encoding: 'utf8', cwd: root });
  const record = (): string =>
    node(...PACK_FLAGS, path.join(ROOT, 'tools/pack.cjs'), root, path.join(root, 'dist/main.js'));
  /** What the small product says of itself, whether it came out of the pack, and how often V8 refused the code in it. */
  function run(...flags: string[]): { used: boolean; refused: number; facts: Record<string, unknown> } {
    const script = `const vm = require('node:vm'); let refused = 0; const { Script } = vm;
      vm.Script = class extends Script { constructor(...words) { super(...words); refused += Number(this.cachedDataRejected ?? 0); } };
      const used = require(${JSON.stringify(path.join(ROOT, 'dist/src/start/module-pack.js'))}).usePack(${JSON.stringify(root)});
      require(${JSON.stringify(path.join(root, 'dist/main.js'))}).then((facts) => console.log(JSON.stringify({ used, refused, facts })));`;
    return JSON.parse(node(...flags, '-e', script)) as ReturnType<typeof run>;
  }

  beforeAll(() => {
    for (const [file, text] of Object.entries(FILES)) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    }
  });

  it('says the same as the files do, and needs them no more', () => {
    const plain = run();
    expect(plain).toMatchObject({
      used: false,
      refused: 0,
      facts: {
        esm: ['function', 'named', 'named', 4],
        json: 1,
        cycle: [1, false, 2],
        count: 1,
        late: 'late',
      },
    });
    record();
    expect(run()).toEqual({ ...plain, used: true });
    writeFileSync(path.join(root, 'node_modules/esm/other.js'), 'throw new Error("read from its file");');
    expect(run()).toEqual({ ...plain, used: true });
    // Code that V8 takes under other flags alone is compiled anew.
    const others = run('--max-old-space-size=512', '--no-lazy');
    expect(others).toEqual({ ...plain, used: true, refused: others.refused });
    expect(others.refused).toBeGreaterThan(0);
    writeFileSync(path.join(root, 'node_modules/esm/other.js'), FILES['node_modules/esm/other.js']);
  });

  it('is loaded without V8 optimizing anything, which goes on after that, and is code that V8 takes whenever it is asked for', () => {
    record();
    const script = `const vm = require('node:vm'); const { Script } = vm; const refused = [];
      vm.Script = class extends Script { constructor(...words) { super(...words); refused.push(this.cachedDataRejected); } };
      const { usePack, enter } = require(${JSON.stringify(path.join(ROOT, 'dist/src/start/module-pack.js'))});
      usePack(${JSON.stringify(root)});
      require('node:v8').setFlagsFromString('--trace-opt');
      const work = () => {
        const hot = new Function('n', 'let sum = 0; for (let i = 0; i < n; i++) sum = (sum * 31 + i) % 1000003; return sum');
        for (let n = 0; n < 1000; n++) hot(10_000);
      };
      work();
      console.log('loaded');
      enter('running');
      // V8 optimizes beside this, on a machine that may have other things to do.
      for (let again = 0; again < 10; again++) work();
      require('node:v8').setFlagsFromString('--no-trace-opt');
      require(${JSON.stringify(path.join(root, 'dist/a.js'))});
      console.log('refused', refused.filter((one) => one !== false).length, 'of', refused.length);`;
    const [during, after] = node('-e', script).split('loaded\n');
    expect(during).not.toMatch(/completed (optimizing|compiling).*TURBOFAN/);
    expect(after).toMatch(/completed (optimizing|compiling).*TURBOFAN/);
    expect(after).toContain('refused 0 of 2');
  });

  it('is left alone by who debugs', () => {
    expect(run('--enable-source-maps').used).toBe(false);
  });

  it('does not outlive its build or its packages, and a broken one hurts nobody', () => {
    const folder = path.join(root, 'dist/pack');
    const [file] = readdirSync(folder).filter((name) => name.endsWith('.source'));
    truncateSync(path.join(folder, file), 100);
    const { used, facts } = run();
    expect([used, facts.late]).toEqual([true, 'late']);
    appendFileSync(path.join(root, 'dist/.build.json'), ' ');
    expect(run().used).toBe(false);
    record();
    expect(run().used).toBe(true);
    expect(readdirSync(folder)).toHaveLength(3);
  });
});
