import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { openWith, sealWith } from '../../src/kernel/crypto/sealed';
import { newId } from '../../src/kernel/ids/ids';

const ROOT = path.resolve(__dirname, '../..');
const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !/spec\.ts$/.test(file),
);

describe('cryptography', () => {
  const place = (rowId = newId()) => ({ tenantId: newId(), table: 't', column: 'c', rowId });

  it('opens nothing of which a byte was changed, and nothing in another place', () => {
    const key = randomBytes(32);
    const at = place();
    const sealed = sealWith(key, 'k1', at, 'a secret of some length, with ümläuts');
    const [version, id, ...parts] = sealed.split('.');
    let flips = 0;
    parts.forEach((part, i) => {
      const bytes = Buffer.from(part, 'base64url');
      for (let at_ = 0; at_ < bytes.length; at_++)
        for (const bit of [1, 128]) {
          const changed = Buffer.from(bytes);
          changed[at_] ^= bit;
          const text = [
            version,
            id,
            ...parts.map((other, j) => (j === i ? changed.toString('base64url') : other)),
          ].join('.');
          expect(() => openWith(key, at, text)).toThrow();
          flips += 1;
        }
    });
    expect(flips).toBeGreaterThan(100);
    for (const other of [place(at.rowId), { ...at, rowId: newId() }, { ...at, column: 'd' }, { ...at, table: 'u' }])
      expect(() => openWith(key, other, sealed)).toThrow();
    expect(() => openWith(randomBytes(32), at, sealed)).toThrow();
    expect(openWith(key, at, sealed).toString()).toContain('ümläuts');
  });

  it('never uses a nonce twice', () => {
    const key = randomBytes(32);
    const at = place();
    const nonces = new Set<string>();
    const count = process.env.ASVS_QUICK === 'true' ? 100_000 : 1_000_000;
    for (let i = 0; i < count; i++) nonces.add(sealWith(key, 'k', at, '').split('.')[2]);
    expect(nonces.size).toBe(count);
  });

  it('uses nothing broken or guessable', () => {
    const banned =
      /createCipher\(|createHash\(\s*['"](?:md5|md4|sha1)|Math\.random\(|pbkdf2|'des[-']|'rc4|aes-\d+-(?:ecb|cbc)/i;
    const found = sources.filter((file) => {
      const text = readFileSync(path.join(ROOT, 'src', file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return banned.test(text);
    });
    expect(found).toEqual([]);
  });
});

interface Locked {
  integrity?: string;
  link?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

describe('what is installed', () => {
  /** Binaries of another platform are named by their version alone, until npm on such a platform adds the hash. */
  const isInstalled = ({ optional, os, cpu, libc }: Locked): boolean => {
    const others = (names: string[] | undefined, ours: string): boolean => names !== undefined && !names.includes(ours);
    const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
    const c = header.glibcVersionRuntime ? 'glibc' : 'musl';
    return !optional || !(others(os, process.platform) || others(cpu, process.arch) || others(libc, c));
  };

  it('is pinned, with the hash of every package', () => {
    const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, Locked>;
    };
    const without = Object.entries(lock.packages).filter(
      ([name, entry]) => name.includes('node_modules/') && !entry.link && !entry.integrity && isInstalled(entry),
    );
    expect(without.map(([name]) => name)).toEqual([]);
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    // One version, by its own name or under another one.
    const exact = /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:[-+][\w.-]+)?$/;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !exact.test(version));
    expect(loose).toEqual([]);
  });
});
