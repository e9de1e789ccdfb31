import { expectStatus, TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server } from '../../../../test/support/server';
import { totpCode } from '../../../../test/support/totp';
import { openShop, signUp, stock, checkOut, fillCart, type Shop } from '../../../../test/support/shop';

interface Entry {
  id: string;
  seq: number | null;
  action: string;
  category: string;
  actor: { kind: string; id: string | null };
  ip: string | null;
  email: string | null;
  target: Record<string, string>;
  result: string;
  steps: string[];
  changes: {
    entity: string;
    id: string | null;
    op: string;
    fields?: Record<string, { from?: unknown; to?: unknown }>;
  }[];
  continues: string | null;
  repeats: number;
  requestId: string;
}
type Trail = { data: Entry[]; page: { nextCursor: string | null } };

describe('the audit trail over HTTP', () => {
  let url: string;
  let shop: Shop;

  beforeAll(async () => {
    url = (await server()).url;
    shop = await openShop(url, 'Audited');
  });

  const trail = async (query: string, of = shop): Promise<Entry[]> =>
    expectStatus(await of.asOwner.get<Trail>(`/audit-logs?${query}`), 200).data;

  it('has one row a command of a request, with its steps and masked changes', async () => {
    const { sku } = await stock(shop);
    const cart = await fillCart(shop.asGuest, [{ sku, quantity: 1 }]);
    const placed = await checkOut(shop.asGuest, cart);
    const requestId = placed.headers.get('x-request-id')!;
    const rows = await trail(`requestId=${requestId}`);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThanOrEqual(3);
    const first = rows.find(({ continues }) => continues === null)!;
    expect(first).toMatchObject({ action: 'Checkout', category: 'money', result: 'ok', actor: { kind: 'guest' } });
    expect(
      rows.every(({ action, continues, id }) => action === 'Checkout' && (id === first.id || continues === first.id)),
    ).toBe(true);
    expect(rows.flatMap(({ steps }) => steps)).toEqual(
      expect.arrayContaining(['HoldStock', 'OpenIntent', 'RecordOutcome']),
    );
    const [made] = await trail('action=CreateProduct');
    expect(made.changes).toContainEqual({ entity: 'Product', id: expect.any(String), op: 'insert' });
  });

  it('tells before and after of what changed, and masks what is personal', async () => {
    await shop.asOwner.call('PATCH', '/organizations/current', { name: 'A Name Of Somebody' });
    const [entry] = await trail('action=ChangeOrganization');
    expect(entry.changes).toMatchObject([
      { entity: 'Organization', op: 'update', fields: { name: { from: '***', to: '***' } } },
    ]);
    expect(JSON.stringify(entry)).not.toContain('Somebody');
  });

  it('has failed sign-ins with the address that was named, and who turned it away', async () => {
    const stranger = `stranger-${shop.slug.slice(-12)}@example.com`;
    const answer = await shop.asGuest.post('/auth/login', { email: stranger, password: 'not the password' });
    expect(answer.status).toBe(401);
    const [entry] = await trail(`action=LogIn&result=refused&email=${stranger}`);
    expect(entry).toMatchObject({
      result: 'identity.invalid-credentials',
      email: stranger,
      actor: { kind: 'guest', id: null },
    });
    expect(entry.ip).toBe('127.0.0.1');
  });

  it('has what the guard refused of signed-in callers, and not what strangers tried', async () => {
    const email = `clerk-${shop.slug.slice(-12)}@example.com`;
    const clerk = await signUp(shop.asGuest, { email, name: 'Cleo Clerk' });
    expect((await new TestClient(url).as({ token: clerk.accessToken }).get('/audit-logs')).status).toBe(403);
    expect((await shop.asGuest.get('/audit-logs')).status).toBe(401);
    const rows = await trail('action=AccessRoute');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      category: 'refusal',
      result: 'auth.permission-missing',
      actor: { kind: 'user', id: clerk.user.id },
      target: { route: 'GET /api/v1/audit-logs' },
    });
  });

  it('tells of the use of a session that was ended', async () => {
    const place = await openShop(url, 'Ended');
    const second = expectStatus(
      await new TestClient(url).post<{ accessToken: string }>('/auth/login', {
        email: place.owner.user.email,
        password: place.owner.password,
      }),
      200,
    );
    const ended = new TestClient(url).as({ token: second.accessToken });
    expect((await ended.post('/auth/logout')).status).toBeLessThan(300);
    expect((await ended.get('/audit-logs')).status).toBe(401);
    const rows = await trail('action=AccessRoute', place);
    expect(rows[0]).toMatchObject({ result: 'auth.session-ended', actor: { id: place.owner.user.id } });
  });

  it('bounds a flood of equal refusals', async () => {
    const place = await openShop(url, 'Flooded');
    await Promise.all(
      Array.from({ length: 60 }, () => place.asOwner.call('DELETE', '/members/0190f3c8-0000-7000-8000-000000000001')),
    );
    const rows = await trail('action=RemoveMember&result=refused&limit=100', place);
    expect(rows).toHaveLength(20);
  });

  it('audits its own reading, and searches by target, category and time', async () => {
    const place = await openShop(url, 'Read');
    await trail('action=Nothing', place);
    const reads = await trail('action=ReadAuditLogs', place);
    expect(reads.at(-1)).toMatchObject({
      category: 'reading',
      target: { action: 'Nothing' },
      actor: { id: place.owner.user.id },
    });
    const { productId } = await stock(place);
    expect((await trail(`target=${productId}`, place)).map(({ action }) => action)).toContain('CreateProduct');
    expect((await trail('category=reading', place)).every(({ category }) => category === 'reading')).toBe(true);
    expect(await trail('from=2020-01-01&to=2020-02-01', place)).toEqual([]);
    expect((await place.asOwner.get('/audit-logs?ip=nonsense')).status).toBe(400);
    expect((await place.asOwner.get('/audit-logs?category=nonsense')).status).toBe(400);
  });

  it('streams itself as CSV and JSON Lines; formulas do not run', async () => {
    const place = await openShop(url, 'Exported');
    await place.asOwner.get('/audit-logs?requestId=%3Dcmd%7C');
    await place.asGuest.post(
      '/auth/login',
      { email: `x-${place.slug.slice(-12)}@example.com`, password: 'wrong' },
      { headers: { 'user-agent': '=HYPERLINK("http://evil")' } },
    );
    const csv = await place.asOwner.get<string>('/audit-logs/export?format=csv');
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(csv.text.split('\r\n')[0]).toContain('seq,id,at,action');
    expect(csv.text).toContain(`'=HYPERLINK`);
    expect(csv.text).not.toMatch(/,=HYPERLINK|,"=HYPERLINK/);
    const lines = (await place.asOwner.get<string>('/audit-logs/export?format=jsonl&category=reading')).text
      .trim()
      .split('\n');
    const parsed = lines.map((line) => JSON.parse(line) as Entry);
    expect(parsed.map(({ action }) => action)).toContain('ExportAuditLogs');
    expect((await place.asOwner.get('/audit-logs/export?from=2026-02-01&to=2026-01-01')).status).toBe(400);
  });

  it('reports who had access to what, what privileged was done, and who failed to sign in', async () => {
    const place = await openShop(url, 'Reported');
    const other = await openShop(url, 'Reported elsewhere');
    const { userId: ownerId } = { userId: place.owner.user.id };
    const clerk = await signUp(place.asGuest, { email: `clerk-${place.slug.slice(-12)}@example.com`, name: '=1+1' });
    expectStatus(
      await place.asOwner.post('/grants', {
        subject: { type: 'user', id: clerk.user.id },
        permission: 'orders:write',
        effect: 'allow',
      }),
      201,
    );
    type Held = { subject: { id: string; email: string }; by: string; role: string | null; spans: unknown[] };
    const access = async (query: string, of = place) =>
      expectStatus(
        await of.asOwner.get<{ data: Held[]; page: { nextCursor: string | null } }>(
          `/audit-logs/reports/access?${query}`,
        ),
        200,
      );
    // Who became what is noted by a reaction.
    const held = await eventually(async () => {
      const { data } = await access('permission=orders:write');
      return data.length === 2 ? data : undefined;
    });
    expect(held.map(({ subject, by, role }) => [subject.id, by, role]).sort()).toEqual(
      [
        [ownerId, 'membership', 'owner'],
        [clerk.user.id, 'grant', null],
      ].sort(),
    );
    const first = await access('permission=orders:write&limit=1');
    const second = await access(`permission=orders:write&limit=1&cursor=${first.page.nextCursor}`);
    expect([...first.data, ...second.data]).toMatchObject(held.map(({ subject, by }) => ({ subject, by })));
    expect((await access(`userId=${clerk.user.id}`, other)).data).toEqual([]);
    const file = await place.asOwner.get<string>('/audit-logs/reports/access/export?permission=orders:*');
    expect(file.headers.get('content-type')).toContain('text/csv');
    expect(file.text).toContain(`'=1+1`);
    expect(file.text).not.toMatch(/(?:^|,)"?=/m);
    for (const query of ['permission=orders:nothing', 'from=2026-02-01&to=2026-01-01', 'userId=1'])
      expect((await place.asOwner.get(`/audit-logs/reports/access?${query}`)).status).toBe(400);

    type Told = {
      id: string;
      action: string;
      result: string;
      actorEmail: string | null;
      userId: string | null;
      email: string;
      atInstallation: boolean;
    };
    const told = async (report: string, of = place): Promise<Told[]> =>
      expectStatus(await of.asOwner.get<{ data: Told[] }>(`/audit-logs/reports/${report}`), 200).data;
    const [grant] = await told('privileged-actions?action=Grant');
    expect(grant).toMatchObject({ action: 'Grant', result: 'ok', actorEmail: place.owner.user.email });
    expect((await told('privileged-actions?action=LogIn')).length).toBe(0);
    const wrong = (client: TestClient, email: string) =>
      client.post('/auth/login', { email, password: 'wrong and long' });
    // Whoever tries many names from one address hides none of the accounts among them.
    const many = Array.from({ length: 21 }, (_, index) => `nobody-${index}-${place.slug.slice(-12)}@example.com`);
    await Promise.all(many.map((email) => wrong(new TestClient(url), email)));
    const stranger = `stranger-${place.slug.slice(-12)}@example.com`;
    for (const client of [place.asGuest, new TestClient(url)])
      for (const email of [stranger, place.owner.user.email]) expect((await wrong(client, email)).status).toBe(401);
    const failed = await told('failed-logins?result=identity.invalid-credentials');
    expect(failed.map(({ email, userId, atInstallation }) => [email, userId, atInstallation])).toEqual([
      [place.owner.user.email, ownerId, true],
      [place.owner.user.email, ownerId, false],
      [stranger, null, false],
    ]);
    expect(await told(`failed-logins?email=${place.owner.user.email}`)).toHaveLength(2);
    expect(await told(`failed-logins?userId=${ownerId}`, other)).toEqual([]);
    type Page = { data: Told[]; page: { nextCursor: string; total: number } };
    const one = expectStatus(
      await place.asOwner.get<Page>('/audit-logs/reports/failed-logins?limit=1&count=exact'),
      200,
    );
    expect(one.page.total).toBe(3);
    const next = await told(`failed-logins?limit=2&cursor=${one.page.nextCursor}`);
    expect([...one.data, ...next].map(({ id }) => id)).toEqual(failed.map(({ id }) => id));
    const lines = (await place.asOwner.get<string>('/audit-logs/reports/failed-logins/export')).text
      .trim()
      .split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain(stranger);
    const actions = (await place.asOwner.get<string>('/audit-logs/reports/privileged-actions/export')).text;
    expect(actions).toContain('Grant,');
    const asClerk = new TestClient(url).as({ token: clerk.accessToken });
    for (const path of ['access', 'privileged-actions/export', 'failed-logins'])
      expect((await asClerk.get(`/audit-logs/reports/${path}`)).status).toBe(403);
    expect((await trail('action=ReadAuditReport', place)).length).toBeGreaterThan(5);
  });

  it('tells a second factor that was wrong once, as what it was', async () => {
    const place = await openShop(url, 'Factored');
    const { secret } = expectStatus(await place.asOwner.post<{ secret: string }>('/auth/mfa/totp', {}), 201);
    const { now } = (await place.asOwner.post<{ now: string }>('/dev/clock', { advanceSeconds: 0 })).body;
    expectStatus(await place.asOwner.post('/auth/mfa/totp/confirm', { code: totpCode(secret, Date.parse(now)) }), 200);
    const { email } = place.owner.user;
    const asked = await new TestClient(url).post<{ mfaToken: string }>('/auth/login', {
      email,
      password: place.owner.password,
    });
    const { mfaToken } = expectStatus(asked, 200);
    const answer = await new TestClient(url).post('/auth/mfa/verify', { mfaToken, method: 'totp', code: '000000' });
    expect(answer.status).toBe(401);
    const rows = await trail('action=VerifySecondFactor', place);
    expect(rows.map(({ result, target }) => [result, target.userId])).toEqual([
      ['identity.factor-refused', place.owner.user.id],
    ]);
    const report = await place.asOwner.get<{ data: object[] }>('/audit-logs/reports/failed-logins');
    expect(expectStatus(report, 200).data).toHaveLength(1);
  });

  it('verifies itself, and keeps as long as its owner says', async () => {
    const place = await openShop(url, 'Verified');
    await eventually(async () => (await trail('limit=50', place)).filter(({ seq }) => seq !== null).length > 1);
    const report = expectStatus(await place.asOwner.post<{ ok: boolean; entries: number }>('/audit-logs/verify'), 200);
    expect(report.ok).toBe(true);
    expect(report.entries).toBeGreaterThan(0);
    expect(expectStatus(await place.asOwner.get('/audit-logs/settings'), 200)).toEqual({ retentionMonths: 12 });
    expect(
      expectStatus(await place.asOwner.call('PATCH', '/audit-logs/settings', { retentionMonths: 72 }), 200),
    ).toEqual({ retentionMonths: 72 });
    for (const retentionMonths of [2, 121, 1.5, '12', null])
      expect((await place.asOwner.call('PATCH', '/audit-logs/settings', { retentionMonths })).status).toBe(400);
    expect((await trail('action=ChangeAuditSettings', place))[0].target).toMatchObject({ retentionMonths: '12 to 72' });
    const actions = expectStatus(
      await place.asOwner.get<{ data: { action: string; says: string }[] }>('/audit-logs/actions'),
      200,
    );
    expect(actions.data.find(({ action }) => action === 'LogIn')?.says).toMatch(/signed in/);
  });
});
