import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * Loading 4,000 modules is four fifths of a start: each is looked for, read and compiled. A pack (made by
 * `tools/pack.cjs`) remembers where each request led, holds the sources in one file (ES modules as CommonJS) and V8's
 * code for what ran while loading. Modules keep their file names, their identity and their `require`; what is not in
 * the pack is loaded as ever. ADR 43 weighs it against a bundle.
 */
export interface PackIndex {
  /** Paths of modules, relative to the folder that holds dist/; their place in both files, in bytes. */
  modules: [file: string, sourceAt: number, sourceBytes: number, codeAt: number, codeBytes: number][];
  /** Folder of the one who asks → what it asks for → index in `targets`. */
  requests: Record<string, Record<string, number>>;
  targets: string[];
}

/** The parts of Node's CommonJS loader that a pack stands in for; none of them is typed. */
export interface Loader {
  _resolveFilename(request: string, parent?: NodeModule, isMain?: boolean, options?: object): string;
  _resolveLookupPaths(request: string, parent: NodeModule): string[] | null;
  _extensions: Record<string, (module: NodeModule, file: string) => void>;
  _cache: NodeJS.Dict<NodeModule>;
  wrap(source: string): string;
}
export const loader = Module as unknown as Loader;

/** What `npm start` and the image start with (docs/adr/0013, 0069): V8 takes compiled code only under equal flags. */
export const PACK_FLAGS = ['--max-semi-space-size=16', '--heap-growing-percent=40'] as const;

const build = (root: string): string => path.join(root, 'dist', '.build.json');
const locked = (root: string): string => path.join(root, 'package-lock.json');

/**
 * Where the pack of this Node, this build and these packages lies, whether it is there or not.
 * @returns the path of its files without their endings (`.json`, `.source`, `.code`); null where nobody wrote down what was built and installed
 */
export function packOf(root: string): string | null {
  const files = [build(root), locked(root)];
  if (!files.every((file) => existsSync(file))) return null;
  const hash = createHash('sha256').update(`${process.version} ${process.arch} ${process.platform}`);
  for (const file of files) hash.update(readFileSync(file));
  return path.join(root, 'dist', 'pack', hash.digest('hex').slice(0, 32));
}

/** A `require` for a module that runs outside of Node's own compiler. */
export function requireFor(module: NodeModule): NodeRequire {
  const resolve = (request: string, options?: object): string =>
    loader._resolveFilename(request, module, false, options);
  resolve.paths = (request: string) => loader._resolveLookupPaths(request, module);
  return Object.assign((id: string): unknown => module.require(id), {
    resolve,
    main: require.main,
    cache: loader._cache,
    extensions: loader._extensions,
  }) as NodeRequire;
}

/** Runs a module, compiled with its wrapper, as Node would. */
export function evaluate(script: Script, module: NodeModule, file: string): void {
  const wrapper = script.runInThisContext() as (...args: unknown[]) => void;
  wrapper.call(module.exports, module.exports, requireFor(module), module, file, path.dirname(file));
}

/** From here on modules come out of the pack, where there is one that fits. @returns whether there is */
export function usePack(root: string): boolean {
  // Who debugs wants the files as they are.
  if (process.execArgv.some((flag) => /^--(enable-source-maps|inspect)/.test(flag))) return false;
  const pack = packOf(root);
  if (!pack || !existsSync(`${pack}.json`)) return false;
  const { modules, requests, targets } = JSON.parse(readFileSync(`${pack}.json`, 'utf8')) as PackIndex;
  const [sources, codes] = [openSync(`${pack}.source`, 'r'), openSync(`${pack}.code`, 'r')];
  process.once('exit', () => [sources, codes].forEach((file) => closeSync(file)));
  for (const flag of PACK_FLAGS) setFlagsFromString(flag);

  const places = new Map(modules.map((entry) => [path.join(root, entry[0]), entry]));
  const files = targets.map((target) => path.join(root, target));
  const asked = new Map(Object.entries(requests).map(([folder, of]) => [path.join(root, folder), of]));
  const resolve = loader._resolveFilename;
  loader._resolveFilename = function (request, parent, isMain, options) {
    const at = parent?.filename && !options ? asked.get(path.dirname(parent.filename))?.[request] : undefined;
    return at === undefined ? resolve.call(this, request, parent, isMain, options) : files[at];
  };
  for (const ending of ['.js', '.mjs']) {
    const plain = loader._extensions[ending];
    if (!plain) continue;
    loader._extensions[ending] = (module, file) => {
      const place = places.get(file);
      const source = place && slice(sources, place[1], place[2]);
      if (!source) return plain(module, file);
      const cachedData = slice(codes, place[3], place[4]) ?? undefined;
      evaluate(new Script(source.toString('utf8'), { filename: file, cachedData }), module, file);
    };
  }
  return true;
}

/** Bytes of a file; null where it ends before them. */
function slice(file: number, at: number, bytes: number): Buffer | null {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  return readSync(file, buffer, 0, bytes, at) === bytes ? buffer : null;
}
