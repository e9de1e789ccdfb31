import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './scan';

/** A copy of the repository without its contexts, in which the generator may write. */
function copy(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'mainstay-generate-')));
  const take = (name: string): void => cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  for (const name of [
    'package.json',
    'jest.config.cjs',
    'eslint.config.mjs',
    '.prettierrc.json',
    '.dependency-cruiser.cjs',
  ])
    take(name);
  for (const name of ['tools', 'src/kernel', 'test/support', 'test/scenarios/socket-presence.ts']) take(name);
  mkdirSync(path.join(folder, 'migrations'));
  for (const file of readdirSync(path.join(ROOT, 'migrations'))) if (/-kernel-/.test(file)) take(`migrations/${file}`);
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  // Only what was generated, and what it imports, is compiled.
  const tsconfig = JSON.parse(readFileSync(path.join(ROOT, 'tsconfig.json'), 'utf8')) as object;
  const include = ['src/commerce/**/*.ts', 'src/app.module.ts', 'migrations/**/*.ts', 'src/kernel/**/*.d.ts'];
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ ...tsconfig, include }));
  writeFileSync(path.join(folder, 'src/context-map.json'), '{ "lockRank": [], "edges": [] }');
  const assembly = readFileSync(path.join(ROOT, 'src/app.module.ts'), 'utf8')
    .replace(/^import .*from '\.\/(?!kernel\/).*;\n/gm, '')
    .replace(/(CONTEXTS: Type\[\] = \[)[^\]]*\]/, '$1]');
  writeFileSync(path.join(folder, 'src/app.module.ts'), assembly);
  return folder;
}

describe('the generator', () => {
  let folder: string;
  const run = (script: string, ...args: string[]) => {
    const { MAINSTAY_TEST_CLUSTER: _, ...env } = process.env;
    const result = spawnSync(process.execPath, [path.join(folder, script), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env,
    });
    const text = result.stdout + result.stderr;
    return { status: result.status, text, failure: result.status === 0 ? '' : text.slice(-3_000) };
  };
  const bin = (file: string) => path.join('node_modules', file);

  beforeAll(() => {
    folder = copy();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes a context and a command that pass format, lint, types, rules and their own tests', () => {
    expect(run('tools/generate.cjs', 'context', 'commerce/warranties')).toMatchObject({ status: 0 });
    expect(run('tools/generate.cjs', 'command', 'warranties', 'extend-warranty')).toMatchObject({ status: 0 });
    expect(run('tools/generate.cjs', 'command', 'commerce/warranties', 'close-warranty')).toMatchObject({ status: 0 });
    const assembly = readFileSync(path.join(folder, 'src/app.module.ts'), 'utf8');
    expect(assembly).toContain(`from './commerce/warranties/warranties.module'`);
    expect(assembly).toMatch(/CONTEXTS: Type\[\] = \[WarrantiesModule\]/);

    const clean = { status: 0, failure: '' };
    expect(
      run(bin('prettier/bin/prettier.cjs'), '--check', 'src/commerce', 'src/app.module.ts', 'migrations'),
    ).toMatchObject(clean);
    expect(
      run(bin('eslint/bin/eslint.js'), 'src/commerce', 'src/app.module.ts', 'migrations', '--max-warnings', '0'),
    ).toMatchObject(clean);
    expect(run(bin('typescript-native/bin/tsc'), '--noEmit', '-p', 'tsconfig.json', '--singleThreaded')).toMatchObject(
      clean,
    );
    expect(run('tools/rules.cjs')).toMatchObject(clean);
    const tests = run(bin('jest/bin/jest.js'), '--ci', '--maxWorkers=1', 'src/commerce');
    expect(tests).toMatchObject(clean);
    expect(tests.text).toContain('3 passed');
  }, 360_000);

  it('overwrites nothing and says what it does not understand', () => {
    expect(run('tools/generate.cjs', 'context', 'money/warranties')).toMatchObject({
      status: 2,
      text: expect.stringContaining('already'),
    });
    expect(run('tools/generate.cjs', 'command', 'warranties', 'close-warranty')).toMatchObject({
      status: 2,
      text: expect.stringContaining('exists already'),
    });
    expect(run('tools/generate.cjs', 'command', 'warranties', 'ship-order')).toMatchObject({
      status: 2,
      text: expect.stringContaining('class Order'),
    });
    for (const args of [
      [],
      ['context'],
      ['context', 'Commerce/X'],
      ['context', 'kernel/things'],
      ['command', 'nowhere', 'close-warranty'],
    ])
      expect(run('tools/generate.cjs', ...args)).toMatchObject({
        status: 2,
        text: expect.not.stringContaining('    at '),
      });
  });
});
