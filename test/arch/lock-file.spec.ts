import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const { missingEntries } = require('../../tools/complete-lock.cjs') as { missingEntries(lock: object): object };

describe('package-lock.json', () => {
  const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string }>;
  };

  it('names the packages of every platform, without which npm ci refuses it (node tools/complete-lock.cjs)', () => {
    expect(missingEntries(lock)).toEqual({});
  });

  it('is what package.json says', () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as Record<string, object>;
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
    // A package under another name says which it is: `npm:typescript@7.0.2`.
    const versions = Object.entries(wanted).map(([name, said]) => [name, String(said).replace(/^npm:.+@/, '')]);
    const locked = Object.keys(wanted).map((name) => [name, lock.packages[`node_modules/${name}`]?.version]);
    expect(locked).toEqual(versions);
  });

  it('finds a planted gap', () => {
    const gap = {
      packages: { 'node_modules/a': { version: '1.0.0', optionalDependencies: { 'a-linux-x64-musl': '1.0.0' } } },
    };
    expect(missingEntries(gap)).toEqual({
      'node_modules/a-linux-x64-musl': {
        version: '1.0.0',
        cpu: ['x64'],
        libc: ['musl'],
        os: ['linux'],
        optional: true,
      },
    });
  });
});
