import { ChatClient } from '../../bench/chat/client';
import { newId } from '../../src/kernel/ids/ids';
import { expectStatus, TestClient } from '../support/client';
import { eventually } from '../support/eventually';
import { pair, type TestServer } from '../support/server';
import { openShop, signUp, type Login, type Shop } from '../support/shop';

interface Person {
  id: string;
  memberId: string;
  login: Login;
}

/** Two processes of the product over one database: rights are one over both, and two that collide take turns. */
describe('rights over two processes', () => {
  let servers: TestServer[];
  let shop: Shop;

  beforeAll(async () => {
    servers = await pair();
    shop = await openShop(servers[0].url, 'Rights');
  }, 240_000);

  const on = (server: number, { accessToken }: Login): TestClient =>
    new TestClient(servers[server].url).as({ token: accessToken });
  const person = async (role: string): Promise<Person> => {
    const login = await signUp(shop.asGuest, { email: `p-${newId().slice(-12)}@example.com`, name: 'Pia Person' });
    const { data } = expectStatus(
      await shop.asOwner.get<{ data: { id: string; userId: string }[] }>('/members?limit=100'),
      200,
    );
    const memberId = data.find(({ userId }) => userId === login.user.id)!.id;
    expectStatus(await shop.asOwner.call('PATCH', `/members/${memberId}`, { role }), 204);
    return { id: login.user.id, memberId, login };
  };
  const grant = (body: object) => shop.asOwner.post<{ id: string }>('/grants', body);

  it('keep an owner when two owners remove each other at once', async () => {
    for (let round = 0; round < 8; round++) {
      const single = await openShop(servers[0].url, 'Owners');
      const other = await signUp(single.asGuest, { email: `o-${newId().slice(-12)}@example.com`, name: 'Otto Owner' });
      const members = async () =>
        expectStatus(await single.asOwner.get<{ data: { id: string; userId: string }[] }>('/members'), 200).data;
      const idOf = async (userId: string): Promise<string> =>
        (await members()).find((member) => member.userId === userId)!.id;
      const [mine, theirs] = [await idOf(single.owner.user.id), await idOf(other.user.id)];
      expectStatus(await single.asOwner.call('PATCH', `/members/${theirs}`, { role: 'owner' }), 204);
      const remove = (server: number, login: Login, member: string) =>
        round % 2 === 0
          ? on(server, login).call('DELETE', `/members/${member}`)
          : on(server, login).call('PATCH', `/members/${member}`, { role: 'user' });
      const answers = await Promise.all([remove(0, single.owner, theirs), remove(1, other, mine)]);
      // The one who comes second is no owner, no member, or the last owner.
      const statuses = answers.map(({ status }) => status).sort();
      expect([round, statuses[0]]).toEqual([round, 204]);
      expect([401, 403, 409, 503]).toContain(statuses[1]);
      const winner = answers[0].status === 204 ? on(0, single.owner) : on(1, other);
      const owners = expectStatus(await winner.get<{ data: unknown[] }>('/members?role=owner'), 200).data;
      expect(owners).toHaveLength(1);
    }
  }, 60_000);

  it('refuse a circle of roles whose edges come at once from both', async () => {
    const role = async () =>
      expectStatus(
        await shop.asOwner.post<{ id: string; key: string }>('/roles', {
          name: `R ${newId().slice(-8)}`,
          permissions: [],
        }),
        201,
      );
    const [a, b] = [await role(), await role()];
    const inherit = (server: number, { id }: { id: string }, parents: string[]) =>
      on(server, shop.owner).call('PATCH', `/roles/${id}`, { inherits: parents });
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all([inherit(0, a, [b.key]), inherit(1, b, [a.key])]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      for (const one of [a, b]) expectStatus(await inherit(0, one, []), 200);
    }
  });

  it('are seen by the other process, by reads within moments and by writes at once', async () => {
    const { id, login } = await person('user');
    const there = on(1, login);
    for (let round = 0; round < 3; round++) {
      expect((await there.get('/customers')).status).toBe(403);
      const made = expectStatus(
        await grant({ subject: { type: 'user', id }, permission: 'customers:*', effect: 'allow' }),
        201,
      );
      await eventually(async () => (await there.get('/customers')).status === 200);
      const write = () => there.post('/customers', { name: 'Someone', email: `c-${newId()}@example.com` });
      expectStatus(await write(), 201);
      expectStatus(await shop.asOwner.call('DELETE', `/grants/${made.id}`), 204);
      // The write reads the version with its BEGIN: no process's cache lets it through.
      expect([403, 503]).toContain((await write()).status);
      await eventually(async () => (await there.get('/customers')).status === 403);
    }
  }, 60_000);

  it('do not disturb the writes of others', async () => {
    const staff = await person('staff');
    const other = await person('user');
    const writing = on(1, staff.login);
    const statuses: number[] = [];
    let changing = true;
    const changes = (async () => {
      // And on until the others wrote meanwhile, however slow their process is.
      for (let n = 0; n < 15 || (statuses.length < 6 && n < 500); n++) {
        const made = await grant({
          subject: { type: 'user', id: other.id },
          permission: 'orders:read',
          effect: 'allow',
        });
        expectStatus(await shop.asOwner.call('DELETE', `/grants/${expectStatus(made, 201).id}`), 204);
      }
      changing = false;
    })();
    while (changing) statuses.push((await writing.post('/categories', { name: `C ${newId()}` })).status);
    await changes;
    expect(statuses.length).toBeGreaterThan(5);
    expect([...new Set(statuses)]).toEqual([201]);
  }, 60_000);

  it('do not disturb what others send over sockets, either', async () => {
    const opened = await shop.asOwner.post<{ id: string }>('/chat/rooms', {
      type: 'channel',
      name: 'All',
      memberIds: [],
    });
    const roomId = expectStatus(opened, 201).id;
    const other = await person('user');
    const socket = await new ChatClient(shop.owner.accessToken).connect(servers[1].url);
    for (let n = 0; n < 5; n++) {
      const subject = { type: 'user', id: other.id };
      expectStatus(await grant({ subject, permission: 'orders:read', effect: n % 2 === 0 ? 'allow' : 'deny' }), 201);
      const said = { roomId, clientMessageId: newId(), body: `After change ${n}`, fileIds: [] };
      expect(await socket.code('message.send', said)).toBe('done');
    }
    // Whose own rights are others is told so, whatever its socket was let in with.
    const { login, id } = await person('staff');
    const theirs = await new ChatClient(login.accessToken).connect(servers[1].url);
    const subject = { type: 'user', id };
    expectStatus(await grant({ subject, permission: 'chat:*', effect: 'deny' }), 201);
    const code = await theirs.code('message.send', { roomId, clientMessageId: newId(), body: 'No more', fileIds: [] });
    expect(['auth.permission-missing', 'auth.rights-changed']).toContain(code);
    for (const one of [socket, theirs]) one.disconnect();
  }, 30_000);

  it('turn no change of them away, however many come at once', async () => {
    const key = expectStatus(
      await shop.asOwner.post<{ secret: string }>('/api-keys', {
        name: 'Writer',
        scopes: ['categories:*', 'products:*'],
      }),
      201,
    ).secret;
    const byKey = new TestClient(servers[1].url).as({ token: key });
    let left = 320;
    const statuses = new Set<number>();
    const change = async (client: TestClient): Promise<void> => {
      while (left-- > 0) {
        const answer = await client.call('PATCH', '/security-policy', { mfa: { strict: left % 2 === 0 } });
        statuses.add(answer.status);
      }
    };
    const write = async (): Promise<void> => {
      while (left > 0) statuses.add((await byKey.post('/categories', { name: `K ${newId()}` })).status);
    };
    await Promise.all([...Array.from({ length: 32 }, () => change(on(0, shop.owner))), write()]);
    expect([...statuses].sort()).toEqual([200, 201]);
  }, 60_000);
});
