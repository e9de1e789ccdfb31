import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Client } from 'pg';
import { httpDoor, raceLogins, raceRefreshes, raceRevocations, type Door } from '../scenarios/session-races';
import { expectStatus, TestClient } from '../support/client';
import { CACHE, type TestDatabase } from '../support/cluster';
import { eventually } from '../support/eventually';
import { ROOT } from '../support/process';
import { connect } from '../support/realtime';
import { OPERATOR, pair, startServer, type TestServer } from '../support/server';
import { mailTo, openShop, PASSWORD, type Login, type Shop } from '../support/shop';

describe('sessions under races, over two processes', () => {
  let servers: TestServer[];
  let database: TestDatabase;
  let admin: Client;
  let shop: Shop;

  beforeAll(async () => {
    servers = await pair();
    database = servers[0].database;
    admin = new Client({ connectionString: database.superuserUrl });
    await admin.connect();
    shop = await openShop(servers[0].url, 'Races');
  }, 240_000);
  afterAll(async () => {
    await admin.end();
  });

  const doors = (email = shop.owner.user.email, password = PASSWORD): Door[] =>
    servers.map(({ url }) => httpDoor(url, email, () => password));
  const customer = async (): Promise<string> => {
    const email = `race-${Math.floor(performance.now() * 1000)}@example.com`;
    expectStatus(await shop.asGuest.post('/auth/register', { email, password: PASSWORD, name: 'Rae' }), 201);
    const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(shop.asGuest, email)).text)![1];
    expectStatus(await shop.asGuest.post(`/auth/verify-email/${token}`), 200);
    return email;
  };

  it('fifty refreshes of one token have one successor; a token that comes late ends its own session alone', async () => {
    const other = await doors()[1].logIn();
    const { wrong, last, used } = await raceRefreshes(doors(), 5);
    expect(wrong).toBe(0);
    expectStatus(await shop.asOwner.post('/dev/clock', { advanceSeconds: 11 }), 200);
    await expect(doors()[1].refresh(used)).rejects.toThrow('identity.refresh-token-invalid');
    for (const door of doors()) {
      await expect(door.refresh(last.refreshToken)).rejects.toThrow('identity.session-ended');
      await eventually(async () => !(await door.works(last)));
      expect(await door.works(other)).toBe(true);
    }
    expect((await doors()[0].refresh(other.refreshToken)).refreshToken).toBeTruthy();
  }, 120_000);

  it('nothing of a session works once its end was confirmed, whatever refreshed meanwhile', async () => {
    expect(await raceRevocations(doors(await customer()), 10)).toEqual({ survivors: 0 });
  }, 120_000);

  it('nor once a new password was confirmed', async () => {
    const email = await customer();
    const passwords = [PASSWORD];
    const current = (): string => passwords.at(-1)!;
    const change = async (_door: Door, { accessToken }: Login): Promise<void> => {
      const next = `a new walk by the harbour, number ${passwords.length}`;
      const body = { currentPassword: current(), newPassword: next };
      const answer = await new TestClient(servers[0].url).post('/auth/change-password', body, { token: accessToken });
      if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
      passwords.push(next);
    };
    // One door, so that the end and the question go to the same process; the other one follows within seconds.
    const door = httpDoor(servers[0].url, email, current);
    expect(await raceRevocations([door], 4, change)).toEqual({ survivors: 0 });
  }, 120_000);

  it.each(['evict_oldest', 'deny'])(
    'never more than three sessions where three are allowed: %s',
    async (onExceed) => {
      const email = await customer();
      const caps = [{ role: 'customer', max: 3, onExceed }];
      expectStatus(await shop.asOwner.call('PATCH', '/security-policy', { sessions: { caps } }), 200);
      // Another process follows a new policy within seconds; the race is for when both know it.
      for (const { url } of servers)
        await eventually(async () => {
          const answer = await new TestClient(url).get<{ sessions: { caps: object[] } }>('/security-policy', {
            token: shop.owner.accessToken,
          });
          return expectStatus(answer, 200).sessions.caps.some((cap) => (cap as (typeof caps)[0]).onExceed === onExceed);
        });
      const live = async (): Promise<number> => {
        const { rows } = await admin.query<{ live: number }>(
          `select count(*)::int as live from identity.sessions s join identity.users u on u.id = s.user_id
         where u.email = $1 and s.revoked_at is null`,
          [email],
        );
        return rows[0].live;
      };
      const refusing = doors(email).map((door) => ({
        ...door,
        logIn: () =>
          door.logIn().catch(() => Promise.reject(Object.assign(new Error('refused'), { kind: 'unauthenticated' }))),
      }));
      const { most, counts } = await raceLogins(refusing, 30, live);
      expect(most).toBe(3);
      expect(counts).toBeGreaterThan(3);
    },
    120_000,
  );

  it('every process refuses, and every socket closes, after whatever ends a session or a membership', async () => {
    const paths: [string, (victim: Login & { email: string }) => Promise<void>][] = [
      [
        'signed out by an administrator',
        async ({ user }) => {
          expectStatus(await shop.asOwner.call('DELETE', `/users/${user.id}/sessions`), 200);
        },
      ],
      [
        'signed out everywhere by itself',
        async ({ accessToken }) => {
          expectStatus(await shop.asGuest.post('/auth/logout-all', undefined, { token: accessToken }), 204);
        },
      ],
      [
        'removed from the organization',
        async ({ email }) => {
          const { body } = await shop.asOwner.get<{ data: { id: string; email: string }[] }>('/members?limit=100');
          const { id } = body.data.find((member) => member.email === email)!;
          expectStatus(await shop.asOwner.call('DELETE', `/members/${id}`), 204);
        },
      ],
      [
        'disabled by itself',
        async ({ accessToken }) => {
          const answer = await shop.asGuest.post(
            '/auth/account/disable',
            { password: PASSWORD },
            { token: accessToken },
          );
          expectStatus(answer, 204);
        },
      ],
      [
        'asked to be deleted',
        async ({ accessToken }) => {
          const answer = await shop.asGuest.post(
            '/auth/account/delete',
            { password: PASSWORD },
            { token: accessToken },
          );
          expectStatus(answer, 202);
        },
      ],
      [
        'suspended by an administrator',
        async ({ user }) => {
          const answer = await shop.asOwner.post(`/users/${user.id}/suspend`, {});
          if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
        },
      ],
    ];
    for (const [, end] of paths) {
      const email = await customer();
      const victim = { ...(await doors(email)[1].logIn()), email };
      const sockets = await Promise.all(servers.map(({ url }) => connect(url, victim.accessToken)));
      for (const door of doors(email)) expect(await door.works(victim)).toBe(true);
      const closed = sockets.map(
        (socket) => new Promise<void>((resolve) => socket.once('disconnect', () => resolve())),
      );
      await end(victim);
      await Promise.all(closed);
      for (const door of doors(email)) await eventually(async () => !(await door.works(victim)));
    }
  }, 120_000);

  it('a suspended organization is shut on every process: tokens, API keys and sockets, until it is resumed', async () => {
    const place = await openShop(servers[0].url, 'Suspended');
    const made = await place.asOwner.post<{ secret: string }>('/api-keys', { name: 'Till', scopes: ['members:read'] });
    const { secret } = expectStatus(made, 201);
    const operator = new TestClient(servers[1].url).as({
      token: expectStatus(await new TestClient(servers[1].url).post<Login>('/auth/login', OPERATOR), 200).accessToken,
    });
    const ways = servers.flatMap(({ url }) =>
      [place.owner.accessToken, secret].map((token) => () => new TestClient(url).get('/members', { token })),
    );
    for (const way of ways) expectStatus(await way(), 200);
    const sockets = await Promise.all(servers.map(({ url }) => connect(url, place.owner.accessToken)));
    const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.once('disconnect', () => resolve())));
    const until = async (status: number): Promise<void> => {
      for (const way of ways) await eventually(async () => (await way()).status === status);
    };
    expectStatus(await operator.post(`/organizations/${place.id}/suspend`, { reason: 'Unpaid since May' }), 200);
    await Promise.all(closed);
    await until(401);
    // What writes is refused with its own BEGIN, whatever a process believes to know.
    for (const { url } of servers)
      expect((await new TestClient(url).post('/teams', { name: 'T' }, { token: secret })).status).toBe(401);
    for (const { url } of servers) await expect(connect(url, place.owner.accessToken)).rejects.toThrow();
    expectStatus(await operator.post(`/organizations/${place.id}/resume`), 200);
    await until(200);
    for (const socket of await Promise.all(servers.map(({ url }) => connect(url, place.owner.accessToken))))
      socket.close();
  }, 60_000);

  it.each(['refresh.before-commit', 'refresh.after-commit'])(
    'a server killed at %s leaves one good token',
    async (point) => {
      const before = await doors()[0].logIn();
      const dying = await startServer({ database, name: `dying-${point}`, env: { MAINSTAY_KILL_POINT: point } });
      const door = httpDoor(dying.url, shop.owner.user.email, () => PASSWORD);
      await expect(door.refresh(before.refreshToken)).rejects.toThrow('fetch failed');
      // The old one still works, or its successor is handed out once more.
      const after = await doors()[1].refresh(before.refreshToken);
      expect(await doors()[0].works(after)).toBe(true);
      expect((await doors()[0].refresh(after.refreshToken)).refreshToken).toBeTruthy();
    },
    90_000,
  );

  it('a key is published before it signs; one that is revoked voids its tokens and sockets on every process', async () => {
    const cli = (...words: string[]): { kid: string; revoked?: string } => {
      const env = {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        DATABASE_URL: database.appUrl,
        MAINSTAY_OWNER_DATABASE_URL: database.ownerUrl,
        MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
      };
      const argv = [path.join(ROOT, 'dist/cli.js'), ...words, '--json', '--yes'];
      return JSON.parse(execFileSync(process.execPath, argv, { cwd: ROOT, env, encoding: 'utf8' })) as { kid: string };
    };
    const published = async (url: string): Promise<string[]> => {
      const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] };
      return keys.map(({ kid }) => kid);
    };
    const keyOf = ({ accessToken }: Login): string =>
      (JSON.parse(Buffer.from(accessToken.split('.')[0], 'base64url').toString()) as { kid: string }).kid;
    const before = await doors()[1].logIn();
    const known = await Promise.all(servers.map(({ url }) => published(url)));
    const { kid } = cli('keys:rotate');
    for (const keys of known) expect(keys).toEqual(expect.arrayContaining([kid, keyOf(before)]));
    const after = await eventually(async () => {
      const login = await doors()[1].logIn();
      return keyOf(login) === kid ? login : undefined;
    });
    const sockets = await Promise.all(servers.map(({ url }) => connect(url, after!.accessToken)));
    const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.once('disconnect', () => resolve())));
    for (const door of doors()) expect([await door.works(before), await door.works(after!)]).toEqual([true, true]);
    expect(cli('keys:revoke').revoked).toBe(kid);
    await Promise.all(closed);
    for (const door of doors()) {
      await eventually(async () => !(await door.works(after!)));
      // What the key before it signed is as good as ever.
      expect(await door.works(before)).toBe(true);
    }
    const renewed = await doors()[0].refresh(after!.refreshToken);
    for (const door of doors()) expect(await door.works(renewed)).toBe(true);
    for (const { url } of servers) expect(await published(url)).not.toContain(kid);
  }, 90_000);
});
