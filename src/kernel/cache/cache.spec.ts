import { clock } from '../clock/clock';
import { Cache, cacheStats } from './cache';

const statsOf = (name: string) => cacheStats().find((stats) => stats.name === name);
let made = 0;
const make = <V>(options: { max?: number; ttlMs?: number } = {}) =>
  new Cache<V>({ name: `spec-${++made}`, max: 10, ttlMs: 1000, ...options });

describe('cache', () => {
  afterEach(() => clock.setOffset(0));

  it('remembers values, null included', () => {
    const cache = make<string | null>();
    cache.set('a', null);
    expect([cache.get('a'), cache.get('b')]).toEqual([null, undefined]);
    cache.delete('a');
    expect(cache.get('a')).toBeUndefined();
  });

  it('forgets by kernel time, each entry by its own life', () => {
    const cache = make<number>({ ttlMs: 60_000 });
    cache.set('a', 1);
    cache.set('short', 2, 10);
    clock.setOffset(30);
    expect([cache.get('a'), cache.get('short')]).toEqual([1, undefined]);
    clock.setOffset(61);
    expect(cache.get('a')).toBeUndefined();
  });

  it('stays within its size, and drops the least recently used', () => {
    const cache = make<number>({ max: 2 });
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.size]).toEqual([1, undefined, 3, 2]);
    expect(statsOf(cache.options.name)).toMatchObject({ hits: 3, misses: 1, evictions: 1, size: 2 });
  });

  it('loads once for callers at once, and again after an error', async () => {
    const cache = make<number>();
    let loads = 0;
    const load = async () => {
      await Promise.resolve();
      return ++loads;
    };
    expect(
      await Promise.all([cache.getOrLoad('a', load), cache.getOrLoad('a', load), cache.getOrLoad('b', load)]),
    ).toEqual([1, 1, 2]);
    expect(await cache.getOrLoad('a', load)).toBe(1);
    const fail = () => Promise.reject(new Error('down'));
    await expect(Promise.all([cache.getOrLoad('x', fail), cache.getOrLoad('x', fail)])).rejects.toThrow('down');
    expect(await cache.getOrLoad('x', load)).toBe(3);
    await expect(
      cache.getOrLoad('y', () => {
        throw new Error('thrown at once');
      }),
    ).rejects.toThrow('thrown at once');
    expect(statsOf(cache.options.name)).toMatchObject({ hits: 1, misses: 7 });
  });

  it.each([
    ['delete', (cache: Cache<string>) => cache.delete('a')],
    ['clear', (cache: Cache<string>) => cache.clear()],
    ['deletePrefix', (cache: Cache<string>) => cache.deletePrefix('a')],
  ])('never stores a load that %s overtook', async (_, invalidate) => {
    const cache = make<string>();
    let finish!: (value: string) => void;
    const old = cache.getOrLoad('a', () => new Promise((resolve) => (finish = resolve)));
    await Promise.resolve();
    invalidate(cache);
    const fresh = cache.getOrLoad('a', () => Promise.resolve('new'));
    finish('old');
    expect(await old).toBe('old');
    expect(await fresh).toBe('new');
    expect(cache.get('a')).toBe('new');
  });

  it('loads what is missing of several together, in their order, and keeps nothing of it that was overtaken', async () => {
    const cache = make<string>();
    cache.set('b', 'known');
    const asked: (readonly string[])[] = [];
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const load = async (missing: readonly string[]) => {
      asked.push(missing);
      await finished;
      return missing.map((key) => `${key} ${asked.length}`);
    };
    const all = [cache.getOrLoadAll(['a', 'b', 'c', 'a'], load), cache.getOrLoadAll(['c', 'd'], load)];
    await Promise.resolve();
    cache.delete('c');
    finish();
    expect(await Promise.all(all)).toEqual([
      ['a 2', 'known', 'c 2', 'a 2'],
      ['c 2', 'd 2'],
    ]);
    expect(asked).toEqual([['a', 'c'], ['d']]);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['a 2', 'known', undefined, 'd 2']);
    expect(await cache.getOrLoadAll([], load)).toEqual([]);
    const fail = () => Promise.reject(new Error('down'));
    await expect(cache.getOrLoadAll(['b', 'x', 'y'], fail)).rejects.toThrow('down');
    expect(asked).toHaveLength(2);
  });

  it('a value set during a load wins', async () => {
    const cache = make<string>();
    const load = cache.getOrLoad('a', () => Promise.resolve('loaded'));
    cache.set('a', 'set');
    await load;
    expect(cache.get('a')).toBe('set');
  });

  it('forgets by prefix', () => {
    const cache = make<number>();
    for (const key of ['t1:a', 't1:b', 't2:a']) cache.set(key, 1);
    cache.deletePrefix('t1:');
    expect([cache.get('t1:a'), cache.get('t1:b'), cache.get('t2:a')]).toEqual([undefined, undefined, 1]);
  });
});
