import { randomUUID } from 'node:crypto';
import { SoftAuthenticator, type Twist } from '../../../../test/support/authenticator';
import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, type Login, type Shop } from '../../../../test/support/shop';

interface Options {
  challengeId: string;
  options: {
    challenge: string;
    rpId?: string;
    rp: { id: string; name: string };
    user: { id: string; name: string };
    allowCredentials?: { id: string; transports?: string[] }[];
    excludeCredentials?: { id: string }[];
    pubKeyCredParams: { alg: number }[];
    authenticatorSelection: object;
    userVerification: string;
    timeout: number;
  };
}
interface Problem {
  code: string;
}
interface Own {
  factors: { id: string; method: string; name: string; deviceBound: boolean; backedUp: boolean; rpId: string }[];
  assurance: { aal: number; amr: string[] };
}

describe('passkeys over HTTP', () => {
  let anybody: TestClient;
  let url: string;
  /** The public address of the server: where browsers would be. */
  let origin: string;

  const start = (client: TestClient): Promise<Answer<Options>> => client.post<Options>('/auth/passkeys/options');
  const register = async (shop: Shop, device: SoftAuthenticator, twist: Twist = {}, name = 'Laptop') => {
    const { challengeId, options } = expectStatus(await start(shop.asOwner), 200);
    const credential = device.create(options, twist);
    return shop.asOwner.post<{ factorId: string; backupCodes: string[] } & Problem>('/auth/passkeys', {
      challengeId,
      credential,
      name,
    });
  };
  const ask = async (body: object = {}): Promise<Options> =>
    expectStatus(await anybody.post<Options>('/auth/passkeys/login/options', body), 200);
  const logIn = async (device: SoftAuthenticator, twist: Twist = {}) => {
    const { challengeId, options } = await ask();
    const credential = device.get(options, twist);
    return anybody.post<Login & Problem>('/auth/passkeys/login', { challengeId, credential });
  };
  const shopWithPasskey = async (label: string, options: { backupEligible?: boolean; counts?: boolean } = {}) => {
    const shop = await openShop(url, label);
    const device = new SoftAuthenticator(origin, options);
    const added = expectStatus(await register(shop, device), 201);
    return { shop, device, added };
  };

  beforeAll(async () => {
    ({ url } = await server());
    origin = `http://localhost:${new URL(url).port}`;
    anybody = new TestClient(url);
  });

  it('are made with options that ask for a discoverable key and a verified user', async () => {
    const shop = await openShop(url, 'Options');
    const { options } = expectStatus(await start(shop.asOwner), 200);
    expect(Buffer.from(options.challenge, 'base64url')).toHaveLength(32);
    expect(options).toMatchObject({
      rp: { id: 'localhost', name: 'Mainstay' },
      user: { name: shop.owner.user.email },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      timeout: 300_000,
    });
    expect(options.pubKeyCredParams.map(({ alg }) => alg)).toEqual([-8, -7, -257]);
    expect(Buffer.from(options.user.id, 'base64url')).toHaveLength(16);
  });

  it('sign in without a password, as two factors in one', async () => {
    const { shop, device, added } = await shopWithPasskey('Passkey', { backupEligible: true });
    expect(added.backupCodes).toHaveLength(10);
    expect(await mailTo(anybody, shop.owner.user.email, /factor was added/)).toBeTruthy();
    const tokens = expectStatus(await logIn(device), 200);
    expect(tokens.user).toMatchObject({ id: shop.owner.user.id, organization: { slug: shop.slug } });
    const own = expectStatus(await anybody.get<Own>('/auth/mfa', { token: tokens.accessToken }), 200);
    expect(own.assurance).toMatchObject({ aal: 2, amr: ['swk', 'user', 'mfa'] });
    expect(own.factors).toEqual([
      expect.objectContaining({
        method: 'passkey',
        name: 'Laptop',
        deviceBound: false,
        backedUp: true,
        rpId: 'localhost',
      }),
    ]);
    // The same authenticator is told that it has a key already.
    const again = expectStatus(await start(anybody.as({ token: tokens.accessToken })), 200);
    expect(again.options.excludeCredentials).toHaveLength(1);
  });

  it('are the second factor of a sign-in by password, where the presence of the user is enough', async () => {
    const { shop, device } = await shopWithPasskey('Second');
    const login = await anybody.post<{ mfaToken: string; methods: string[] }>('/auth/login', {
      email: shop.owner.user.email,
      password: PASSWORD,
    });
    const { mfaToken, methods } = expectStatus(login, 200);
    expect(methods).toEqual(['passkey', 'backup_code']);
    const challenge = () => anybody.post<Options>('/auth/mfa/challenge', { mfaToken, method: 'passkey' });
    const { options } = expectStatus(await challenge(), 200);
    expect(options.allowCredentials).toHaveLength(1);
    const absent = device.get(options, { userPresent: false });
    const verify = (credential: object) =>
      anybody.post<Login>('/auth/mfa/verify', { mfaToken, method: 'passkey', credential });
    expect((await verify(absent)).status).toBe(401);
    // The challenge is used up by a wrong answer too.
    expect((await verify(device.get(options))).status).toBe(401);
    const fresh = expectStatus(await challenge(), 200);
    const tokens = expectStatus(await verify(device.get(fresh.options, { userVerified: false })), 200);
    const own = (await anybody.get<Own>('/auth/mfa', { token: tokens.accessToken })).body;
    expect(own.assurance).toMatchObject({ aal: 2, amr: ['pwd', 'hwk', 'mfa'] });
  });

  it.each<[string, Twist]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin that only looks alike', { origin: 'http://localhost.evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['the other ceremony', { type: 'webauthn.create' }],
    ['no user present', { userPresent: false, userVerified: false }],
    ['a user who was not verified', { userVerified: false }],
    [
      'authenticator data changed after signing',
      { tamper: (data) => Buffer.concat([data.subarray(0, 33), Buffer.from([0, 0, 255, 255])]) },
    ],
    [
      'a flag set after signing',
      {
        userVerified: false,
        tamper: (data) => Buffer.concat([data.subarray(0, 32), Buffer.from([data[32] | 4]), data.subarray(33)]),
      },
    ],
    ['authenticator data cut off', { tamper: (data) => data.subarray(0, 20) }],
    ['a key that turned into a copied one', { backupEligible: true }],
    ['the handle of somebody else', { userHandle: Buffer.alloc(16).toString('base64url') }],
  ])('refuse %s, and say nothing more', async (_what, twist) => {
    const { device } = await shopWithPasskey('Attacked');
    const answer = await logIn(device, twist);
    expect([answer.status, answer.body.code]).toEqual([401, 'identity.passkey-refused']);
    expect(JSON.stringify(answer.body)).not.toMatch(/origin|rpId|expected|counter|signature/i);
    expectStatus(await logIn(device), 200);
  });

  it.each<[string, Twist]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['a user who was not verified', { userVerified: false }],
    ['an algorithm that is not on the list', { alg: -65535 }],
    ['a key that is cut off', { tamper: (data) => data.subarray(0, data.length - 10) }],
  ])('are not stored from %s', async (_what, twist) => {
    const shop = await openShop(url, 'Not stored');
    const answer = await register(shop, new SoftAuthenticator(origin), twist);
    expect([answer.status, answer.body.code]).toEqual([401, 'identity.passkey-refused']);
    expect((await shop.asOwner.get<Own>('/auth/mfa')).body.factors).toEqual([]);
  });

  it('answer a challenge once, for the one who asked, within five minutes', async () => {
    const { device } = await shopWithPasskey('Once');
    const { challengeId, options } = await ask();
    const credential = device.get(options);
    const send = (headers: Record<string, string> = {}) =>
      anybody.post<Login & Problem>('/auth/passkeys/login', { challengeId, credential }, { headers });
    expect((await send({ 'user-agent': 'a thief' })).status).toBe(401);
    const racing = await Promise.all(Array.from({ length: 50 }, () => send()));
    expect(racing.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status } of racing) expect([200, 401]).toContain(status);
    // A challenge of one ceremony is none of another.
    const shop = await openShop(url, 'Elsewhere');
    const creation = expectStatus(await start(shop.asOwner), 200);
    const foreign = device.get({ ...options, challenge: creation.options.challenge });
    const answer = await anybody.post('/auth/passkeys/login', {
      challengeId: creation.challengeId,
      credential: foreign,
    });
    expect(answer.status).toBe(401);
  });

  it('whose counter does not grow look copied: refused and told, or let in and told, as the organization wants', async () => {
    const { shop, device } = await shopWithPasskey('Copied');
    expectStatus(await logIn(device), 200);
    expectStatus(await logIn(device, { counter: 9 }), 200);
    const copy = await logIn(device, { counter: 9 });
    expect([copy.status, copy.body.code]).toEqual([401, 'identity.passkey-refused']);
    expect((await mailTo(anybody, shop.owner.user.email, /sign-in was refused/)).text).toMatch(
      /copy of your authenticator/,
    );
    const rules = { mfa: { copiedPasskeys: 'report' } };
    expectStatus(await shop.asOwner.call('PATCH', '/security-policy', rules), 200);
    expectStatus(await logIn(device, { counter: 3 }), 200);
    expectStatus(await logIn(device, { counter: 10 }), 200);
  });

  it('without a counter are no copies', async () => {
    const { device } = await shopWithPasskey('Counterless', { backupEligible: true, counts: false });
    for (let i = 0; i < 3; i++) expectStatus(await logIn(device), 200);
  });

  it('are named to nobody: the options tell of no account', async () => {
    const { shop, device } = await shopWithPasskey('Named');
    const shape = ({ options }: Options) => ({ ...options, challenge: '' });
    const known = shape(await ask({ email: shop.owner.user.email }));
    expect(known).toEqual(shape(await ask({ email: 'nobody@example.com' })));
    expect(known).toMatchObject({ userVerification: 'required' });
    expect(known.allowCredentials ?? []).toEqual([]);
    expectStatus(await logIn(device), 200);
  });

  it('belong to one account, are renamed and removed', async () => {
    const { shop, device, added } = await shopWithPasskey('Managed');
    const renamed = await shop.asOwner.call<{ name: string }>('PATCH', `/auth/mfa/${added.factorId}`, { name: 'Key' });
    expect(expectStatus(renamed, 200).name).toBe('Key');
    // Removing asks for a session that proved the factor: the one that added it did.
    expectStatus(await shop.asOwner.call('DELETE', `/auth/mfa/${added.factorId}`), 200);
    const gone = await logIn(device);
    expect([gone.status, gone.body.code]).toEqual([401, 'identity.passkey-refused']);
  });

  it.each([
    [{}, 400],
    [{ challengeId: randomUUID(), credential: {} }, 401],
    [{ challengeId: 'x', credential: {} }, 400],
    [{ challengeId: randomUUID(), credential: [] }, 400],
    [{ challengeId: randomUUID(), credential: { id: 'a', rawId: 'b' } }, 401],
    [
      { challengeId: randomUUID(), credential: { id: 'A'.repeat(5_000), rawId: 'A'.repeat(5_000), response: null } },
      401,
    ],
  ])('refuse bad input %#', async (body, status) => {
    expect((await anybody.post('/auth/passkeys/login', body)).status).toBe(status);
  });

  it('refuse mangled answers of every part without a server error', async () => {
    const { device } = await shopWithPasskey('Mangled');
    for (const part of ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'])
      for (const value of ['', '!', 'AAAA', 'x'.repeat(100_000), 7, null, {}, [], 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0']) {
        const { challengeId, options } = await ask();
        const credential = device.get(options) as { response: Record<string, unknown> };
        credential.response[part] = value;
        const { status } = await anybody.post('/auth/passkeys/login', { challengeId, credential });
        // A handle is optional: without one the answer is right.
        const right = part === 'userHandle' && value === null;
        expect({ part, value: String(value).slice(0, 20), status }).toMatchObject({ status: right ? 200 : 401 });
      }
  });

  it('are open to the apps of the settings', async () => {
    const links = await anybody.get<object[]>(`${url}/.well-known/assetlinks.json`);
    expect([links.status, links.body]).toEqual([200, []]);
    const apple = await anybody.get(`${url}/.well-known/apple-app-site-association`);
    expect(apple.headers.get('content-type')).toMatch(/^application\/json/);
    expect(apple.body).toEqual({ webcredentials: { apps: [] } });
  });
});
