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
  /**
   * Paths of modules, relative to the folder that holds dist/, in the order in which they were loaded; their place in both
   * files, in bytes; whether a byte of the source is a character.
   */
  modules: [file: string, sourceAt: number, sourceBytes: number, codeAt: number, codeBytes: number, ascii: 0 | 1][];
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
/** What is in force while modules are loaded, so that V8's code is for these (docs/adr/0099). */
export const LOADING_FLAGS = ['--no-opt', '--heap-growing-percent=600'] as const;

/** What a process is at: loading modules; putting them together; what it is there for. */
export type Phase = 'loading' | 'starting' | 'running';

/** What runs once while starting is not worth V8's optimizing compiler, and of what is loaded hardly anything is rubbish. */
const FLAGS: Record<Phase, readonly string[]> = {
  loading: LOADING_FLAGS,
  starting: [LOADING_FLAGS[0], PACK_FLAGS[1]],
  running: ['--opt', PACK_FLAGS[1]],
};

/** Of a process without a pack nothing is changed. */
let phase: Phase = 'running';
let used = false;

/** Says what this process is at from now on, which is 'loading' from `usePack` on. Without a pack it does nothing. */
export function enter(next: Phase): void {
  if (!used || next === phase) return;
  phase = next;
  for (const flag of FLAGS[next]) setFlagsFromString(flag);
}

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
  const [sources, codes] = [new PackFile(`${pack}.source`), new PackFile(`${pack}.code`)];
  process.once('exit', () => [sources, codes].forEach((file) => file.close()));
  for (const flag of PACK_FLAGS) setFlagsFromString(flag);
  used = true;
  enter('loading');

  const within = root + path.sep;
  const places = new Map(modules.map((entry) => [within + entry[0], entry]));
  const asked = new Map(Object.entries(requests).map(([folder, of]) => [path.join(root, folder), of]));
  const resolve = loader._resolveFilename;
  loader._resolveFilename = function (request, parent, isMain, options) {
    const at = parent?.filename && !options ? asked.get(path.dirname(parent.filename))?.[request] : undefined;
    return at === undefined ? resolve.call(this, request, parent, isMain, options) : within + targets[at];
  };
  for (const ending of ['.js', '.mjs']) {
    const plain = loader._extensions[ending];
    if (!plain) continue;
    loader._extensions[ending] = (module, file) => {
      const place = places.get(file);
      const source = place && sources.string(place[1], place[2], place[5] === 1);
      if (source === undefined) return plain(module, file);
      const cachedData = codes.bytes(place![3], place![4]);
      evaluate(compile(source, file, cachedData), module, file);
    };
  }
  return true;
}

/** A script out of V8's code, which it takes under the flags that made it alone: they are in force for the moment. */
function compile(source: string, filename: string, cachedData: Buffer | undefined): Script {
  const before = phase;
  enter('loading');
  try {
    return new Script(source, { filename, cachedData });
  } finally {
    enter(before);
  }
}

/** So much is read ahead while loading: a megabyte, from which on V8 leaves a text where Node put it instead of moving it. */
const AHEAD = 1 << 20;

/** A file of a pack, in which modules lie in the order in which they are asked for. */
class PackFile {
  private readonly file: number;
  /** What was read last, where it begins, and its text. */
  private window = Buffer.alloc(0);
  private at = 0;
  private text: string | undefined;

  constructor(name: string) {
    this.file = openSync(name, 'r');
  }

  close(): void {
    closeSync(this.file);
  }

  /** Undefined where the file ends before them; good until the next call. */
  bytes(at: number, length: number): Buffer | undefined {
    if (at < this.at || at + length > this.at + this.window.length) this.read(at, length);
    return this.window.length < length ? undefined : this.window.subarray(at - this.at, at - this.at + length);
  }

  /** Of ASCII a part of one text: neither copied nor looked at. */
  string(at: number, length: number, ascii: boolean): string | undefined {
    const bytes = this.bytes(at, length);
    if (!ascii || !bytes) return bytes?.toString('utf8');
    this.text ??= this.window.toString('latin1');
    return this.text.slice(at - this.at, at - this.at + length);
  }

  private read(at: number, length: number): void {
    const buffer = Buffer.allocUnsafeSlow(phase === 'loading' ? Math.max(length, AHEAD) : length);
    this.window = buffer.subarray(0, readSync(this.file, buffer, 0, buffer.length, at));
    this.at = at;
    this.text = undefined;
  }
}
