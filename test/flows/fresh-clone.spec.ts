import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/process';

/** What the commands of a clone look at before they run: whether packages are missing, and whether dist/ is stale. */
describe('a clone', () => {
  let clone: string;
  beforeEach(() => {
    clone = mkdtempSync(path.join(tmpdir(), 'mainstay-clone-'));
    for (const file of ['build.cjs', 'pack.cjs', 'ensure-installed.cjs'])
      cpSync(path.join(ROOT, 'tools', file), path.join(clone, 'tools', file));
  });
  afterEach(() => rmSync(clone, { recursive: true }));

  const write = (file: string, content: string | object): void => {
    mkdirSync(path.dirname(path.join(clone, file)), { recursive: true });
    writeFileSync(path.join(clone, file), typeof content === 'string' ? content : JSON.stringify(content));
  };
  /** Runs a script in the clone. @returns what it says with `say` */
  const run = (script: string): unknown => {
    const text = `const say = (it) => process.stdout.write(JSON.stringify(it)); (async () => { ${script} })();`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', text], { cwd: clone, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };

  it('knows which packages are missing, by what the lock file says and not by times', () => {
    const packages = {
      '': { name: 'it' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/for-tests': { version: '1.0.0', dev: true },
      'node_modules/other-platform': { version: '1.0.0', optional: true },
      'node_modules/chosen': { version: '1.0.0', peer: true },
      'node_modules/sdk': { link: true },
    };
    const missing = (options = '{}'): unknown =>
      run(`say(require('./tools/ensure-installed.cjs').missing(${options}))`);
    const installed = (versions: Record<string, string>): void =>
      write('node_modules/.package-lock.json', {
        packages: Object.fromEntries(
          Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]),
        ),
      });
    // A shipped dist/ without a lock file wants nothing.
    expect(missing()).toEqual([]);
    write('package-lock.json', { packages });
    expect(missing()).toEqual(['node_modules/a', 'node_modules/for-tests']);
    expect(missing('{ dev: false }')).toEqual(['node_modules/a']);
    installed({ a: '1.0.0', 'for-tests': '1.0.0' });
    expect(missing()).toEqual([]);
    installed({ a: '1.0.1', 'for-tests': '1.0.0' });
    expect(missing()).toEqual(['node_modules/a']);
    // What is there in spite of being optional must be the right one too.
    installed({ a: '1.0.0', 'for-tests': '1.0.0', 'other-platform': '0.9.0' });
    expect(missing()).toEqual(['node_modules/other-platform']);
  });

  it('is stale after a change, a new file or a lost output, and not after a build', () => {
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(clone, 'node_modules'), 'dir');
    write('package.json', { name: 'it' });
    const isStale = (): unknown => run(`say(require('./tools/build.cjs').isStale())`);
    const build = (): unknown => run(`say((await require('./tools/build.cjs').build()).compiled)`);
    // Nothing but a shipped dist/ is never stale.
    expect(isStale()).toBe(false);
    write('src/main.ts', 'export const one: number = 1;');
    write('src/main.spec.ts', 'it.todo("left out");');
    expect([isStale(), build(), isStale(), build()]).toEqual([true, 1, false, 0]);
    write('src/main.spec.ts', 'it.todo("left out all the same");');
    expect(isStale()).toBe(false);
    write('src/main.ts', 'export const one: number = 100;');
    write('src/more.ts', 'export const two: number = 2;');
    expect([isStale(), build(), isStale()]).toEqual([true, 2, false]);
    rmSync(path.join(clone, 'dist/src/more.js'));
    expect([isStale(), build(), isStale()]).toEqual([true, 1, false]);
    rmSync(path.join(clone, 'src/more.ts'));
    expect([isStale(), build(), isStale()]).toEqual([true, 0, false]);
    expect(run(`say(require('node:fs').existsSync('dist/src/more.js'))`)).toBe(false);
    // Another release of the tool or of the packages makes everything anew.
    write('package.json', { name: 'it', version: '2.0.0' });
    expect([isStale(), build(), isStale()]).toEqual([true, 1, false]);
  });
});
