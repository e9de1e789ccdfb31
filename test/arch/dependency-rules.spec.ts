import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BESIDE, PLANTED, SOUND } from './fixtures/planted';

const root = path.resolve(__dirname, '../..');

interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}

/** What dependency-cruiser says of a tree of files. */
function violations(tree: Record<string, string>): Violation[] {
  mkdirSync(path.join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(path.join(root, '.cache/rules-'));
  try {
    for (const [file, source] of Object.entries(tree)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), source);
    }
    const cruiser = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const result = spawnSync(
      process.execPath,
      [cruiser, '--config', path.join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', 'src', 'test'],
      { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    if (!result.stdout.startsWith('{')) throw new Error(result.stderr || result.stdout);
    return (JSON.parse(result.stdout) as { summary: { violations: Violation[] } }).summary.violations;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the dependency rules', () => {
  it('let a sound product pass', () => {
    expect(violations(SOUND)).toEqual([]);
  });

  describe('catch', () => {
    let found: Violation[];
    beforeAll(() => {
      const tree = { ...SOUND, ...BESIDE };
      for (const { file, add } of PLANTED) tree[file] = `${add}\n${tree[file] ?? 'export {};'}`;
      found = violations(tree);
    });

    it.each(PLANTED)('$fault ($rule)', ({ file, add, rule }) => {
      const target = /import (?:.* from )?'(?:node:|.*\/)?([^'/]+)'/.exec(add)![1];
      // A circle is reported at one of its files only.
      const caught = found.filter(
        (one) => one.rule.name === rule && (one.from === file || (one.to === file && /^7/.test(rule))),
      );
      expect(caught.map((one) => `${one.from} ${one.to}`)).toContainEqual(expect.stringContaining(target));
    });

    it('nothing else', () => {
      const planted = PLANTED.map(({ file, rule }) => `${rule} ${file}`);
      // A forbidden import may close a circle too.
      const surplus = found.filter(
        (one) => !one.rule.name.startsWith('7') && !planted.includes(`${one.rule.name} ${one.from}`),
      );
      expect(surplus.map((one) => `${one.rule.name} ${one.from} ${one.to}`)).toEqual([]);
    });
  });

  it('each have a planted fault', () => {
    const { configuration } = require(path.join(root, 'tools/dependency-rules.cjs')) as {
      configuration(root: string): { forbidden: { name: string }[] };
    };
    const rules = new Set(configuration(root).forbidden.map((rule) => rule.name));
    rules.delete('resolvable');
    expect([...new Set(PLANTED.map((one) => one.rule))].sort()).toEqual([...rules].sort());
    expect(new Set([...rules].map((name) => name[0]))).toEqual(new Set('123456789'));
  });
});
