import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { SoftAuthenticator } from '../../../../test/support/authenticator';
import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, signUp, type Login, type Shop } from '../../../../test/support/shop';
import { totpCode } from '../../../../test/support/totp';

interface Asked extends Login {
  mfaRequired?: true;
  mfaToken: string;
  methods: string[];
  enrolmentRequired: boolean;
  backupCodes: string[];
}
interface Problem {
  code: string;
  factor?: string;
  acrValues?: string[];
  maxAge?: number;
  missing?: string[];
}
interface Progress {
  missing: string[];
  approved: boolean;
  emailConfirmed: boolean;
}

describe('what organizations ask of factors, fresh proofs and recovery, over HTTP', () => {
  let anybody: TestClient;
  let url: string;
  let sql: Client;
  let step = 0;

  const logIn = (email: string, client = anybody): Promise<Answer<Asked>> =>
    client.post<Asked>('/auth/login', { email, password: PASSWORD });
  /** Time goes on for one person alone: the session's proof, or the factor's last use, was earlier. */
  const earlier = (userId: string, seconds: number) =>
    sql.query(`update identity.sessions set auth_time = auth_time - make_interval(secs => $2) where user_id = $1`, [
      userId,
      seconds,
    ]);
  const forgetSteps = (userId: string) =>
    sql.query(`update identity.factors set last_step = last_step - 10 where user_id = $1`, [userId]);
  const codeOf = async (secret: string, userId?: string): Promise<string> => {
    if (userId) await forgetSteps(userId);
    const { rows } = await sql.query<{ now: Date }>(
      `select now() + make_interval(secs => (select offset_seconds from kernel.clock)) as now`,
    );
    return totpCode(secret, rows[0].now.getTime());
  };
  const addTotp = async (client: TestClient) => {
    const { secret } = expectStatus(
      await client.post<{ secret: string }>('/auth/mfa/totp', { name: `App ${++step}` }),
      201,
    );
    const code = await codeOf(secret);
    const added = await client.post<{ factorId: string; backupCodes: string[] }>('/auth/mfa/totp/confirm', { code });
    return { secret, ...expectStatus(added, 200) };
  };
  const rules = (shop: Shop, mfa: object) => shop.asOwner.call<Problem>('PATCH', '/security-policy', { mfa });
  const customerOf = (shop: Shop, label: string) =>
    signUp(shop.asGuest, { email: `${label}-${randomUUID().slice(-12)}@example.com`, name: 'Cora Customer' });
  const enrol = async (mfaToken: string) => {
    const start = await anybody.post<{ secret: string }>('/auth/mfa/enrolment', { mfaToken, method: 'totp' });
    const { secret } = expectStatus(start, 200);
    const body = { mfaToken, method: 'totp', code: await codeOf(secret) };
    return { secret, answer: await anybody.post<Asked>('/auth/mfa/enrolment/confirm', body) };
  };

  beforeAll(async () => {
    const started = await server();
    ({ url } = started);
    anybody = new TestClient(url);
    sql = new Client({ connectionString: started.database.superuserUrl });
    await sql.connect();
  });
  afterAll(() => sql.end());

  describe('a required factor', () => {
    it('is set up at the sign-in that asks for it, in the same flow', async () => {
      const shop = await openShop(url, 'Required');
      const cora = await customerOf(shop, 'required');
      expectStatus(await rules(shop, { mode: 'required', methods: ['totp', 'passkey', 'backup_code'] }), 200);
      const asked = expectStatus(await logIn(cora.user.email, shop.asGuest), 200);
      expect(asked).toMatchObject({ mfaRequired: true, enrolmentRequired: true, methods: ['totp', 'passkey'] });
      const verify = { mfaToken: asked.mfaToken, method: 'totp', code: '123456' };
      expect((await anybody.post('/auth/mfa/verify', verify)).status).toBe(401);
      const phone = { mfaToken: asked.mfaToken, method: 'sms', phone: '+4915112345678' };
      expect((await anybody.post('/auth/mfa/enrolment', phone)).status).toBe(409);
      const { answer } = await enrol(asked.mfaToken);
      const tokens = expectStatus(answer, 200);
      expect(tokens.backupCodes).toHaveLength(10);
      const own = await anybody.get('/auth/mfa', { token: tokens.accessToken });
      expect(own.body).toMatchObject({ assurance: { aal: 2 }, policy: { mode: 'required' } });
      expect((await enrol(asked.mfaToken).catch(() => null))?.answer.status).toBeUndefined();
      const last = (own.body as { factors: { id: string }[] }).factors[0].id;
      const kept = await anybody.call<Problem>('DELETE', `/auth/mfa/${last}`, undefined, { token: tokens.accessToken });
      expect([kept.status, kept.body.code]).toEqual([409, 'identity.last-factor-required']);
      const again = expectStatus(await logIn(cora.user.email, shop.asGuest), 200);
      expect(again).toMatchObject({ enrolmentRequired: false, methods: ['totp', 'backup_code'] });
    });

    it('may be a passkey', async () => {
      const shop = await openShop(url, 'Required passkey');
      const cora = await customerOf(shop, 'passkey');
      expectStatus(await rules(shop, { roles: [{ role: 'customer', mode: 'required' }], methods: ['passkey'] }), 200);
      const { mfaToken } = expectStatus(await logIn(cora.user.email, shop.asGuest), 200);
      const start = await anybody.post<{ options: never }>('/auth/mfa/enrolment', { mfaToken, method: 'passkey' });
      const device = new SoftAuthenticator(`http://localhost:${new URL(url).port}`);
      const credential = device.create(expectStatus(start, 200).options);
      const body = { mfaToken, method: 'passkey', credential, name: 'Phone' };
      const tokens = expectStatus(await anybody.post<Asked>('/auth/mfa/enrolment/confirm', body), 200);
      expect(tokens.backupCodes).toHaveLength(10);
      // The owner's role is not asked.
      expect(expectStatus(await logIn(shop.owner.user.email), 200)).toHaveProperty('accessToken');
    });

    it('holds for sessions that go on, and for those that switch; days of grace spare newcomers', async () => {
      const shop = await openShop(url, 'Later');
      const cora = await customerOf(shop, 'later');
      const customers = [{ role: 'customer', mode: 'required' }];
      expectStatus(await rules(shop, { roles: customers, graceDays: 7 }), 200);
      const spared = await anybody.post<Login>('/auth/refresh', { refreshToken: cora.refreshToken });
      expectStatus(spared, 200);
      const kept = await rules(shop, { graceDays: null });
      expect(kept.body).toMatchObject({ mfa: { roles: customers, graceDays: 0 } });
      const refused = await anybody.post<Problem>('/auth/refresh', { refreshToken: spared.body.refreshToken });
      expect([refused.status, refused.body.code]).toEqual([401, 'identity.second-factor-required']);

      const opened = await shop.asOwner.post<{ slug: string }>('/organizations', { name: 'Branch' });
      const { slug } = expectStatus(opened, 201);
      const there = expectStatus(await shop.asOwner.post<Login>('/auth/switch', { organization: slug }), 200);
      const strict = { mfa: { mode: 'required' } };
      expectStatus(await anybody.call('PATCH', '/security-policy', strict, { token: there.accessToken }), 200);
      const email = shop.owner.user.email;
      const home = await anybody.post<Login>('/auth/login', { email, password: PASSWORD, organization: shop.slug });
      const asHome = anybody.as({ token: expectStatus(home, 200).accessToken });
      const switched = await asHome.post<Problem>('/auth/switch', { organization: slug });
      expect([switched.status, switched.body.code]).toEqual([401, 'identity.second-factor-required']);
      // With a factor added the same session may go there.
      await addTotp(asHome);
      expectStatus(await asHome.post('/auth/switch', { organization: slug }), 200);
    });

    it('is not met by e-mail: after the code a real factor is set up', async () => {
      const shop = await openShop(url, 'Mail only');
      const start = await shop.asOwner.post<{ challengeId: string }>('/auth/mfa/email');
      const { challengeId } = expectStatus(start, 201);
      const first = /\d{6}/.exec((await mailTo(anybody, shop.owner.user.email, /^\d{6} is/)).subject)![0];
      expectStatus(await shop.asOwner.post('/auth/mfa/email/confirm', { challengeId, code: first }), 200);
      expectStatus(await rules(shop, { mode: 'required' }), 200);
      const asked = expectStatus(await logIn(shop.owner.user.email), 200);
      expect(asked).toMatchObject({ methods: ['email'], enrolmentRequired: false });
      const { mfaToken } = asked;
      expectStatus(await anybody.post('/auth/mfa/challenge', { mfaToken, method: 'email' }), 200);
      const mail = await mailTo(anybody, shop.owner.user.email, new RegExp(`^(?!${first})\\d{6} is`));
      const code = /\d{6}/.exec(mail.subject)![0];
      const next = expectStatus(
        await anybody.post<Asked>('/auth/mfa/verify', { mfaToken, method: 'email', code }),
        200,
      );
      expect(next).toMatchObject({ mfaRequired: true, enrolmentRequired: true, mfaToken });
      const { answer } = await enrol(mfaToken);
      const own = await anybody.get('/auth/mfa', { token: expectStatus(answer, 200).accessToken });
      expect(own.body).toMatchObject({ assurance: { aal: 2, amr: ['pwd', 'email', 'otp', 'mfa'] } });
    });

    it.each([
      [{ mode: 'required', methods: ['email'] }, '/mfa/methods'],
      [{ mode: 'always' }, '/mfa/mode'],
      [{ methods: [] }, '/mfa/methods'],
      [{ trustedDeviceDays: 91 }, '/mfa/trustedDeviceDays'],
      [{ requiredFrom: 'tomorrow' }, '/mfa/requiredFrom'],
      [{ roles: [{ role: 'owner' }] }, '/mfa/roles/0/mode'],
    ])('cannot be asked for as %j', async (mfa, pointer) => {
      const shop = await openShop(url, 'Bad rules');
      const answer = await shop.asOwner.call<{ errors: { pointer: string }[] }>('PATCH', '/security-policy', { mfa });
      expect(answer.status).toBe(400);
      expect(answer.body.errors.map((error) => error.pointer)).toContain(pointer);
    });
  });

  it('a device that proved a factor is not asked again where the organization trusts it, and another is', async () => {
    const shop = await openShop(url, 'Trusted');
    const { secret } = await addTotp(shop.asOwner);
    expectStatus(await rules(shop, { trustedDeviceDays: 30 }), 200);
    const { email, id } = shop.owner.user;
    const known = expectStatus(
      await anybody.post<Login & { deviceToken: string }>('/auth/mfa/verify', {
        mfaToken: expectStatus(await logIn(email), 200).mfaToken,
        method: 'totp',
        code: await codeOf(secret, id),
      }),
      200,
    );
    const device = anybody.as({ headers: { 'x-device': known.deviceToken } });
    const { mfaToken } = expectStatus(await logIn(email, device), 200);
    const body = { mfaToken, method: 'totp', code: await codeOf(secret, id), trustDevice: true };
    expectStatus(await device.post('/auth/mfa/verify', body), 200);
    expect(expectStatus(await logIn(email, device), 200)).toHaveProperty('accessToken');
    expect(expectStatus(await logIn(email), 200)).toMatchObject({ mfaRequired: true });
    expectStatus(await rules(shop, { trustedDeviceDays: 0 }), 200);
    expect(expectStatus(await logIn(email, device), 200)).toMatchObject({ mfaRequired: true });
  });

  describe('sensitive routes', () => {
    it('ask for a fresh proof as RFC 9470 says; the proof gives new tokens, and the old ones are void', async () => {
      const shop = await openShop(url, 'Step up');
      await earlier(shop.owner.user.id, 1_000);
      const start = (token: string) => anybody.post<Problem>('/auth/mfa/totp', {}, { token });
      const old = shop.owner.accessToken;
      const refused = await start(old);
      expect(refused.status).toBe(401);
      expect(refused.body).toMatchObject({ code: 'auth.step-up-required', acrValues: ['aal1'], maxAge: 300 });
      expect(refused.headers.get('www-authenticate')).toMatch(
        /^Bearer .*error="insufficient_user_authentication".*acr_values="aal1", max_age="300"$/,
      );
      const wrong = await anybody.post<Problem>('/auth/step-up', { password: 'not the password' }, { token: old });
      expect([wrong.status, wrong.body.code]).toEqual([401, 'identity.invalid-credentials']);
      expect((await anybody.post<Problem>('/auth/step-up', {}, { token: old })).body.code).toBe(
        'identity.proof-missing',
      );
      const fresh = await anybody.post<Login>('/auth/step-up', { password: PASSWORD }, { token: old });
      const { accessToken, refreshToken } = expectStatus(fresh, 200);
      expect((await start(accessToken)).status).toBe(201);
      expect((await anybody.get('/auth/profile', { token: old })).status).toBe(401);
      expectStatus(await anybody.post('/auth/refresh', { refreshToken }), 200);
      expect((await anybody.post('/auth/step-up', { password: PASSWORD })).status).toBe(401);
    });

    it('ask those who have a factor for it', async () => {
      const shop = await openShop(url, 'Step up twice');
      const { email, id } = shop.owner.user;
      const other = expectStatus(await logIn(email), 200);
      const { secret, backupCodes } = await addTotp(shop.asOwner);
      const asOther = anybody.as({ token: other.accessToken });
      const refused = await asOther.post<Problem>('/auth/mfa/backup-codes');
      expect(refused.body).toMatchObject({ code: 'auth.step-up-required', acrValues: ['aal2'], factor: 'enrolled' });
      const half = expectStatus(await asOther.post<Login>('/auth/step-up', { password: PASSWORD }), 200);
      const asHalf = anybody.as({ token: half.accessToken });
      expect((await asHalf.post('/auth/mfa/backup-codes')).status).toBe(401);
      const code = await codeOf(secret, id);
      const proof = { method: 'totp', code };
      const answers = await Promise.all(Array.from({ length: 4 }, () => asHalf.post<Login>('/auth/step-up', proof)));
      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      const full = anybody.as({ token: won[0].body.accessToken });
      expectStatus(await full.post('/auth/mfa/backup-codes'), 200);
      expect((await full.post('/auth/step-up', { method: 'backup_code', code: backupCodes[0] })).status).toBe(401);
    });

    it('take a code that is sent for the proof, and no other', async () => {
      const shop = await openShop(url, 'Step up by mail');
      const { challengeId } = expectStatus(await shop.asOwner.post<{ challengeId: string }>('/auth/mfa/email'), 201);
      const first = /\d{6}/.exec((await mailTo(anybody, shop.owner.user.email, /^\d{6} is/)).subject)![0];
      expectStatus(await shop.asOwner.post('/auth/mfa/email/confirm', { challengeId, code: first }), 200);
      const sent = await shop.asOwner.post<{ challengeId: string }>('/auth/step-up/challenge', { method: 'email' });
      const proof = { method: 'email', challengeId: expectStatus(sent, 200).challengeId };
      const mail = await mailTo(anybody, shop.owner.user.email, new RegExp(`^(?!${first})\\d{6} is`));
      const code = /\d{6}/.exec(mail.subject)![0];
      const stranger = await openShop(url, 'Stranger');
      expect((await stranger.asOwner.post('/auth/step-up', { ...proof, code })).status).toBe(400);
      expect((await shop.asOwner.post('/auth/step-up', { ...proof, challengeId, code })).status).toBe(400);
      expectStatus(await shop.asOwner.post('/auth/step-up', { ...proof, code }), 200);
    });
  });

  describe('who has lost every factor', () => {
    const lost = async (label: string) => {
      const shop = await openShop(url, label);
      const cora = await customerOf(shop, 'lost');
      const { secret } = await addTotp(anybody.as({ token: cora.accessToken }));
      const signIn = async () => expectStatus(await logIn(cora.user.email, shop.asGuest), 200).mfaToken;
      const open = async (mfaToken: string) =>
        expectStatus(await anybody.post<Progress>('/auth/mfa/recovery', { mfaToken }), 200);
      const complete = (mfaToken: string) => anybody.post<Asked & Problem>('/auth/mfa/recovery/complete', { mfaToken });
      const links = async () => {
        const { text } = await mailTo(anybody, cora.user.email, /recover your account/);
        const paths = [...text.matchAll(/https?:\/\/[^/\s]+(\/recover-factors\/\S+)/g)].map((match) => match[1]);
        return { confirm: paths[0], stop: paths[1] };
      };
      const press = async (path: string) =>
        (
          await fetch(url + path, {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: '',
          })
        ).status;
      return { shop, cora, secret, signIn, open, complete, links, press };
    };

    it('recovers with the link in the mail and the consent of somebody else; then the old factors are gone', async () => {
      const { shop, cora, secret, signIn, open, complete, links, press } = await lost('Recovery');
      const mfaToken = await signIn();
      expect((await complete(mfaToken)).body.code).toBe('identity.recovery-not-open');
      expect(await open(mfaToken)).toMatchObject({ missing: ['email', 'approval', 'waiting'] });
      expect(await open(mfaToken)).toMatchObject({ emailConfirmed: false });
      const { confirm } = await links();
      expect((await fetch(url + confirm)).status).toBe(200);
      expect(await open(mfaToken)).toMatchObject({ emailConfirmed: false });
      expect([await press(confirm), await press(confirm)]).toEqual([200, 410]);
      const early = await complete(mfaToken);
      expect(early.body).toMatchObject({ code: 'identity.recovery-incomplete', missing: ['approval', 'waiting'] });

      const stranger = await openShop(url, 'Foreign admin');
      type List = { data: { id: string; user: { email: string } }[] };
      expect((await stranger.asOwner.get<List>('/factor-recoveries')).body.data).toEqual([]);
      const { data } = expectStatus(await shop.asOwner.get<List>('/factor-recoveries'), 200);
      expect(data).toEqual([
        expect.objectContaining({ user: expect.objectContaining({ email: cora.user.email }) as object }),
      ]);
      const approve = (client: TestClient) => client.post<Progress>(`/factor-recoveries/${data[0].id}/approve`);
      expect((await approve(stranger.asOwner)).status).toBe(404);
      expect((await approve(anybody.as({ token: cora.accessToken }))).status).toBe(403);
      expect(expectStatus(await approve(shop.asOwner), 200)).toMatchObject({ approved: true, missing: [] });

      const next = expectStatus(await complete(mfaToken), 200);
      expect(next).toMatchObject({ enrolmentRequired: true, mfaToken });
      // Until the new factor is there the old one works, and nothing is lost.
      expect((await anybody.get('/auth/profile', { token: cora.accessToken })).status).toBe(200);
      const { answer } = await enrol(mfaToken);
      const tokens = expectStatus(answer, 200);
      expect(tokens.backupCodes).toHaveLength(10);
      expect(await mailTo(anybody, cora.user.email, /account was recovered/)).toBeTruthy();
      expect((await anybody.get('/auth/profile', { token: cora.accessToken })).status).toBe(401);
      const own = await anybody.get<{ factors: object[] }>('/auth/mfa', { token: tokens.accessToken });
      expect(own.body.factors).toHaveLength(1);
      const again = { mfaToken: await signIn(), method: 'totp', code: await codeOf(secret, cora.user.id) };
      expect((await anybody.post('/auth/mfa/verify', again)).status).toBe(401);
    });

    it('or with the mail and the waiting time; nobody consents to the own recovery', async () => {
      const { shop, cora, signIn, open, complete, links, press } = await lost('Waiting');
      const mfaToken = await signIn();
      await open(mfaToken);
      await press((await links()).confirm);
      await sql.query(
        `update identity.factor_recoveries set waits_until = waits_until - interval '4 days' where user_id = $1`,
        [cora.user.id],
      );
      expectStatus(await complete(mfaToken), 200);

      await addTotp(shop.asOwner);
      const own = expectStatus(await logIn(shop.owner.user.email), 200);
      await open(own.mfaToken);
      const { data } = (await shop.asOwner.get<{ data: { id: string; user: { id: string } }[] }>('/factor-recoveries'))
        .body;
      const mine = data.find(({ user }) => user.id === shop.owner.user.id)!;
      const consent = await shop.asOwner.post<Problem>(`/factor-recoveries/${mine.id}/approve`);
      expect([consent.status, consent.body.code]).toEqual([403, 'identity.recovery-of-oneself']);
    });

    it('is stopped by the other link, by a session, and by a factor that turns out not to be lost', async () => {
      const { cora, secret, signIn, open, complete, links, press } = await lost('Stopped');
      const mfaToken = await signIn();
      await open(mfaToken);
      const { confirm, stop } = await links();
      expect([await press(stop), await press(confirm)]).toEqual([200, 410]);
      expect((await complete(mfaToken)).body.code).toBe('identity.recovery-not-open');
      await open(mfaToken);
      const asCora = anybody.as({ token: cora.accessToken });
      expect((await asCora.call('DELETE', '/auth/mfa/recovery')).status).toBe(204);
      expect((await asCora.call('DELETE', '/auth/mfa/recovery')).status).toBe(409);
      await open(mfaToken);
      const proof = { mfaToken: await signIn(), method: 'totp', code: await codeOf(secret, cora.user.id) };
      expectStatus(await anybody.post('/auth/mfa/verify', proof), 200);
      expect((await complete(mfaToken)).body.code).toBe('identity.recovery-not-open');
      expect([await press('/recover-factors/nonsense'), await press('/recover-factors/stop/nonsense')]).toEqual([
        404, 404,
      ]);
    });
  });
});
