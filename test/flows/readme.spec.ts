import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { COMMANDS } from '../../src/cli/registry';
import { SETTINGS } from '../../src/kernel/config/settings';

const ROOT = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const found = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, one]) => one)),
];

const PAGES = ['README.md', 'docs/README.md', 'docs/deploy.md', 'sdk/README.md'];

describe('what a newcomer reads', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

  it('names commands that exist, and every command that a newcomer needs', () => {
    for (const page of PAGES) {
      const text = read(page);
      for (const name of found(text, /npm run ([a-z][a-z:-]*)/g).filter((one) => one !== 'build')) {
        expect([page, name, name in scripts]).toEqual([page, name, true]);
      }
      for (const name of found(text, /npx --no mainstay ([a-z][a-z:]*)/g)) {
        expect([page, name, name === 'help' || name in COMMANDS]).toEqual([page, name, true]);
      }
    }
    for (const name of 'start test build dev seed bench tour openapi sdk migrate generate'.split(' ')) {
      expect(scripts).toHaveProperty(name);
    }
    for (const file of Object.values(scripts).flatMap((line) => found(line, /\b((?:tools|bin)\/\S+\.cjs)/g))) {
      expect([file, existsSync(path.join(ROOT, file))]).toEqual([file, true]);
    }
  });

  it('names settings that exist and links that lead somewhere', () => {
    const known = new Set(Object.keys(SETTINGS).flatMap((name) => [name, `${name}_FILE`]));
    for (const page of PAGES) {
      const text = read(page);
      const settings = found(text, /\b(MAINSTAY_[A-Z_]+[A-Z])\b/g);
      expect([page, settings.filter((name) => !known.has(name) && name !== 'MAINSTAY_URL')]).toEqual([page, []]);
      const links = found(text, /\]\((?!https?:|#|mailto:)([^)#\s]+)/g);
      expect([page, links.filter((link) => !existsSync(path.join(ROOT, path.dirname(page), link)))]).toEqual([
        page,
        [],
      ]);
    }
  });

  it('shows the start of about this release', () => {
    const text = read('README.md');
    const count = (pattern: RegExp): number => Number(pattern.exec(text)![1]);
    const sources = (folder: string): string[] =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) =>
        /^(?!.*\.(?:spec|int-spec|e2e-spec|d)\.ts$).*\.ts$/.test(file),
      );
    const migrations = sources('migrations').length;
    const built = ['src', 'migrations', 'tour', 'bench', 'sdk/src', 'test/doubles'].flatMap(sources).length;
    // Not to the number: a release has fewer readers of these lines than builders.
    expect(Math.abs(count(/(\d+) migrations applied/) - migrations)).toBeLessThan(25);
    expect(count(/\(migrations (\d+)\//)).toBe(count(/(\d+) migrations applied/));
    expect(Math.abs(count(/Built (\d+) files/) / built - 1)).toBeLessThan(0.2);
  });

  it('shows routes of the API document', () => {
    const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, unknown> };
    const shown = found(read('README.md'), /GET (\/api\/v1\/[a-z/-]+)/g);
    expect(shown.length).toBeGreaterThan(0);
    for (const route of shown) expect(paths).toHaveProperty([route]);
    for (const route of ['/api/v1/carts', '/api/v1/carts/{id}/lines', '/api/v1/carts/{id}/checkout']) {
      expect(paths).toHaveProperty([route]);
    }
  });

  it('shows code that compiles strictly against the SDK', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mainstay-readme-'));
    try {
      const files = ['README.md', 'sdk/README.md'].flatMap((page) =>
        found(read(page), /```(?:js|ts)\n([\s\S]*?)```/g).map((code, index) => {
          const file = path.join(folder, `${page.replaceAll('/', '-')}-${index}.mts`);
          writeFileSync(file, code);
          return file;
        }),
      );
      expect(files.length).toBeGreaterThanOrEqual(3);
      const program = ts.createProgram(files, {
        strict: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        types: ['node'],
        typeRoots: [path.join(ROOT, 'node_modules/@types')],
        paths: { '@mainstay/sdk': [path.join(ROOT, 'sdk/src/index.ts')] },
      });
      const faults = ts
        .getPreEmitDiagnostics(program)
        .map((it) => ts.flattenDiagnosticMessageText(it.messageText, '\n'));
      expect(faults).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
