import { createHash } from 'node:crypto';
import { canonical } from './canonical';
import { entryHash, GENESIS, merkleRoot } from './chain';

describe('canonical JSON', () => {
  it('is that of RFC 8785', () => {
    expect(canonical(JSON.parse('{"b":1,"a":[1e21,0.1]}'))).toBe('{"a":[1e+21,0.1],"b":1}');
    // Appendix of the RFC: numbers, escapes and the order of keys by UTF-16 code units.
    expect(canonical({ numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0] })).toBe(
      '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0]}',
    );
    expect(canonical({ string: '\u20ac$\u000f\nA\'B"\\\\"/' })).toBe(`{"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`);
    expect(
      Object.keys(
        JSON.parse(
          canonical({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }),
        ) as object,
      ).filter((key) => key !== '1'),
    ).toEqual(['\r', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']);
  });

  it('refuses what JSON cannot say', () => {
    for (const value of [NaN, Infinity, '\ud800', () => 1, Symbol('x')])
      expect(() => canonical(value)).toThrow(TypeError);
  });
});

describe('the chain', () => {
  const row = { id: 'a', at: '2026-01-01T00:00:00.000001Z', action: 'LogIn', target: { b: '1', a: '2' } };

  it('hashes the previous hash and the canonical row', () => {
    const text =
      '{"action":"LogIn","at":"2026-01-01T00:00:00.000001Z","id":"a","seq":7,"target":{"a":"2","b":"1"},"tenant_id":"t","v":1}';
    const expected = createHash('sha256')
      .update(Buffer.concat([GENESIS, Buffer.from(text)]))
      .digest('hex');
    expect(entryHash(GENESIS, 't', 7, row).toString('hex')).toBe(expected);
  });

  it('tells any difference', () => {
    const base = entryHash(GENESIS, 't', 1, row).toString('hex');
    const others = [
      entryHash(Buffer.alloc(32, 1), 't', 1, row),
      entryHash(GENESIS, 'u', 1, row),
      entryHash(GENESIS, 't', 2, row),
      entryHash(GENESIS, 't', 1, { ...row, action: 'LogIm' }),
      entryHash(GENESIS, 't', 1, { ...row, target: { b: '1', a: '3' } }),
    ].map((hash) => hash.toString('hex'));
    expect(new Set([base, ...others]).size).toBe(6);
  });

  it('has the Merkle root of RFC 6962', () => {
    const h = (...parts: (Buffer | number)[]): Buffer =>
      createHash('sha256')
        .update(Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : part))))
        .digest();
    const leaves = [0, 1, 2, 3, 4].map((i) => Buffer.alloc(32, i));
    const [a, b, c, d, e] = leaves.map((leaf) => h(0, leaf));
    expect(merkleRoot(leaves)).toEqual(h(1, h(1, h(1, a, b), h(1, c, d)), e));
    expect(merkleRoot(leaves.slice(0, 1))).toEqual(a);
    expect(() => merkleRoot([])).toThrow();
  });
});
