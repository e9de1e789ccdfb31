import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './scan';

const documents = [
  ...readdirSync(ROOT),
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) => `docs/${file}`),
]
  .filter((file) => file.endsWith('.md'))
  .sort();
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

describe('documents', () => {
  it.each(documents)('%s: links lead somewhere and commands exist', (file) => {
    const text = read(file);
    const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, target]) => target);
    const broken = links.filter((target) => !existsSync(path.join(ROOT, path.dirname(file), target)));
    expect(broken).toEqual([]);
    const unknown = [...text.matchAll(/npm run ([a-z][a-z:-]*)/g)]
      .map(([, name]) => name)
      .filter((name) => !(name in scripts));
    expect(unknown).toEqual([]);
  });

  it('the image holds every folder that a running product reads, and the API knows its proxy', () => {
    const copied = [...read('deploy/Dockerfile').matchAll(/^COPY --from=build \/app\/(\S+)/gm)].map(([, from]) => from);
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'node_modules', 'dist', 'bin', 'docs', 'profiles']));
    const given = [...read('docker-compose.yml').matchAll(/^ {6}(MAINSTAY_\w+):/gm)].map(([, name]) => name);
    expect(given).toEqual(expect.arrayContaining(['MAINSTAY_PUBLIC_URL', 'MAINSTAY_TRUSTED_PROXIES']));
  });

  it('every decision is listed and has the standard form', () => {
    const decisions = readdirSync(path.join(ROOT, 'docs/adr')).filter((file) => /^\d{4}-/.test(file));
    expect(decisions.length).toBeGreaterThanOrEqual(10);
    for (const file of decisions) {
      const headings = [...read(`docs/adr/${file}`).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      expect([file, headings]).toEqual([file, ['Status', 'Context', 'Decision', 'Consequences']]);
      expect(read('docs/adr/README.md')).toContain(`(${file})`);
    }
    // Numbers are given out before decisions are written, so there may be gaps for a while, but no two alike.
    expect(new Set(decisions.map((file) => file.slice(0, 4))).size).toBe(decisions.length);
  });
});
