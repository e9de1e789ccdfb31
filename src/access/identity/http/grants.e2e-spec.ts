import { newId } from '../../../kernel/ids/ids';
import { expectStatus, type TestClient } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { openShop, signUp, type Shop } from '../../../../test/support/shop';

interface Explanation {
  allowed: boolean;
  reason: string;
  path: string[];
  grants: { id: string | null; applies: boolean; path: string[] }[];
  failedConditions: { grantId: string; pointer: string; outcome: string; wanted: unknown; found: unknown }[];
}

describe('roles and grants over HTTP', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop((await server()).url, 'Grants');
  });

  const person = async (role?: string): Promise<{ id: string; client: TestClient; memberId: string }> => {
    const email = `person-${newId().slice(-12)}@example.com`;
    const login = await signUp(shop.asGuest, { email, name: 'Pat Person' });
    const members = expectStatus(
      await shop.asOwner.get<{ data: { id: string; userId: string }[] }>('/members?limit=100'),
      200,
    ).data;
    const memberId = members.find(({ userId }) => userId === login.user.id)!.id;
    if (role) expectStatus(await shop.asOwner.call('PATCH', `/members/${memberId}`, { role }), 204);
    return { id: login.user.id, client: shop.asGuest.as({ token: login.accessToken }), memberId };
  };
  const makeRole = async (body: object, client = shop.asOwner) =>
    expectStatus(
      await client.post<{ id: string; key: string; allows: { permission: string; path: string[] }[] }>('/roles', {
        name: `Role ${newId().slice(-8)}`,
        permissions: [],
        ...body,
      }),
      201,
    );
  const grant = (body: object, client = shop.asOwner) => client.post<{ id: string; state: string }>('/grants', body);

  it('show the product’s roles and make roles of the organization’s own', async () => {
    const ofUser = (...permissions: string[]) =>
      permissions.map((permission) => ({ permission, path: ['night-shift', 'user'] }));
    const role = await makeRole({ name: 'Night shift', permissions: ['inventory:*'], inherits: ['user'] });
    expect(role).toMatchObject({ key: 'night-shift', inherits: ['user'], system: false });
    expect(role.allows).toEqual([
      ...ofUser('fleet:read-own', 'fleet:write-own'),
      { permission: 'inventory:read', path: ['night-shift'] },
      { permission: 'inventory:write', path: ['night-shift'] },
      ...ofUser('organizations:read', 'push-tokens:read-own', 'push-tokens:write-own'),
    ]);
    const all = expectStatus(
      await shop.asOwner.get<{ data: { key: string; system: boolean }[] }>('/roles?limit=100'),
      200,
    ).data;
    const keys = all.filter(({ system }) => system).map(({ key }) => key);
    expect(keys.sort()).toEqual(['admin', 'customer', 'developer', 'medical', 'owner', 'staff', 'trainer', 'user']);
    expect(all).toContainEqual(expect.objectContaining({ key: 'night-shift', system: false }));
    const own = expectStatus(await shop.asOwner.get<{ data: unknown[] }>('/roles?system=false'), 200).data;
    expect(own.length).toBe(all.length - 8);
  });

  it('hold at once for an open session, as long as they last', async () => {
    const { id, client } = await person('user');
    expect((await client.get('/orders')).status).toBe(403);
    const made = expectStatus(
      await grant({ subject: { type: 'user', id }, permission: 'orders:read', effect: 'allow' }),
      201,
    );
    expect(made.state).toBe('live');
    expect((await client.get('/orders')).status).toBe(200);
    expectStatus(await shop.asOwner.call('DELETE', `/grants/${made.id}`), 204);
    expect((await client.get('/orders')).status).toBe(403);
    expectStatus(await shop.asOwner.call('DELETE', `/grants/${made.id}`), 204);
    expect(expectStatus(await shop.asOwner.get(`/grants/${made.id}`), 200)).toMatchObject({ state: 'revoked' });
  });

  it('let an explicit denial win, whatever allows', async () => {
    const { id, client } = await person('staff');
    expect((await client.get('/orders')).status).toBe(200);
    const denied = await grant({ subject: { type: 'user', id }, permission: 'orders:*', effect: 'deny' });
    expectStatus(denied, 201);
    expect((await client.get('/orders')).status).toBe(403);
    const told = expectStatus(await client.post<Explanation>('/authz/explain', { permission: 'orders:read' }), 200);
    expect(told).toMatchObject({ allowed: false, reason: 'explicitly_denied', path: [] });
    expect(told.grants.map(({ id: one, applies }) => [one, applies])).toEqual([
      [null, true],
      [denied.body.id, true],
    ]);
    // Who is denied something does not lift the denial.
    const admin = await person('admin');
    expectStatus(
      await grant({ subject: { type: 'user', id: admin.id }, permission: 'orders:read', effect: 'deny' }),
      201,
    );
    expect((await admin.client.call('DELETE', `/grants/${denied.body.id}`)).body).toMatchObject({
      code: 'identity.not-yours-to-give',
      permissions: ['orders:read'],
    });
  });

  it('say why: path of inheritance, conditions that failed, what was found', async () => {
    const { id, client } = await person('user');
    const base = await makeRole({ permissions: ['orders:read'] });
    const role = await makeRole({ inherits: [base.key] });
    const made = expectStatus(
      await grant({
        subject: { type: 'user', id },
        role: role.key,
        effect: 'allow',
        validTo: new Date(Date.now() + 3_600_000).toISOString(),
        condition: { all: [{ ip: ['127.0.0.0/8', '::1/128'] }, { aal: 2 }] },
      }),
      201,
    );
    const ask = async (circumstances?: object) =>
      expectStatus(await client.post<Explanation>('/authz/explain', { permission: 'orders:read', circumstances }), 200);
    expect(await ask()).toMatchObject({
      allowed: false,
      reason: 'conditions_failed',
      failedConditions: [
        { grantId: made.id, pointer: '/condition/all/1/aal', outcome: 'not_satisfied', wanted: 2, found: 1 },
      ],
    });
    expect((await client.get('/orders')).status).toBe(403);
    expect(await ask({ aal: 2 })).toMatchObject({ allowed: true, reason: 'allowed', path: [role.key, base.key] });
    expect(await ask({ aal: 2, ip: '192.0.2.1' })).toMatchObject({ allowed: false });
    expect(await ask({ aal: 2, at: new Date(Date.now() + 7_200_000).toISOString() })).toMatchObject({
      allowed: false,
      failedConditions: [{ pointer: '/validTo' }],
    });
    // Others are explained to who may ask; of them nothing is known but the time.
    const other = await person('staff');
    expect(
      (await other.client.post('/authz/explain', { subject: { type: 'user', id }, permission: 'orders:read' })).status,
    ).toBe(403);
    const asOwner = expectStatus(
      await shop.asOwner.post<Explanation>('/authz/explain', {
        subject: { type: 'user', id },
        permission: 'orders:read',
      }),
      200,
    );
    expect(asOwner.failedConditions.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown']);
  });

  it('bind API keys too, within what their owner may and what they were made for', async () => {
    const key = expectStatus(
      await shop.asOwner.post<{ id: string; secret: string }>('/api-keys', {
        name: 'Scanner',
        scopes: ['inventory:*', 'orders:read'],
      }),
      201,
    );
    const subject = { type: 'apiKey', id: key.id };
    const asKey = shop.asGuest.as({ token: key.secret, tenant: undefined });
    expect((await asKey.get('/orders')).status).toBe(200);
    const denied = expectStatus(await grant({ subject, permission: 'orders:read', effect: 'deny' }), 201);
    expect((await asKey.get('/orders')).status).toBe(403);
    const why = async (permission: string) =>
      expectStatus(await shop.asOwner.post<Explanation>('/authz/explain', { subject, permission }), 200);
    expect(await why('orders:read')).toMatchObject({ allowed: false, reason: 'explicitly_denied' });
    expect(await why('inventory:write')).toMatchObject({ allowed: true, path: ['owner'] });
    expect(await why('products:write')).toMatchObject({ allowed: false, reason: 'out_of_scope' });
    expectStatus(await shop.asOwner.call('DELETE', `/grants/${denied.id}`), 204);
    expect((await asKey.get('/orders')).status).toBe(200);
    const teams = expectStatus(await shop.asOwner.post<{ id: string }>('/teams', { name: `T ${newId()}` }), 201);
    const team = { type: 'team', id: teams.id };
    expectStatus(await grant({ subject: team, permission: 'orders:read', effect: 'allow' }), 201);
    const told = await shop.asOwner.post('/authz/explain', { subject: team, permission: 'orders:read' });
    expect(expectStatus(told, 200)).toMatchObject({ allowed: true });
    const { client, memberId } = await person('user');
    expectStatus(await shop.asOwner.call('PUT', `/teams/${team.id}/members/${memberId}`), 204);
    expect((await client.get('/orders')).status).toBe(200);
    // Into a team nobody is put by who does not hold what it has.
    const manager = await person('user');
    const managing = { subject: { type: 'user', id: manager.id }, permission: 'members:write', effect: 'allow' };
    expectStatus(await grant(managing), 201);
    const put = await manager.client.call('PUT', `/teams/${team.id}/members/${manager.memberId}`);
    expect(put.body).toMatchObject({ code: 'identity.not-yours-to-give', permissions: ['orders:read'] });
  });

  it('are nobody’s to give who does not hold them, for good and everywhere', async () => {
    const admin = await person('admin');
    const staff = await person('staff');
    const target = await person('user');
    const to = { subject: { type: 'user', id: target.id }, effect: 'allow' };
    expect((await grant({ ...to, permission: 'orders:read' }, staff.client)).status).toBe(403);
    expect((await grant({ ...to, permission: 'members:owners' }, admin.client)).body).toMatchObject({
      code: 'identity.not-yours-to-give',
      permissions: ['members:owners'],
    });
    expect((await grant({ ...to, permission: '*' }, admin.client)).status).toBe(403);
    expect((await grant({ ...to, role: 'owner' }, shop.asOwner)).body).toMatchObject({
      code: 'identity.owner-by-membership',
    });
    expect((await admin.client.post('/roles', { name: 'All', permissions: ['*'] })).status).toBe(403);
    expect((await admin.client.call('PATCH', `/members/${target.memberId}`, { role: 'owner' })).body).toMatchObject({
      code: 'organizations.owners-only',
    });
    // What is held for an hour cannot be made to last.
    const helper = await person('user');
    for (const permission of ['grants:write', 'orders:read']) {
      const body = { subject: { type: 'user', id: helper.id }, permission, effect: 'allow' };
      const validTo = new Date(Date.now() + 3_600_000).toISOString();
      expectStatus(await grant(permission === 'orders:read' ? { ...body, validTo } : body), 201);
    }
    expect((await helper.client.get('/orders')).status).toBe(200);
    expect((await grant({ ...to, permission: 'orders:read' }, helper.client)).body).toMatchObject({
      code: 'identity.not-yours-to-give',
    });
    expectStatus(await grant({ ...to, permission: 'grants:write' }, helper.client), 201);
    // Nor taken: an administrator is not undone by who holds less.
    const manager = await person('user');
    const role = await makeRole({ permissions: ['members:write', 'members:read'] });
    expectStatus(await shop.asOwner.call('PATCH', `/members/${manager.memberId}`, { role: role.key }), 204);
    expect((await manager.client.call('DELETE', `/members/${admin.memberId}`)).body).toMatchObject({
      code: 'identity.not-yours-to-give',
    });
  });

  it('keep roles that are in use, and those of the product', async () => {
    const role = await makeRole({ permissions: ['orders:read'] });
    const heir = await makeRole({ inherits: [role.key] });
    const remove = (id: string) => shop.asOwner.call('DELETE', `/roles/${id}`);
    expect((await remove(role.id)).body).toMatchObject({ code: 'identity.role-in-use' });
    expectStatus(await remove(heir.id), 204);
    const { id, memberId } = await person(role.key);
    expect((await remove(role.id)).status).toBe(409);
    expectStatus(await shop.asOwner.call('PATCH', `/members/${memberId}`, { role: 'user' }), 204);
    const made = expectStatus(await grant({ subject: { type: 'user', id }, role: role.key, effect: 'allow' }), 201);
    expect((await remove(role.id)).status).toBe(409);
    expectStatus(await shop.asOwner.call('DELETE', `/grants/${made.id}`), 204);
    expectStatus(await remove(role.id), 204);
    expect((await shop.asOwner.get(`/roles/${role.id}`)).status).toBe(404);
    const system = expectStatus(
      await shop.asOwner.get<{ data: { id: string; key: string }[] }>('/roles?system=true'),
      200,
    ).data[0];
    expect((await remove(system.id)).body).toMatchObject({ code: 'identity.role-is-system' });
    expect((await shop.asOwner.call('PATCH', `/roles/${system.id}`, { name: 'Mine' })).status).toBe(409);
    expect((await shop.asOwner.post('/roles', { name: 'Staff', permissions: [] })).body).toMatchObject({
      code: 'identity.role-exists',
    });
  });

  it('refuse a circle of roles, also when both edges come at once', async () => {
    const [a, b] = [await makeRole({}), await makeRole({})];
    const inherit = (role: { id: string }, parents: string[]) =>
      shop.asOwner.call('PATCH', `/roles/${role.id}`, { inherits: parents });
    expect((await inherit(a, [a.key])).body).toMatchObject({ code: 'identity.role-cycle' });
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all([inherit(a, [b.key]), inherit(b, [a.key])]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(answers.find(({ status }) => status === 409)!.body).toMatchObject({ code: 'identity.role-cycle' });
      for (const role of [a, b]) expectStatus(await inherit(role, []), 200);
    }
  });

  it('answer front ends many questions at once, and list what there is', async () => {
    const { client } = await person('customer');
    const { results } = expectStatus(
      await client.post<{ results: unknown[] }>('/authz/check', {
        checks: [{ permission: 'orders:read-own' }, { permission: 'orders:write' }, { permission: '__proto__' }],
      }),
      200,
    );
    expect(results).toEqual([
      { permission: 'orders:read-own', allowed: true },
      { permission: 'orders:write', allowed: false },
      { permission: '__proto__', allowed: false },
    ]);
    const { data } = expectStatus(await client.get<{ data: { permission: string }[] }>('/authz/permissions'), 200);
    expect(data).toContainEqual(
      expect.objectContaining({
        permission: 'orders:write',
        resource: 'orders',
        action: 'write',
        roles: ['owner', 'admin', 'staff'],
      }),
    );
    const profile = expectStatus(await client.get<{ permissions: string[] }>('/auth/profile'), 200);
    expect(profile.permissions).toEqual([
      'chat:read-own',
      'chat:write-own',
      'consents:write-own',
      'corporate:read-own',
      'corporate:write-own',
      'credit:read-own',
      'customers:read-own',
      'files:read-own',
      'files:write-own',
      'fleet:read-own',
      'fleet:write-own',
      'orders:read-own',
      'orders:write-own',
      'organizations:read',
      'payment-methods:read-own',
      'payment-methods:write-own',
      'place-reviews:write-own',
      'places:browse',
      'push-tokens:read-own',
      'push-tokens:write-own',
    ]);
  });

  it('name what is wrong with a bad request, and never fail themselves', async () => {
    const subject = { type: 'user', id: shop.owner.user.id };
    const deep = (levels: number): unknown => (levels === 0 ? { aal: 1 } : { not: deep(levels - 1) });
    const conditions: [unknown, string][] = [
      [{}, 'one-member'],
      [{ aal: 1, ip: ['10.0.0.0/8'] }, 'one-member'],
      [{ moon: 'full' }, 'unknown-attribute'],
      [{ constructor: {} }, 'one-member'],
      [{ toString: {} }, 'one-member'],
      [deep(20), 'too-deep'],
      [deep(2_000), 'too-deep'],
      [{ any: Array.from({ length: 100_000 }, () => ({ aal: 1 })) }, 'too-large'],
      [{ all: [] }, 'list'],
      [{ ip: ['10.0.0.0/33'] }, 'value'],
      [{ ip: ['010.1'] }, 'value'],
      [{ ip: Array.from({ length: 101 }, () => '10.0.0.1') }, 'list'],
      [{ country: ['Portugal'] }, 'value'],
      [{ aal: 4 }, 'level'],
      [{ auth_age: -1 }, 'seconds'],
      [{ device_trusted: 'yes' }, 'boolean'],
      [{ time: { zone: 'Mars/Olympus', from: '08:00', to: '09:00' } }, 'zone'],
      [{ time: { zone: 'Europe/Lisbon' } }, 'window'],
      [{ time: { zone: 'Europe/Lisbon', from: '24:00', to: '09:00' } }, 'time'],
      [{ time: { zone: 'Europe/Lisbon', form: '08:00', days: ['mon'] } }, 'unknown-field'],
      [{ 'resource.owner': ['me'] }, 'value'],
      [{ 'resource.state': [7] }, 'value'],
    ];
    for (const [condition, code] of conditions) {
      const answer = await grant({ subject, permission: 'orders:read', effect: 'allow', condition });
      const text = JSON.stringify(condition).slice(0, 80);
      expect([text, answer.status === 413 ? 400 : answer.status]).toEqual([text, 400]);
      if (answer.text.includes('identity.grant-invalid')) {
        expect([text, JSON.stringify(answer.body)]).toEqual([text, expect.stringContaining(`"${code}"`)]);
      }
    }
    const bodies: [string, unknown, number][] = [
      ['/grants', { subject, effect: 'allow' }, 400],
      ['/grants', { subject, role: 'staff', permission: 'orders:read', effect: 'allow' }, 400],
      ['/grants', { subject, permission: 'orders:fly', effect: 'allow' }, 400],
      ['/grants', { subject, role: 'nobody', effect: 'allow' }, 400],
      ['/grants', { subject: { type: 'user', id: newId() }, role: 'staff', effect: 'allow' }, 404],
      ['/grants', { subject: { type: 'team', id: newId() }, role: 'staff', effect: 'allow' }, 404],
      ['/grants', { subject: { type: 'ghost', id: newId() }, role: 'staff', effect: 'allow' }, 400],
      ['/grants', { subject, permission: 'orders:read', effect: 'allow', resource: 'products/1' }, 400],
      [
        '/grants',
        { subject, permission: 'orders:read', effect: 'allow', validFrom: '2030-01-02', validTo: '2030-01-01' },
        400,
      ],
      ['/grants', '{"subject":{"__proto__":{"type":"user"}},"effect":"allow"}', 400],
      ['/grants', '{"__proto__":{"admin":true}}', 400],
      ['/roles', { name: 'Many', permissions: Array.from({ length: 100_000 }, (_, n) => `a:${n}`) }, 400],
      ['/roles', { name: 'Odd', permissions: ['orders'] }, 400],
      ['/roles', { name: 'Odd', permissions: ['orders:__proto__', 'constructor', 'constructor:*'] }, 400],
      ['/roles', { name: 'Odd', permissions: [{}] }, 400],
      ['/roles', { name: 'Odd', permissions: [], inherits: ['nobody'] }, 400],
      ['/roles', { name: 'Odd', permissions: [], inherits: ['owner'] }, 400],
      ['/roles', { name: 'Odd', permissions: [], key: '../x' }, 400],
      ['/roles', { name: '', permissions: [] }, 400],
      ['/authz/explain', { permission: 'orders:fly' }, 400],
      ['/authz/explain', { permission: 'orders:read', subject: { type: 'user', id: newId() } }, 404],
      ['/authz/check', { checks: [] }, 400],
      ['/authz/check', { checks: Array.from({ length: 101 }, () => ({ permission: 'a:b' })) }, 400],
    ];
    for (const [path, body, status] of bodies) {
      const answer = await shop.asOwner.call('POST', path, body, { headers: { 'content-type': 'application/json' } });
      const text = `${path} ${JSON.stringify(body).slice(0, 90)}`;
      expect([text, answer.status === 413 ? 400 : answer.status]).toEqual([text, status]);
      expect([text, answer.body.code, answer.body.detail]).toEqual([text, expect.any(String), expect.any(String)]);
    }
    for (const path of ['/grants?state=odd', '/grants?subjectId=1', '/roles?system=maybe', '/grants?role[x]=1']) {
      expect([path, (await shop.asOwner.get(path)).status]).toEqual([path, 400]);
    }
  });
});
