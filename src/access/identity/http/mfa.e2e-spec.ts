import { randomInt } from 'node:crypto';
import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { pair } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, type Login, type Shop } from '../../../../test/support/shop';
import { totpCode } from '../../../../test/support/totp';

interface Asked {
  mfaRequired: true;
  mfaToken: string;
  methods: string[];
  enrolmentRequired: boolean;
  factors: { id: string; method: string; hint: string | null }[];
}
interface Setup {
  factorId: string;
  secret: string;
  otpauthUrl: string;
  qr: string;
}
interface Added {
  factorId: string;
  backupCodes: string[];
  otherSessions: number;
}
interface Problem {
  code: string;
  hint?: string;
  acrValues?: string[];
  maxAge?: number;
}
interface Own {
  factors: { id: string; method: string; name: string; phoneHint: string | null }[];
  backupCodesLeft: number;
  assurance: { aal: number; amr: string[] };
}

describe('second factors over HTTP', () => {
  let url: string;
  let anybody: TestClient;
  let keeper: Shop;
  let keeperToken: string;

  const shopOf = (label: string): Promise<Shop> => openShop(url, label);
  const logIn = <T = Login>(shop: Shop, headers: Record<string, string> = {}, client = anybody): Promise<Answer<T>> =>
    client.post<T>('/auth/login', { email: shop.owner.user.email, password: PASSWORD }, { headers });
  const clock = async (advanceSeconds: number): Promise<number> => {
    const move = () => anybody.post<{ now: string }>('/dev/clock', { advanceSeconds }, { token: keeperToken });
    let answer = await move();
    if (answer.status === 401) {
      // The keeper's own token has expired by what it did.
      keeperToken = expectStatus(await logIn(keeper), 200).accessToken;
      answer = await move();
    }
    return Date.parse(expectStatus(answer, 200).now);
  };
  const now = (): Promise<number> => clock(0);
  /** Each time step is used once: every code of a test comes from the next one, with the clock moved to it. */
  const nextStep = (): Promise<number> => clock(30);
  /** An owner with an app: the session that added it, its secret and codes. */
  const withTotp = async (label: string) => {
    const shop = await shopOf(label);
    const setup = expectStatus(await shop.asOwner.post<Setup>('/auth/mfa/totp', { name: 'Phone' }), 201);
    const code = totpCode(setup.secret, await now());
    const added = expectStatus(await shop.asOwner.post<Added>('/auth/mfa/totp/confirm', { code }), 200);
    const fresh = async (): Promise<string> => totpCode(setup.secret, await nextStep());
    return { shop, setup, added, code, fresh };
  };
  const verify = <T = Login & Problem>(body: object, headers: Record<string, string> = {}): Promise<Answer<T>> =>
    anybody.post<T>('/auth/mfa/verify', body, { headers });
  const ask = async (shop: Shop): Promise<Asked> => expectStatus(await logIn<Asked>(shop), 200);
  const codeIn = async (to: string, not?: string): Promise<string> => {
    const found = await mailTo(anybody, to, not ? new RegExp(`^(?!${not})\\d{6} is`) : /^\d{6} is/);
    return /\d{6}/.exec(found.subject)![0];
  };

  beforeAll(async () => {
    [{ url }] = await pair();
    anybody = new TestClient(url);
    keeper = await openShop(url, 'Keeper of the clock');
    keeperToken = keeper.owner.accessToken;
  }, 120_000);

  describe('an authenticator app', () => {
    it('is set up with a secret and a QR code, confirmed by its code, and asked for at the next sign-in', async () => {
      const { shop, setup, added, code, fresh } = await withTotp('Totp');
      expect(setup.secret).toMatch(/^[A-Z2-7]{32}$/);
      expect(setup.qr).toMatch(/^data:image\/png;base64,/);
      const uri = new URL(setup.otpauthUrl);
      expect([uri.protocol, uri.host, uri.searchParams.get('secret')]).toEqual(['otpauth:', 'totp', setup.secret]);
      expect(added.backupCodes).toHaveLength(10);
      expect(await mailTo(anybody, shop.owner.user.email, /factor was added/)).toBeTruthy();

      const asked = await ask(shop);
      expect(asked).toMatchObject({ mfaRequired: true, methods: ['totp', 'backup_code'], enrolmentRequired: false });
      expect(asked).not.toHaveProperty('accessToken');
      const spent = await verify({ mfaToken: asked.mfaToken, method: 'totp', code });
      expect([spent.status, spent.body.code]).toEqual([401, 'identity.factor-refused']);
      const good = await fresh();
      const tokens = expectStatus(await verify({ mfaToken: asked.mfaToken, method: 'totp', code: good }), 200);
      const own = expectStatus(await anybody.get<Own>('/auth/mfa', { token: tokens.accessToken }), 200);
      expect(own).toMatchObject({
        factors: [{ method: 'totp', name: 'Phone' }],
        backupCodesLeft: 10,
        assurance: { aal: 2, amr: ['pwd', 'otp', 'mfa'] },
      });
      const claims = JSON.parse(Buffer.from(tokens.accessToken.split('.')[1], 'base64url').toString()) as object;
      expect(claims).toMatchObject({
        acr: 'aal2',
        amr: ['pwd', 'otp', 'mfa'],
        auth_time: expect.any(Number) as number,
      });
      // Neither the flow nor the code is good twice.
      const again = await verify({ mfaToken: asked.mfaToken, method: 'totp', code: good });
      expect([again.status, again.body.code]).toEqual([401, 'identity.mfa-token-invalid']);
    });

    it('is asked for after a new password by mail too: the link proves the mailbox alone', async () => {
      const { shop, fresh } = await withTotp('Reset');
      const { email } = shop.owner.user;
      const asked = await ask(shop);
      expectStatus(await anybody.post('/auth/forgot-password', { email }), 200);
      const mail = await mailTo(anybody, email, /new password/i);
      const token = /\/reset-password\/([\w-]+)/.exec(mail.text)![1];
      const password = 'seven quiet boats at anchor';
      const reset = await anybody.post<object>('/auth/reset-password', { token, password });
      expect(reset.status).toBeLessThan(300);
      expect(reset.text).not.toContain('accessToken');
      // A sign-in that was begun with the old password ends nowhere.
      const stale = await verify({ mfaToken: asked.mfaToken, method: 'totp', code: await fresh() });
      expect([stale.status, stale.body.code]).toEqual([401, 'identity.mfa-token-invalid']);
      const again = expectStatus(await anybody.post<Asked>('/auth/login', { email, password }), 200);
      expect(again).toMatchObject({ mfaRequired: true, methods: ['totp', 'backup_code'] });
      expect(again).not.toHaveProperty('accessToken');
      const right = { mfaToken: again.mfaToken, method: 'totp', code: await fresh() };
      expect(expectStatus(await verify<Login>(right), 200).accessToken).toBeTruthy();
    });

    it('lets its code in once, of fifty at the same time, over as many sign-ins', async () => {
      const { shop, fresh } = await withTotp('Race');
      const asked = await Promise.all(Array.from({ length: 4 }, () => ask(shop)));
      const code = await fresh();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => verify({ mfaToken: asked[i % 4].mfaToken, method: 'totp', code })),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const { status } of answers) expect([200, 401, 429]).toContain(status);
    });

    it('is told apart from another one, renamed and removed; with the last one its codes go', async () => {
      const { shop, fresh } = await withTotp('Two apps');
      const second = expectStatus(await shop.asOwner.post<Setup>('/auth/mfa/totp', { name: 'Tablet' }), 201);
      const code = totpCode(second.secret, await nextStep());
      const added = expectStatus(await shop.asOwner.post<Added>('/auth/mfa/totp/confirm', { code }), 200);
      expect(added.backupCodes).toEqual([]);
      const { factors } = (await shop.asOwner.get<Own>('/auth/mfa')).body;
      expect(factors.map(({ name }) => name)).toEqual(['Phone', 'Tablet']);
      const renamed = await shop.asOwner.call('PATCH', `/auth/mfa/${factors[1].id}`, { name: 'Old tablet' });
      expect(renamed.body).toMatchObject({ name: 'Old tablet' });
      const stranger = await shopOf('Stranger');
      expect((await stranger.asOwner.call('PATCH', `/auth/mfa/${factors[1].id}`, { name: 'Mine' })).status).toBe(404);
      expect((await stranger.asOwner.call('DELETE', `/auth/mfa/${factors[1].id}`)).status).toBe(404);
      const asked = await ask(shop);
      expectStatus(await verify({ mfaToken: asked.mfaToken, method: 'totp', code: await fresh() }), 200);
      for (const { id } of factors) expectStatus(await shop.asOwner.call('DELETE', `/auth/mfa/${id}`), 200);
      expect((await shop.asOwner.get<Own>('/auth/mfa')).body).toMatchObject({ factors: [], backupCodesLeft: 0 });
      expect(await mailTo(anybody, shop.owner.user.email, /factor was removed/)).toBeTruthy();
      expect(expectStatus(await logIn(shop), 200)).toHaveProperty('accessToken');
    });
  });

  describe('backup codes', () => {
    it('work once, tell their owner, and are void when there are new ones', async () => {
      const { shop, added, fresh } = await withTotp('Backup');
      const [first, second] = added.backupCodes;
      const asked = await ask(shop);
      const typed = first.toLowerCase().replace(/(.{4})/g, '$1 ');
      const racing = await Promise.all(
        Array.from({ length: 4 }, () => verify({ mfaToken: asked.mfaToken, method: 'backup_code', code: typed })),
      );
      expect(racing.filter(({ status }) => status === 200)).toHaveLength(1);
      expect((await mailTo(anybody, shop.owner.user.email, /backup code was used/)).text).toContain('9 are left');
      const later = await ask(shop);
      const again = await verify({ mfaToken: later.mfaToken, method: 'backup_code', code: first });
      expect([again.status, again.body.code]).toEqual([401, 'identity.factor-refused']);
      const code = await fresh();
      const tokens = expectStatus(await verify({ mfaToken: later.mfaToken, method: 'totp', code }), 200);
      const renewed = await anybody.post<Added>('/auth/mfa/backup-codes', undefined, { token: tokens.accessToken });
      expect(expectStatus(renewed, 200).backupCodes).toHaveLength(10);
      const last = await ask(shop);
      expect((await verify({ mfaToken: last.mfaToken, method: 'backup_code', code: second })).status).toBe(401);
    });
  });

  describe('codes that are sent', () => {
    it('go to a phone that was validated, and count as second factor', async () => {
      const shop = await shopOf('Sms');
      const phone = `+49151${String(randomInt(1e8)).padStart(8, '0')}`;
      const start = await shop.asOwner.post<{ challengeId: string; sentTo: string; risk: string }>('/auth/mfa/sms', {
        phone,
      });
      const { challengeId, sentTo, risk } = expectStatus(start, 201);
      expect(sentTo).toBe(`•••• ${phone.slice(-2)}`);
      expect(risk).toMatch(/safer/);
      const hasty = await shop.asOwner.post<Problem>('/auth/mfa/sms', { phone, challengeId });
      expect([hasty.status, hasty.body.code]).toEqual([429, 'identity.code-sent-lately']);
      const code = await codeIn(phone);
      const wrong = await shop.asOwner.post('/auth/mfa/sms/confirm', {
        challengeId,
        code: code === '000000' ? '111111' : '000000',
      });
      expect(wrong.status).toBe(401);
      expectStatus(await shop.asOwner.post('/auth/mfa/sms/confirm', { challengeId, code }), 200);
      expect((await shop.asOwner.post('/auth/mfa/sms/confirm', { challengeId, code })).status).toBe(400);

      const asked = await ask(shop);
      expect(asked.methods).toEqual(['sms', 'backup_code']);
      expect(asked.factors[0].hint).toBe(sentTo);
      const sent = await anybody.post('/auth/mfa/challenge', { mfaToken: asked.mfaToken, method: 'sms' });
      expect(sent.body).toMatchObject({ method: 'sms', sentTo, expiresIn: 600, sendsLeft: 3 });
      const arrived = await codeIn(phone, code);
      const tokens = expectStatus(await verify({ mfaToken: asked.mfaToken, method: 'sms', code: arrived }), 200);
      expect((await anybody.get<Own>('/auth/mfa', { token: tokens.accessToken })).body.assurance.aal).toBe(2);
    });

    it('by mail are good in one flow, once, and reach level 1', async () => {
      const shop = await shopOf('Mail');
      const start = await shop.asOwner.post<{ challengeId: string }>('/auth/mfa/email');
      const { challengeId } = expectStatus(start, 201);
      const first = await codeIn(shop.owner.user.email);
      expectStatus(await shop.asOwner.post('/auth/mfa/email/confirm', { challengeId, code: first }), 200);
      const [one, other] = [await ask(shop), await ask(shop)];
      expect(one.methods).toEqual(['email']);
      expectStatus(await anybody.post('/auth/mfa/challenge', { mfaToken: one.mfaToken, method: 'email' }), 200);
      const code = await codeIn(shop.owner.user.email, first);
      expect((await verify({ mfaToken: other.mfaToken, method: 'email', code })).status).toBe(401);
      const racing = await Promise.all(
        Array.from({ length: 4 }, () => verify({ mfaToken: one.mfaToken, method: 'email', code })),
      );
      const [won] = racing.filter(({ status }) => status === 200);
      expect(racing.filter(({ status }) => status === 200)).toHaveLength(1);
      const own = (await anybody.get<Own>('/auth/mfa', { token: won.body.accessToken })).body;
      expect(own.assurance).toMatchObject({ aal: 1, amr: ['pwd', 'email'] });
    });
  });

  describe('a sign-in under way', () => {
    it('belongs to its client, ends after ten minutes and after five wrong codes, whatever is sent', async () => {
      const { shop, fresh } = await withTotp('Flows');
      const asked = await ask(shop);
      const code = await fresh();
      const thief = await verify({ mfaToken: asked.mfaToken, method: 'totp', code }, { 'user-agent': 'a thief' });
      expect([thief.status, thief.body.code]).toEqual([401, 'identity.mfa-token-invalid']);
      for (let wrong = 0; wrong < 4; wrong++) {
        const answer = await verify({ mfaToken: asked.mfaToken, method: 'totp', code: '000000' });
        expect(answer.status).toBe(401);
      }
      // The tries of the account are used up too: its owner waits like any guesser.
      expect((await verify({ mfaToken: asked.mfaToken, method: 'totp', code })).status).toBe(429);
      await clock(540);
      const late = await verify({ mfaToken: asked.mfaToken, method: 'totp', code: await fresh() });
      expect([late.status, late.body.code]).toEqual([401, 'identity.mfa-token-invalid']);
    });

    it.each([
      [{ mfaToken: 'mfa_nonsense-that-is-long-enough', method: 'totp', code: '123456' }, 401],
      [{ mfaToken: 'x', method: 'totp', code: '123456' }, 400],
      [{ method: 'totp', code: '123456' }, 400],
      [{ mfaToken: 'mfa_nonsense-that-is-long-enough', method: 'password', code: 'x' }, 400],
      [{ mfaToken: 'mfa_nonsense-that-is-long-enough', method: 'totp', code: { length: 6 } }, 400],
      [{ mfaToken: 'mfa_nonsense-that-is-long-enough', method: 'passkey', credential: 'x' }, 400],
      [{ mfaToken: ['mfa_nonsense-that-is-long-enough'], method: 'totp' }, 400],
      [{ mfaToken: 'mfa_nonsense-that-is-long-enough', method: 'totp', code: '1'.repeat(1_000_000) }, 400],
      [{ mfaToken: 'mfa_nonsense-that-is-long-enough', method: 'totp', code: '１２３４５６', extra: {} }, 400],
      [[], 400],
      ['{"mfaToken":"mfa_nonsense-that-is-long-enough","method":"totp","__proto__":{"code":"1"}}', 400],
    ])('refuses bad input %#', async (body, status) => {
      const answer = await verify(body as object, { 'content-type': 'application/json' });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    });

    it('is no session: its token opens nothing else', async () => {
      const { shop } = await withTotp('Not a token');
      const { mfaToken } = await ask(shop);
      expect((await anybody.get('/auth/profile', { token: mfaToken })).status).toBe(401);
      expect((await anybody.post('/auth/mfa/totp', {}, { token: mfaToken })).status).toBe(401);
      const foreign = await anybody.post('/auth/mfa/enrolment', { mfaToken, method: 'totp' });
      expect(foreign.status).toBe(409);
    });
  });
});
