import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './scan';

/** One planted fault a file; the rule that must name it, or null where the same code is allowed. */
const PLANTED: [file: string, code: string, rule: string | null][] = [
  ['src/a/now.ts', 'export const at = new Date();', 'no-restricted-syntax'],
  ['src/a/date-now.ts', 'export const at = Date.now();', 'no-restricted-properties'],
  ['src/a/performance.ts', 'export const at = performance.now();', 'no-restricted-properties'],
  [
    'src/a/luxon.ts',
    'declare const DateTime: { now(): unknown }; export const at = DateTime.now();',
    'no-restricted-syntax',
  ],
  ['src/a/sql.ts', "export const sql = 'select * from x where due_at < now()';", 'no-restricted-syntax'],
  [
    'src/a/sql-template.ts',
    'export const sql = (a: string) => `${a} where due_at < clock_timestamp()`;',
    'no-restricted-syntax',
  ],
  ['src/a/random.ts', 'export const id = Math.random();', 'no-restricted-properties'],
  ['src/a/console.ts', "console.log('x');", 'no-console'],
  [
    'src/a/forward.ts',
    'declare function forwardRef(f: () => unknown): unknown; export const x = forwardRef(() => 1);',
    'no-restricted-syntax',
  ],
  [
    'src/a/scope.ts',
    'declare const Scope: { REQUEST: number }; export const x = Scope.REQUEST;',
    'no-restricted-syntax',
  ],
  ['src/a/any.ts', 'export const x = (y: any): unknown => y;', '@typescript-eslint/no-explicit-any'],
  ['src/a/floating.ts', 'Promise.resolve(1);', 'typescript(no-floating-promises)'],
  ['src/a/misused.ts', 'export const x = Promise.resolve(1) ? 1 : 2;', 'typescript(no-misused-promises)'],
  ['src/a/thenable.ts', 'export const x = async (): Promise<number> => await 1;', 'typescript(await-thenable)'],
  [
    'src/a/switch.ts',
    "export function x(y: 'a' | 'b'): void { switch (y) { case 'a': break; } }",
    'typescript(switch-exhaustiveness-check)',
  ],
  ['src/utils/x.ts', 'export const x = 1;', 'mainstay/folder-names'],
  ['src/a/shared/x.ts', 'export const x = 1;', 'mainstay/folder-names'],
  ['src/a/CamelCase.ts', 'export const x = 1;', 'mainstay/file-names'],
  ['src/a/allowed.ts', "export const sql = ['kernel.now()', new Date(0), new Date('2026-01-01')];", null],
  ['src/kernel/clock/clock.ts', 'export const at = [Date.now(), new Date(), performance.now()];', null],
  ['src/a/some.spec.ts', 'export const at = [Date.now(), new Date()];', null],
];

/** What the rules say that ask the type checker. */
function typed(folder: string): { filename: string; code: string }[] {
  const oxlint = path.join(folder, 'node_modules/oxlint/bin/oxlint');
  const words = [oxlint, '--type-aware', '--tsconfig', 'tsconfig.json', '--format', 'json', 'src'];
  const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  if (!stdout.startsWith('{')) throw new Error(stderr || stdout);
  return (JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] }).diagnostics;
}

describe('the lint rules of the house', () => {
  let found: Map<string, string[]>;

  beforeAll(() => {
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'mainstay-lint-')));
    try {
      for (const file of ['eslint.config.mjs', '.oxlintrc.json'])
        cpSync(path.join(ROOT, file), path.join(folder, file));
      symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
      const compilerOptions = {
        strict: true,
        target: 'es2023',
        module: 'nodenext',
        types: ['node'],
        skipLibCheck: true,
      };
      writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
      for (const [file, code] of PLANTED) {
        mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        writeFileSync(path.join(folder, file), `${code}\n`);
      }
      const eslint = path.join(folder, 'node_modules/eslint/bin/eslint.js');
      const { stdout, stderr } = spawnSync(process.execPath, [eslint, 'src', '--format', 'json'], {
        cwd: folder,
        encoding: 'utf8',
      });
      if (!stdout.startsWith('[')) throw new Error(stderr || stdout);
      const report = JSON.parse(stdout) as { filePath: string; messages: { ruleId: string | null }[] }[];
      found = new Map(
        report.map((one) => [
          path.relative(folder, one.filePath),
          one.messages.map((message) => message.ruleId ?? 'parser'),
        ]),
      );
      for (const { filename, code } of typed(folder)) found.get(filename)?.push(code);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);

  it.each(PLANTED)('%s: %s', (file, _code, rule) => {
    expect(found.get(file)).toEqual(rule === null ? [] : expect.arrayContaining([rule]));
  });
});
