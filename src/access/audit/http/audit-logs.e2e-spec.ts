import { expectStatus, TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { server } from '../../../../test/support/server';
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
