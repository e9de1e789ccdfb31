import { hotp, matchingStep, newSeed, otpauthUrl, qrDataUri, stepOf } from './one-time-passwords';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
/** ASCII digits 1234567890, repeated to this many bytes (RFC 6238, appendix B, erratum 2866). */
const seed = (bytes: number): Uint8Array => ascii('1234567890'.repeat(7).slice(0, bytes));

describe('one-time passwords', () => {
  it('RFC 4226, appendix D: counters 0 to 9', () => {
    const codes = Array.from({ length: 10 }, (_, counter) => hotp(ascii('12345678901234567890'), counter));
    expect(codes.join(' ')).toBe('755224 287082 359152 969429 338314 254676 287922 162583 399871 520489');
  });

  it.each([
    [59, '94287082', '46119246', '90693936'],
    [1111111109, '07081804', '68084774', '25091201'],
    [1111111111, '14050471', '67062674', '99943326'],
    [1234567890, '89005924', '91819424', '93441116'],
    [2000000000, '69279037', '90698825', '38618901'],
    [20000000000, '65353130', '77737706', '47863826'],
  ])('RFC 6238, appendix B: %i s', (seconds, sha1, sha256, sha512) => {
    const counter = stepOf(seconds * 1000);
    expect(hotp(seed(20), counter, { digits: 8, algorithm: 'SHA1' })).toBe(sha1);
    expect(hotp(seed(32), counter, { digits: 8, algorithm: 'SHA256' })).toBe(sha256);
    expect(hotp(seed(64), counter, { digits: 8, algorithm: 'SHA512' })).toBe(sha512);
  });

  it('name the step whose code was sent, one step around the present at most', () => {
    const base32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const at = 1_111_111_111_000;
    const code = (step: number): string => hotp(seed(20), step);
    const now = stepOf(at);
    for (const delta of [-1, 0, 1]) expect(matchingStep(base32, code(now + delta), at, 1)).toBe(now + delta);
    for (const delta of [-2, 2]) expect(matchingStep(base32, code(now + delta), at, 1)).toBeNull();
    expect(matchingStep(base32, code(now), at, 0)).toBe(now);
    for (const delta of [-1, 1]) expect(matchingStep(base32, code(now + delta), at, 0)).toBeNull();
    for (const bad of ['', '12345', '1234567', '12345a', '１２３４５６', ' 123456'])
      expect(matchingStep(base32, bad, at, 1)).toBeNull();
  });

  it('come from seeds of 160 bits, in a form that apps read', async () => {
    const fresh = newSeed();
    expect(fresh).toMatch(/^[A-Z2-7]{32}$/);
    expect(newSeed()).not.toBe(fresh);
    const url = new URL(otpauthUrl({ issuer: 'Café & Söhne', account: 'ada@example.org', seed: fresh }));
    expect(url.protocol).toBe('otpauth:');
    expect(url.host).toBe('totp');
    expect(url.searchParams.get('secret')).toBe(fresh);
    expect(url.searchParams.get('issuer')).toBe('Café & Söhne');
    expect([...['algorithm', 'digits', 'period'].map((key) => url.searchParams.get(key))]).toEqual(['SHA1', '6', '30']);
    expect(await qrDataUri(url.href)).toMatch(/^data:image\/png;base64,iVBOR/);
  });
});
