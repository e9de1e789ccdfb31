import { createHmac, createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Command } from '@nestjs/cqrs';
import { RefreshTokensCommand } from '../../src/access/identity/commands/refresh-tokens';
import { KeepSigningKeysCommand } from '../../src/access/identity/commands/signing-keys';
import {
  RevokeSigningKeyCommand,
  RotateSigningKeyCommand,
  SigningKeysQuery,
} from '../../src/access/identity/contracts/signing-keys';
import { SigningKeys } from '../../src/access/identity/domain/signing-keys';
import { TokenVerifier } from '../../src/kernel/auth/token-verifier';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import { eventually } from '../support/eventually';
import { identityApp, type IdentityApp } from '../support/identity';

type Json = Record<string, unknown>;
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const read = (token: string, at: 0 | 1): Json =>
  JSON.parse(Buffer.from(token.split('.')[at], 'base64url').toString()) as Json;
const es256 = (header: object, claims: object, key: KeyObject): string => {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createSign('sha256').update(signed).sign({ key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};

/** Each forgery but for one thing is a good token, most of them signed by our own key: only the check of that thing refuses it. */
describe('access tokens under attack', () => {
  let id: IdentityApp;
  let second: IdentityApp | undefined;
  let good: string;
  let header: Json;
  let claims: Json;
  let key: KeyObject;
  const mine = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  beforeAll(async () => {
    id = await identityApp();
    good = (await id.logIn((await id.owner()).email)).accessToken;
    header = read(good, 0);
    claims = read(good, 1);
    key = (await id.app.get(SigningKeys).current()).privateKey;
  });
  afterAll(async () => {
    await id.close();
    await second?.close();
  });
  afterEach(() => clock.setOffset(0));

  const verify = (token: string): Promise<unknown> => id.as(async () => id.app.get(TokenVerifier).verify(token));
  const seconds = (): number => Math.floor(clock.nowMs() / 1000);

  it('are good as they are, and when signed again by our key', async () => {
    await expect(verify(good)).resolves.toBeTruthy();
    await expect(verify(es256(header, claims, key))).resolves.toBeTruthy();
  });

  const forgeries: [string, () => string][] = [
    ['alg none, no signature', () => `${part({ ...header, alg: 'none' })}.${part(claims)}.`],
    ['alg None', () => `${part({ ...header, alg: 'None' })}.${part(claims)}.${good.split('.')[2]}`],
    [
      'HS256 keyed with the public key',
      () => {
        const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
        const signed = `${part({ ...header, alg: 'HS256' })}.${part(claims)}`;
        return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
      },
    ],
    [
      'RS256 by a key of its own',
      () => {
        const signed = `${part({ ...header, alg: 'RS256' })}.${part(claims)}`;
        return `${signed}.${createSign('sha256').update(signed).sign(rsa.privateKey).toString('base64url')}`;
      },
    ],
    ['the right kid, another key', () => es256(header, claims, mine.privateKey)],
    ['an unknown kid', () => es256({ ...header, kid: 'unknown' }, claims, key)],
    ['a kid that is a path', () => es256({ ...header, kid: '../../dev/null' }, claims, key)],
    ['a kid that is SQL', () => es256({ ...header, kid: "' or true --" }, claims, key)],
    ['no kid', () => es256({ ...header, kid: undefined }, claims, key)],
    [
      'its own key in jwk',
      () => es256({ ...header, jwk: mine.publicKey.export({ format: 'jwk' }) }, claims, mine.privateKey),
    ],
    ['its own key by jku', () => es256({ ...header, jku: 'https://evil.test/jwks.json' }, claims, mine.privateKey)],
    ['its own key by x5u', () => es256({ ...header, x5u: 'https://evil.test/x.pem' }, claims, mine.privateKey)],
    ['an unknown critical header', () => es256({ ...header, crit: ['exp'] }, claims, key)],
    ['typ JWT', () => es256({ ...header, typ: 'JWT' }, claims, key)],
    ['no typ', () => es256({ ...header, typ: undefined }, claims, key)],
    ['expired', () => es256(header, { ...claims, exp: seconds() - 1 }, key)],
    ['no exp', () => es256(header, { ...claims, exp: undefined }, key)],
    ['exp as text', () => es256(header, { ...claims, exp: '9999999999' }, key)],
    ['not valid yet', () => es256(header, { ...claims, nbf: seconds() + 60 }, key)],
    ['nbf as text', () => es256(header, { ...claims, nbf: 'now' }, key)],
    ['another audience', () => es256(header, { ...claims, aud: 'another-api' }, key)],
    ['no audience', () => es256(header, { ...claims, aud: undefined }, key)],
    ['another issuer', () => es256(header, { ...claims, iss: 'https://evil.test' }, key)],
    ['a session that is not', () => es256(header, { ...claims, sid: newId() }, key)],
    ['the session of another user', () => es256(header, { ...claims, sub: newId() }, key)],
    ['an organization that is not its own', () => es256(header, { ...claims, tid: newId() }, key)],
    ['no session', () => es256(header, { ...claims, sid: undefined }, key)],
    ['ids that are none', () => es256(header, { ...claims, sub: 'admin', sid: '1' }, key)],
    [
      'claims changed after signing',
      () => [good.split('.')[0], part({ ...claims, tid: newId() }), good.split('.')[2]].join('.'),
    ],
    ['a signature cut off', () => good.slice(0, -6)],
    ['a signature of zeros', () => [...good.split('.').slice(0, 2), Buffer.alloc(64).toString('base64url')].join('.')],
    ['four parts', () => `${good}.${good}`],
    ['claims that are an array', () => es256(header, [claims], key)],
    ['five kilobytes more', () => es256(header, { ...claims, pad: 'x'.repeat(5_000), exp: seconds() - 1 }, key)],
  ];

  it.each(forgeries)('are refused with %s', async (_name, forge) => {
    await expect(verify(forge())).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('are refused when their key is retired, and of an older version of the session', async () => {
    await id.as(() => id.commands.execute(new RotateSigningKeyCommand()));
    await expect(verify(good)).resolves.toBeTruthy();
    await expect(verify(es256(header, { ...claims, sv: -1 }, key))).rejects.toMatchObject({ kind: 'unauthenticated' });
    clock.setOffset(27 * 3_600);
    await expect(verify(es256(header, { ...claims, exp: seconds() + 600 }, key))).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
  });

  describe('and their keys', () => {
    const run = <T>(command: Command<T>): Promise<T> => id.as(() => id.commands.execute(command));
    const states = async (): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await id.as(() => id.queries.execute(new SigningKeysQuery()))).map(({ kid, state }) => [kid, state]),
      );
    const signing = async (): Promise<string> => (await id.app.get(SigningKeys).current()).kid;
    const withState = async (state: string): Promise<string[]> =>
      Object.entries(await states()).flatMap(([kid, is]) => (is === state ? [kid] : []));

    it('are void at once when they are revoked, also tokens that were verified before; the session lives on', async () => {
      const { email } = await id.owner();
      const tokens = await id.logIn(email);
      await expect(verify(tokens.accessToken)).resolves.toBeTruthy();
      const kid = await signing();
      const [next] = await withState('next');
      expect(await run(new RevokeSigningKeyCommand())).toEqual({ revoked: kid, kid: next });
      await expect(verify(tokens.accessToken)).rejects.toMatchObject({ code: 'auth.token-invalid' });
      const { refreshToken } = tokens;
      const renewed = await run(new RefreshTokensCommand({ refreshToken }));
      expect(read(renewed.accessToken, 0).kid).toBe(next);
      await expect(verify(renewed.accessToken)).resolves.toBeTruthy();
      await expect(run(new RevokeSigningKeyCommand(kid))).rejects.toThrow('identity.signing-key-not-found');
      // One that does not sign yet can be revoked too: another takes its place.
      const [unused] = await withState('next');
      expect(await run(new RevokeSigningKeyCommand(unused))).toEqual({ revoked: unused, kid: next });
      expect(await withState('next')).not.toContain(unused);
      await expect(verify(renewed.accessToken)).resolves.toBeTruthy();
    });

    it('change by the calendar, once however many processes look; the next one was published before', async () => {
      // Passport knows one strategy in a process, that of the newest application: it stays open to the end.
      const other = (second = await identityApp());
      const both = [id, other];
      const keep = () =>
        Promise.all([...both, ...both].map((app) => app.as(() => app.commands.execute(new KeepSigningKeysCommand()))));
      await keep();
      const before = await signing();
      const [next] = await withState('next');
      expect(next).toBeTruthy();
      expect((await keep()).every(({ kid }) => kid === null)).toBe(true);

      clock.setOffset(31 * 86_400);
      const fresh = (await id.logIn((await id.owner()).email)).accessToken;
      expect(read(fresh, 0).kid).toBe(before);
      expect((await keep()).flatMap(({ kid }) => kid ?? [])).toEqual([next]);
      await eventually(async () => (await other.app.get(SigningKeys).current()).kid === next);
      expect(await withState('next')).toHaveLength(1);
      expect((await states())[before]).toBe('verifying');
      await expect(verify(fresh)).resolves.toBeTruthy();
      await expect(other.as(async () => other.app.get(TokenVerifier).verify(fresh))).resolves.toBeTruthy();

      clock.setOffset(31 * 86_400 + 27 * 3_600);
      expect(await states()).not.toHaveProperty(before);
      const [row] = await id.rows<{ gone: boolean }>(
        `select private_key_enc = '' as gone from identity.signing_keys where kid = $1`,
        [before],
      );
      expect(row.gone).toBe(true);
    });
  });
});
