import { Client } from 'pg';
import { ChatClient } from '../../../../bench/chat/client';
import { expectStatus, TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { pair, startServer, type TestServer } from '../../../../test/support/server';
import { openShop, PASSWORD, signUp, type Login, type Shop } from '../../../../test/support/shop';
import { uploaded } from '../../../../test/support/upload';
import { newId } from '../../../kernel/ids/ids';

/** Connections of one process: application 10, queues 12, one that listens, sockets 2. */
const CONNECTIONS_OF_PROCESS = 25;

/** Chat over two processes, beside the ordinary: strangers, storms, and what is sent again much later. */
describe('chat that has to bear something', () => {
  let servers: TestServer[];
  let shop: Shop;
  let roomId: string;
  const clients: ChatClient[] = [];

  beforeAll(async () => {
    servers = await pair();
    shop = await openShop(servers[0].url, 'Endures');
    const opened = await shop.asOwner.post<{ id: string }>('/chat/rooms', {
      type: 'channel',
      name: 'All',
      memberIds: [],
    });
    roomId = expectStatus(opened, 201).id;
  }, 120_000);
  afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));

  const connect = async (token: string, url: string): Promise<ChatClient> => {
    const made = await new ChatClient(token).connect(url);
    clients.push(made);
    return made;
  };

  it('is nothing for another organization, nor for a token that is old, wrong or ended', async () => {
    const other = await openShop(servers[0].url, 'Elsewhere');
    const fileId = await uploaded(shop.asOwner, `A file of ${newId()}`);
    const ours = await connect(shop.owner.accessToken, servers[0].url);
    const said = { roomId, clientMessageId: newId(), body: 'Within', fileIds: [fileId] };
    const { id: messageId } = await ours.ask<{ id: string }>('message.send', said);
    const foreign = await Promise.all(servers.map(({ url }) => connect(other.owner.accessToken, url)));
    const of = { roomId, messageId };
    for (const stranger of foreign) {
      for (const [event, payload] of [
        ['message.send', { roomId, clientMessageId: newId(), body: 'Hello' }],
        ['message.edit', { ...of, body: 'x' }],
        ['message.delete', of],
        ['message.pin', { ...of, pinned: true }],
        ['reaction.add', { ...of, emoji: '👍' }],
        ['read.set', { roomId, seq: 1 }],
        ['room.events', { roomId, after: 0 }],
      ] as const)
        expect([event, await stranger.code(event, payload)]).toEqual([event, 'chat.room-not-found']);
      expect(await stranger.ask('rooms.sync', { cursors: { [roomId]: 0 } })).toEqual({ rooms: {}, others: {} });
      expect(await stranger.ask('presence.get', { userIds: [shop.owner.user.id] })).toEqual({ data: [] });
      expect(await stranger.code('typing.set', { roomId, typing: true })).toBe('done');
    }
    for (const path of ['', '/messages', `/messages/${messageId}`, '/events?after=0', '/members', `/files/${fileId}`])
      expect([path, (await other.asOwner.get(`/chat/rooms/${roomId}${path}`)).status]).toEqual([path, 404]);
    const found = await other.asOwner.get<{ data: object[] }>('/chat/search?q=Within');
    expect(expectStatus(found, 200).data).toEqual([]);
    expect(expectStatus(await shop.asOwner.get<{ data: object[] }>('/chat/search?q=Within'), 200).data).toHaveLength(1);
    await ours.send(roomId, 'Still within');
    await eventually(async () => (await foreign[0].ask<{ data: object[] }>('presence.get', { userIds: [] })).data);
    expect(foreign.flatMap(({ heard }) => heard.map(({ event }) => event))).toEqual([]);
    for (const token of ['', 'x.y.z', `${shop.owner.accessToken.slice(0, -4)}AAAA`])
      await expect(connect(token, servers[1].url)).rejects.toMatchObject({ data: { status: 401 } });
    // A session that ends takes its sockets along, on every process.
    const both = await Promise.all(servers.map(({ url }) => connect(other.owner.accessToken, url)));
    expectStatus(await other.asOwner.post('/auth/logout-all'), 204);
    await eventually(() => both.every(({ socket }) => !socket.connected));
  }, 60_000);

  it('takes everybody back at once, within the connections to the database that it has', async () => {
    const people: Login[] = [];
    // As few for each that those who left and those who are back stay within what one user may have.
    for (let n = 0; n < 8; n++) {
      const email = `s-${newId().slice(-12)}@example.com`;
      people.push(await signUp(shop.asGuest, { email, name: 'Pat' }));
    }
    const memberIds = people.map(({ user }) => user.id);
    expectStatus(await shop.asOwner.post(`/chat/rooms/${roomId}/members`, { memberIds }), 200);
    const tokens = Array.from({ length: 80 }, (_, n) => people[n % people.length].accessToken);
    const all = await Promise.all(tokens.map((token, n) => connect(token, servers[n % 2].url)));
    await Promise.all(all.map((client) => client.follow(roomId)));
    const ours = await connect(shop.owner.accessToken, servers[0].url);
    const sql = new Client({ connectionString: servers[0].database.superuserUrl });
    await sql.connect();
    let most = 0;
    const count = async (): Promise<void> => {
      const { rows } = await sql.query<{ n: number }>(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and application_name <> '' and pid <> pg_backend_pid()`,
      );
      most = Math.max(most, rows[0].n);
    };
    for (const client of all) client.disconnect();
    const { seq } = await ours.send(roomId, 'While nobody is there');
    // Each comes back over the other process, all at once, and catches up.
    const back = Promise.all(all.map((client, n) => client.connect(servers[(n + 1) % 2].url)));
    let settled = false;
    void back.finally(() => (settled = true));
    await eventually(async () => (await count(), settled), { timeoutMs: 60_000, everyMs: 20 });
    await back;
    expect(all.map((client) => client.rooms.get(roomId)!.cursor)).toEqual(all.map(() => seq));
    expect(most).toBeLessThanOrEqual(2 * CONNECTIONS_OF_PROCESS + 1);
    await sql.end();
    for (const { url } of servers) expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  }, 90_000);

  it('has a message once that is sent again over both processes, ten minutes later, and after a restart', async () => {
    const message = { roomId, clientMessageId: newId(), body: 'Once and for all' };
    const unheard = await connect(shop.owner.accessToken, servers[0].url);
    // What was answered never arrives.
    unheard.socket.emit('message.send', message);
    unheard.disconnect();
    const two = await Promise.all(servers.map(({ url }) => connect(shop.owner.accessToken, url)));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => two[n % 2].ask<object>('message.send', message)),
    );
    expectStatus(await shop.asOwner.post('/dev/clock', { advanceSeconds: 600 }), 200);
    const account = { email: shop.owner.user.email, password: PASSWORD };
    const again = expectStatus(await new TestClient(servers[0].url).post<Login>('/auth/login', account), 200);
    answers.push(await (await connect(again.accessToken, servers[1].url)).ask('message.send', message));
    const restarted = await startServer({ database: servers[0].database, name: 'chat-restarted' });
    try {
      const client = await connect(again.accessToken, restarted.url);
      answers.push(await client.ask('message.send', message));
      expect(await client.code('message.send', { ...message, body: 'Something else' })).toBe(
        'chat.client-message-id-reused',
      );
    } finally {
      process.kill(restarted.pid, 'SIGTERM');
    }
    expect(answers).toEqual(answers.map(() => answers[0]));
    const asOwner = new TestClient(servers[0].url).as({ token: again.accessToken });
    const { data } = expectStatus(
      await asOwner.get<{ data: { body: string }[] }>(`/chat/rooms/${roomId}/messages?limit=100`),
      200,
    );
    expect(data.filter(({ body }) => body === message.body)).toHaveLength(1);
  }, 90_000);
});
