import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Folder that holds package.json: the repository, whether this runs from `src` or from `dist/src`. */
export const PRODUCT_ROOT = (function find(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const above = path.dirname(folder);
  return above === folder ? process.cwd() : find(above);
})(__dirname);

/** The product's version, of package.json. */
export const VERSION = (
  JSON.parse(readFileSync(path.join(PRODUCT_ROOT, 'package.json'), 'utf8')) as { version: string }
).version;
