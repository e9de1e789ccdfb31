import { Client } from 'pg';
import { expectStatus, TestClient } from '../support/client';
import { startServer } from '../support/server';
import { mailTo, PASSWORD, type Login } from '../support/shop';
import { installation, many, rounds, type Installation } from './world';

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

describe('sessions', () => {
  let here: Installation;
  beforeAll(async () => {
    here = await installation(2);
  }, 180_000);
  afterAll(() => here.stop());

  const refresh = (process: number, refreshToken: string) =>
    here.at(process).post<Tokens>('/auth/refresh', { refreshToken });
  const works = async (process: number, token: string): Promise<boolean> =>
    (await here.at(process).get('/auth/profile', { token })).status === 200;

  it('C1: fifty refreshes of one token at once, over two processes, give one successor; late reuse ends that family alone', async () => {
    const other = await here.logIn();
    let tokens: Tokens = await here.logIn();
    let first = '';
    for (let round = 0; round < rounds(200); round++) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => refresh(i % 2, tokens.refreshToken)));
      const good = answers.filter(({ status }) => status === 200);
      expect(good.length).toBeGreaterThan(0);
      expect(new Set(good.map(({ body }) => body.refreshToken)).size).toBe(1);
      first ||= tokens.refreshToken;
      tokens = good[0].body;
    }
    expect((await refresh(1, first)).status).toBe(401);
    expect((await refresh(0, tokens.refreshToken)).status).toBe(401);
    expect(await works(0, other.accessToken)).toBe(true);
    expect((await refresh(1, other.refreshToken)).status).toBe(200);
  });

  it('C2: after a session was revoked nothing of its family works, whatever was under way', async () => {
    const keeper = await here.logIn();
    const asKeeper = here.at(0).as({ token: keeper.accessToken });
    await many(rounds(500), 4, async (round) => {
      const tokens = await here.logIn(round % 2);
      const id = (JSON.parse(Buffer.from(tokens.accessToken.split('.')[1], 'base64url').toString()) as { sid: string })
        .sid;
      const [refreshed, revoked] = await Promise.all([
        refresh(round % 2, tokens.refreshToken),
        asKeeper.call('DELETE', `/sessions/${id}`),
      ]);
      expect(revoked.status).toBe(204);
      for (const token of [tokens.refreshToken, refreshed.body.refreshToken])
        if (refreshed.status === 200 || token === tokens.refreshToken)
          expect([(await refresh(0, token)).status, (await refresh(1, token)).status]).toEqual([401, 401]);
      for (const token of [tokens.accessToken, ...(refreshed.status === 200 ? [refreshed.body.accessToken] : [])])
        expect(await works(0, token)).toBe(false);
    });
  });

  it('C2: nor after the password was changed', async () => {
    const { email } = here.shop.owner.user;
    let password = PASSWORD;
    const logIn = async (process: number): Promise<Tokens> =>
      expectStatus(await here.at(process).post<Tokens>('/auth/login', { email, password }), 200);
    const change = async (token: string, next: string) => {
      const answer = await here
        .at(0)
        .post('/auth/change-password', { currentPassword: password, newPassword: next }, { token });
      expect(answer.status).toBeLessThan(300);
      password = next;
    };
    for (let round = 0; round < rounds(100); round++) {
      const [a, b] = [await logIn(0), await logIn(1)];
      const [, refreshed] = await Promise.all([
        change(a.accessToken, `${PASSWORD}, round ${round}`),
        refresh(1, b.refreshToken),
      ]);
      const tokens = refreshed.status === 200 ? [b.refreshToken, refreshed.body.refreshToken] : [b.refreshToken];
      for (const token of tokens) expect((await refresh(0, token)).status).toBe(401);
    }
    await change((await logIn(0)).accessToken, PASSWORD);
  });

  it('C4: thirty sign-ins at once never leave more sessions than the cap of three', async () => {
    const owner = await here.logIn();
    const asOwner = here.at(0).as({ token: owner.accessToken });
    const email = `capped-${here.shop.slug.slice(-12)}@example.com`;
    await here.at(0).as({ tenant: here.shop.slug }).post('/auth/register', { email, password: PASSWORD, name: 'Cap' });
    const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(here.at(0), email)).text)![1];
    expectStatus(await here.at(0).post(`/auth/verify-email/${token}`), 200);
    expectStatus(
      await asOwner.call('PATCH', '/security-policy', {
        sessions: { caps: [{ role: 'customer', max: 3, onExceed: 'evict_oldest' }] },
      }),
      200,
    );
    const admin = new Client({ connectionString: here.database.superuserUrl });
    await admin.connect();
    const live = async (): Promise<number> =>
      (
        await admin.query<{ n: number }>(
          `select count(*)::int as n from identity.sessions s join identity.users u on u.id = s.user_id where u.email_normalized = $1 and s.revoked_at is null`,
          [email],
        )
      ).rows[0].n;
    let most = 0;
    let done = false;
    const watch = (async () => {
      while (!done) most = Math.max(most, await live());
    })();
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => here.at(i % 2).post('/auth/login', { email, password: PASSWORD })),
    );
    done = true;
    await watch;
    expect(most).toBeGreaterThan(0);
    expect(Math.max(most, await live())).toBeLessThanOrEqual(3);
    await admin.end();
  });

  it('C8: a process killed in the middle of refreshes leaves each session with a token that works', async () => {
    const third = await startServer({ database: here.database, name: 'asvs-killed' });
    const client = new TestClient(third.url);
    const sessions = await many(12, 4, () => here.logIn());
    const sent = sessions.map((tokens: Login) =>
      client.post<Tokens>('/auth/refresh', { refreshToken: tokens.refreshToken }).catch(() => null),
    );
    await Promise.race(sent);
    process.kill(third.pid, 'SIGKILL');
    const answers = await Promise.all(sent);
    for (const [i, tokens] of sessions.entries()) {
      const got = answers[i]?.status === 200 ? answers[i].body.refreshToken : null;
      const old = await refresh(0, tokens.refreshToken);
      expect(old.status === 200 || (got !== null && (await refresh(0, got)).status === 200)).toBe(true);
    }
  });
});
