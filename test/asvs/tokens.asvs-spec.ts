import {
  createLocalJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose';
import { newId } from '../../src/kernel/ids/ids';
import { installation, type Installation } from './world';

describe('access tokens against an independent library', () => {
  let here: Installation;
  let token: string;
  let keys: JSONWebKeySet;

  beforeAll(async () => {
    here = await installation();
    token = here.shop.owner.accessToken;
    keys = (await (await fetch(`${here.servers[0].url}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
  }, 120_000);
  afterAll(() => here.stop());

  const claims = (): JWTPayload => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as JWTPayload;
  const ask = async (text: string): Promise<number> => (await here.at().get('/auth/profile', { token: text })).status;

  it('verify with the published keys and no other algorithm', async () => {
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ['ES256'],
      typ: 'at+jwt',
    });
    expect(payload.sub).toBe(here.shop.owner.user.id);
    // The one that signs and the next one.
    expect(keys.keys.map(({ kid }) => kid)).toContain(protectedHeader.kid);
    expect(keys.keys.length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(keys)).not.toContain('"d"');
    expect(await ask(token)).toBe(200);
  });

  it('are refused when the algorithm, key, type, audience or time is not ours', async () => {
    const header = decodeProtectedHeader(token);
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const sign = (more: object, body: JWTPayload = claims()): Promise<string> =>
      new SignJWT(body).setProtectedHeader({ ...header, alg: 'ES256', ...more }).sign(privateKey);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const publicBytes = new TextEncoder().encode(JSON.stringify(keys.keys[0]));
    const [head, body, signature] = token.split('.');
    const now = Math.floor(claims().iat!);
    const attacks: Record<string, string> = {
      'alg none': `${part({ ...header, alg: 'none' })}.${body}.`,
      'alg None': `${part({ ...header, alg: 'None' })}.${body}.`,
      'no signature': `${head}.${body}.`,
      'HS256 with the public key': await new SignJWT(claims())
        .setProtectedHeader({ ...header, alg: 'HS256' })
        .sign(publicBytes),
      'another key under our id': await sign({}),
      'a key of its own': await sign({ jwk }),
      'jku of its own': await sign({ jku: 'https://evil.test/jwks.json' }),
      'x5u of its own': await sign({ x5u: 'https://evil.test/cert' }),
      'kid that climbs': await sign({ kid: '../../../../dev/null' }),
      'kid that injects': await sign({ kid: `x' union select 'a` }),
      'unknown kid': await sign({ kid: newId() }),
      expired: await sign({}, { ...claims(), exp: now - 10 }),
      'not yet': await sign({}, { ...claims(), nbf: now + 1_000 }),
      'another audience': await sign({}, { ...claims(), aud: 'other' }),
      'another type': await sign({ typ: 'JWT' }),
      'changed body': `${head}.${part({ ...claims(), sub: newId() })}.${signature}`,
      'changed signature': `${head}.${body}.${signature.slice(0, -2)}AA`,
      'signature twice': `${token}.${signature}`,
      'critical header': await sign({ crit: ['exp'], exp: 1 }).catch(
        () => `${part({ ...header, crit: ['x'], x: 1 })}.${body}.${signature}`,
      ),
      nothing: '..',
    };
    const answers: Record<string, number> = {};
    for (const [name, text] of Object.entries(attacks)) answers[name] = await ask(text);
    expect(answers).toEqual(Object.fromEntries(Object.keys(attacks).map((name) => [name, 401])));
  });

  it('of one kind are of no use as another', async () => {
    expect([400, 401]).toContain((await here.at().post('/auth/refresh', { refreshToken: token })).status);
    expect(await ask(here.shop.owner.refreshToken)).toBe(401);
    const links = await here.at().post('/auth/reset-password', { token, password: 'quite a long new password' });
    expect(links.status).toBeGreaterThanOrEqual(400);
  });

  it('end within five seconds of the logout on every process, at once on the same', async () => {
    const tokens = await here.logIn();
    expect(await ask(tokens.accessToken)).toBe(200);
    await here.at().post('/auth/logout', undefined, { token: tokens.accessToken });
    expect(await ask(tokens.accessToken)).toBe(401);
    expect(Buffer.from(tokens.refreshToken.split('.').pop()!, 'base64url').length).toBeGreaterThanOrEqual(16);
  });
});
