import { LRUCache } from 'lru-cache';
import { clock } from '../clock/clock';
import { atMost } from './bounds';

export interface CacheOptions {
  /** Literal name, the label of its metrics. */
  name: string;
  /** Most entries, or most that they weigh together; the least recently used one leaves first. */
  max: number;
  /** Life of an entry in milliseconds of kernel time. */
  ttlMs: number;
}

/** Counters of all caches of one name since the process began. */
export interface CacheStats {
  name: string;
  hits: number;
  misses: number;
  evictions: number;
  size: number;
}

interface Family {
  hits: number;
  misses: number;
  evictions: number;
  members: Set<WeakRef<{ readonly size: number }>>;
}
const families = new Map<string, Family>();

/** What the metrics endpoint shows, one entry per cache name. */
export function cacheStats(): CacheStats[] {
  return [...families].map(([name, { members, ...counters }]) => {
    let size = 0;
    for (const member of members) {
      const cache = member.deref();
      if (cache) size += cache.size;
      else members.delete(member);
    }
    return { name, ...counters, size };
  });
}

/**
 * A bounded cache in this process, for values that may be up to `ttlMs` old. `null` is a value ("there is none") like
 * any other. Keys of tenant data must contain the tenant.
 */
export class Cache<V> {
  private readonly entries: LRUCache<string, { value: V }>;
  private readonly loading = new Map<string, Promise<V>>();
  private readonly family: Family;

  /**
   * @param weigh what an entry counts towards `max`, 1 or more, where entries are of very different sizes: `max` then is the
   *   weight of all together
   */
  constructor(
    readonly options: CacheOptions,
    weigh: (value: V) => number = () => 1,
  ) {
    const family = families.get(options.name) ?? { hits: 0, misses: 0, evictions: 0, members: new Set() };
    families.set(options.name, family);
    family.members.add(new WeakRef(this));
    this.family = family;
    this.entries = new LRUCache({
      ...atMost<{ value: V }>(options.max, ({ value }) => Math.min(options.max, weigh(value))),
      ttl: options.ttlMs,
      ttlResolution: 0,
      perf: { now: () => clock.nowMs() },
      disposeAfter: (_entry, _key, reason) => {
        if (reason === 'evict') family.evictions += 1;
      },
    });
  }

  /** Entries held, expired ones that were not touched since included. */
  get size(): number {
    return this.entries.size;
  }

  /** The value, or undefined when there is none; counts as hit or miss. */
  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (entry) this.family.hits += 1;
    else this.family.misses += 1;
    return entry?.value;
  }

  /** Stores a value, for `ttlMs` when given (never longer than a token or lease that it stands for). */
  set(key: string, value: V, ttlMs?: number): void {
    this.loading.delete(key);
    this.entries.set(key, { value }, ttlMs === undefined ? undefined : { ttl: ttlMs });
  }

  /**
   * The value, loaded when there is none. Concurrent callers of one key share one load. A load that was overtaken by
   * `delete`, `clear` or `set` still answers its callers but is not stored, so that an invalidation never loses to an
   * older read. Errors reach all callers and are not stored.
   */
  getOrLoad(key: string, load: () => Promise<V>): Promise<V> {
    const entry = this.entries.get(key);
    if (entry) {
      this.family.hits += 1;
      return Promise.resolve(entry.value);
    }
    this.family.misses += 1;
    const running = this.loading.get(key);
    if (running) return running;
    const promise = (async () => load())().then(
      (value) => {
        if (this.loading.get(key) === promise) this.set(key, value);
        return value;
      },
      (error: unknown) => {
        if (this.loading.get(key) === promise) this.loading.delete(key);
        throw error;
      },
    );
    this.loading.set(key, promise);
    return promise;
  }

  /**
   * As `getOrLoad`, for several keys: what is missing is loaded together.
   * @param load the values of the keys that it is given, in their order
   * @returns the values in the order of `keys`
   */
  getOrLoadAll(keys: readonly string[], load: (missing: readonly string[]) => Promise<V[]>): Promise<V[]> {
    const missing: string[] = [];
    let loaded: Promise<V[]> | undefined;
    const one = async (key: string): Promise<V> => {
      const at = missing.push(key) - 1;
      // By the next turn all keys have said whether they are missing.
      await Promise.resolve();
      return (await (loaded ??= load(missing)))[at];
    };
    return Promise.all(keys.map((key) => this.getOrLoad(key, () => one(key))));
  }

  /** Forgets one key. */
  delete(key: string): void {
    this.loading.delete(key);
    this.entries.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.loading.clear();
    this.entries.clear();
  }

  /** Forgets every key that begins so: all entries of one tenant, for instance. Walks the whole cache. */
  deletePrefix(prefix: string): void {
    for (const key of [...this.entries.keys(), ...this.loading.keys()]) if (key.startsWith(prefix)) this.delete(key);
  }
}
