import { ChatClient } from '../../../../bench/chat/client';
import { expectStatus, TestClient } from '../../../../test/support/client';
import { eventually } from '../../../../test/support/eventually';
import { pair, startServer, type TestServer } from '../../../../test/support/server';
import { uploaded } from '../../../../test/support/upload';
import { openShop, signUp, type Shop } from '../../../../test/support/shop';
import { newId } from '../../../kernel/ids/ids';
import type { Message } from '../domain/message';

interface Person {
  id: string;
  token: string;
}

/** Chat over sockets and two processes of the product. */
describe('chat over two processes', () => {
  let servers: TestServer[];
  let shop: Shop;
  let [anna, ben, cleo, outsider]: Person[] = [];
  const clients: ChatClient[] = [];

  beforeAll(async () => {
    servers = await pair();
    shop = await openShop(servers[0].url, 'Chat');
    const join = async (): Promise<Person> => {
      const { user, accessToken } = await signUp(shop.asGuest, {
        email: `c-${newId().slice(-12)}@example.com`,
        name: 'Pat',
      });
      return { id: user.id, token: accessToken };
    };
    anna = { id: shop.owner.user.id, token: shop.owner.accessToken };
    [ben, cleo, outsider] = [await join(), await join(), await join()];
  }, 120_000);
  afterEach(() => clients.splice(0).forEach((client) => client.disconnect()));

  const open = async (...people: Person[]): Promise<string> => {
    const body = { type: 'group', name: 'Room', memberIds: people.map(({ id }) => id) };
    return expectStatus(await shop.asOwner.post<{ id: string }>('/chat/rooms', body), 201).id;
  };
  const client = async ({ token }: Person, on: number): Promise<ChatClient> => {
    const made = await new ChatClient(token).connect(servers[on].url);
    clients.push(made);
    return made;
  };
  const fresh = async (roomId: string, { token }: Person = anna): Promise<Message[]> => {
    const list = new TestClient(servers[1].url)
      .as({ token })
      .get<{ data: Message[] }>(`/chat/rooms/${roomId}/messages?limit=100`);
    return expectStatus(await list, 200).data;
  };

  it('brings everything to everybody, and to whoever was away all that it missed', async () => {
    const roomId = await open(ben);
    const [a, b] = [await client(anna, 0), await client(ben, 1)];
    const [hers, his] = [await a.follow(roomId), await b.follow(roomId)];
    const first = await a.send(roomId, 'Hello');
    expect(first).toEqual({ id: expect.any(String), seq: 1, at: expect.any(String) });
    await eventually(() => his.cursor === 1);
    const { seq } = await b.ask<{ seq: number }>('reaction.add', { roomId, messageId: first.id, emoji: '👍' });
    await eventually(() => hers.cursor === seq);
    expect(hers.newest()).toEqual(his.newest());
    b.disconnect();
    const sent = [];
    for (let n = 0; n < 30; n++) sent.push(await a.send(roomId, `While away ${n}`));
    for (const n of [0, 4, 9, 17, 29])
      await a.ask('message.edit', { roomId, messageId: sent[n].id, body: `Changed ${n}` });
    for (const n of [1, 9, 12]) await a.ask('message.delete', { roomId, messageId: sent[n].id });
    // Back over the other process.
    await b.connect(servers[0].url);
    expect(his.cursor).toBe(40);
    expect(his.newest()).toEqual(await fresh(roomId, ben));
    await a.send(roomId, 'Welcome back');
    await eventually(() => his.cursor === 41);
    await b.ask('read.set', { roomId, seq: 41 });
    const read = [{ userId: ben.id, seq: 41 }];
    await eventually(() =>
      a.heard.some(
        ({ event, payload }) => event === 'room.receipts' && JSON.stringify(payload.readers) === JSON.stringify(read),
      ),
    );
  });

  it('is said over HTTP as over sockets: once under one name, with id, number and time', async () => {
    const opened = await shop.asOwner.post<{ id: string; name: string | null }>('/chat/rooms', {
      type: 'group',
      memberIds: [ben.id],
    });
    const { id, name } = expectStatus(opened, 201);
    expect(name).toBeNull();
    const say = async (): Promise<{ id: string; seq: number; at: string; messageId: string }> =>
      expectStatus(
        await shop.asOwner.post(`/chat/rooms/${id}/messages`, { clientMessageId: 'once', body: 'By HTTP' }),
        201,
      );
    const told = await say();
    expect(told).toMatchObject({ id: told.messageId, seq: 1, at: expect.stringMatching(/Z$/) as string });
    expect((await say()).id).toBe(told.id);
    const c = await client(ben, 0);
    expect(await c.send(id, 'By socket')).toEqual({
      id: expect.any(String) as string,
      seq: 2,
      at: expect.any(String) as string,
    });
  });

  it('ends for whoever is taken out, begins for whoever is let in, and is nothing for others', async () => {
    const roomId = await open(ben);
    const [a, b, c, o] = [
      await client(anna, 0),
      await client(ben, 1),
      await client(cleo, 1),
      await client(outsider, 0),
    ];
    const [his, hers, none] = [await b.follow(roomId), await c.follow(roomId), await o.follow(roomId)];
    for (const [event, payload] of [
      ['message.send', { roomId, clientMessageId: 'x', body: 'Hello' }],
      ['read.set', { roomId, seq: 1 }],
      ['room.events', { roomId, after: 0 }],
      ['message.delete', { roomId, messageId: newId() }],
      ['reaction.add', { roomId, messageId: newId(), emoji: '👍' }],
      ['message.edit', { roomId, messageId: newId(), body: 'x' }],
      ['message.pin', { roomId, messageId: newId(), pinned: true }],
    ] as const)
      expect([event, await o.code(event, payload)]).toEqual([event, 'chat.room-not-found']);
    // Who is there is written a moment after the connection stands.
    const seen = async (by: ChatClient, ...people: Person[]): Promise<string> => {
      const asked = { userIds: people.map(({ id }) => id) };
      return JSON.stringify(await by.ask('presence.get', asked));
    };
    const online = ({ id }: Person): string => JSON.stringify({ data: [{ userId: id, state: 'online' }] });
    await eventually(async () => (await seen(o, anna, outsider)) === online(outsider));
    await eventually(async () => (await seen(b, anna)) === online(anna));
    await o.ask('typing.set', { roomId, typing: true });
    await b.ask('typing.set', { roomId, typing: true });
    await eventually(() => a.heard.some(({ event }) => event === 'typing.changed'));
    expect(a.heard.filter(({ event }) => event === 'typing.changed').map(({ payload }) => payload)).toEqual([
      { roomId, userId: ben.id, typing: true },
    ]);
    await a.send(roomId, 'One');
    await eventually(() => his.cursor === 1);
    expectStatus(await shop.asOwner.post(`/chat/rooms/${roomId}/members`, { memberIds: [cleo.id] }), 200);
    await eventually(() => c.heard.some(({ event }) => event === 'room.joined'));
    expectStatus(await shop.asOwner.call('DELETE', `/chat/rooms/${roomId}/members/${ben.id}`), 204);
    await eventually(() => b.heard.some(({ event }) => event === 'room.left'));
    const { seq } = await a.send(roomId, 'Two');
    await eventually(async () => {
      await c.catchUp(roomId);
      return hers.cursor === seq;
    });
    await a.send(roomId, 'Three');
    await eventually(() => hers.cursor === seq + 1);
    // His process has told hers, so that it has told his sockets as well, had there been any.
    expect([his.cursor < seq, none.cursor]).toEqual([true, 0]);
    expect(await b.code('message.send', { roomId, clientMessageId: newId(), body: 'Still me' })).toBe(
      'chat.room-not-found',
    );
  });

  it('shares files with the members of the room, as long as the message is there', async () => {
    const roomId = await open(ben);
    const [his, hers] = [ben, cleo].map(({ token }) => new TestClient(servers[0].url).as({ token }));
    const fileId = await uploaded(his, `A file of ${newId()}`);
    const foreign = await uploaded(hers, `Another of ${newId()}`);
    const b = await client(ben, 1);
    const said = (files: string[]) => ({ roomId, clientMessageId: newId(), body: 'See', fileIds: files });
    expect(await b.code('message.send', said([foreign]))).toBe('files.file-not-found');
    const { id } = await b.ask<{ id: string }>('message.send', said([fileId]));
    const follower = await b.follow(roomId);
    expect([follower.cursor, follower.messages.get(id)?.fileIds]).toEqual([1, [fileId]]);
    const path = `/chat/rooms/${roomId}/files/${fileId}`;
    const { url } = expectStatus(await shop.asOwner.get<{ url: string }>(path), 200);
    const bytes = await fetch(new URL(url, servers[0].url));
    expect([bytes.status, (await bytes.text()).slice(0, 9)]).toEqual([200, 'A file of']);
    expectStatus(await hers.get(path), 404);
    expectStatus(await shop.asOwner.get(`/chat/rooms/${roomId}/files/${foreign}`), 404);
    await b.ask('message.delete', { roomId, messageId: id });
    expectStatus(await shop.asOwner.get(path), 404);
  });

  it('tells who is mentioned or written to, unless it was read, and takes who leaves the organization out', async () => {
    const roomId = await open(ben, cleo);
    const direct = await shop.asOwner.post<{ id: string }>('/chat/rooms', { type: 'direct', memberIds: [cleo.id] });
    const { id: directId } = expectStatus(direct, 201);
    const a = await client(anna, 0);
    const said = { roomId, clientMessageId: newId(), body: 'Do not tell', mentions: [ben.id] };
    await a.ask('message.send', said);
    await a.send(directId, 'Psst');
    type Told = { category: string; title: string; body: string; about: Record<string, string> };
    const told = async ({ token }: Person): Promise<Told[]> => {
      const asked = await new TestClient(servers[0].url).as({ token }).get<{ data: Told[] }>('/notifications');
      return expectStatus(asked, 200).data.filter(({ category }) => category === 'chat');
    };
    await eventually(async () => (await told(ben)).length === 1 && (await told(cleo)).length === 1);
    expect((await told(ben))[0].title).toMatch(/mentioned you/);
    const { messageId, ...place } = (await told(ben))[0].about;
    expect(place).toEqual({ roomId, seq: '1' });
    expectStatus(await new TestClient(servers[0].url).as(ben).get(`/chat/rooms/${roomId}/messages/${messageId}`), 200);
    expect(JSON.stringify([await told(ben), await told(cleo)])).not.toMatch(/Do not tell|Psst/);
    const { data } = expectStatus(
      await shop.asOwner.get<{ data: { id: string; userId: string }[] }>('/members?limit=100'),
      200,
    );
    const dana = outsider;
    expectStatus(await shop.asOwner.post(`/chat/rooms/${roomId}/members`, { memberIds: [dana.id] }), 200);
    expectStatus(
      await shop.asOwner.call('DELETE', `/members/${data.find(({ userId }) => userId === dana.id)!.id}`),
      204,
    );
    await eventually(async () => {
      const people = await shop.asOwner.get<{ data: { userId: string }[] }>(`/chat/rooms/${roomId}/members`);
      return !JSON.stringify(expectStatus(people, 200).data).includes(dana.id);
    });
  });

  it('exports a room to those who manage chat, one’s own or not', async () => {
    const hers = new TestClient(servers[0].url).as({ token: cleo.token });
    const made = await hers.post<{ id: string }>('/chat/rooms', { type: 'group', name: 'Staff only', memberIds: [] });
    const { id } = expectStatus(made, 201);
    const c = await client(cleo, 0);
    await c.send(id, '=1+1');
    const { id: gone } = await c.send(id, 'Gone');
    await c.ask('message.delete', { roomId: id, messageId: gone });
    expectStatus(await shop.asOwner.get(`/chat/rooms/${id}/messages`), 404);
    expectStatus(await hers.get(`/chat/rooms/${id}/export`), 403);
    const csv = (await shop.asOwner.get(`/chat/rooms/${id}/export`)).text.trim().split('\r\n');
    expect(csv.map((line) => line.split(',').at(-1))).toEqual(['body', "'=1+1", '']);
    const lines = (await shop.asOwner.get(`/chat/rooms/${id}/export?format=jsonl`)).text.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as Message).body)).toEqual(['=1+1', null]);
    const trail = await shop.asOwner.get<{ data: { action: string }[] }>('/audit-logs?action=ExportRoom');
    expect(expectStatus(trail, 200).data.length).toBeGreaterThanOrEqual(2);
  });

  it('refuses what is malformed with a code, and goes on', async () => {
    const roomId = await open(ben);
    const a = await client(anna, 1);
    const { id: messageId } = await a.send(roomId, 'Sound');
    const cases: [string, unknown, string][] = [
      ['message.shout', { roomId }, 'realtime.unknown-event'],
      ['message.send', undefined, 'request.invalid'],
      ['message.send', [], 'request.invalid'],
      ['message.send', 'text', 'request.invalid'],
      ['message.send', { roomId: 'x', clientMessageId: 'a', body: 'b' }, 'request.invalid'],
      ['message.send', { roomId, clientMessageId: 'a b', body: 'b' }, 'request.invalid'],
      ['message.send', { roomId, clientMessageId: 'a', body: '  ' }, 'request.invalid'],
      ['message.send', { roomId, clientMessageId: 'a', body: 'x'.repeat(8_001) }, 'request.invalid'],
      ['message.send', { roomId, clientMessageId: 'a', body: 'x', admin: true }, 'request.invalid'],
      ['message.send', { roomId, clientMessageId: 'a', body: 'x', mentions: [newId()] }, 'chat.mention-unknown'],
      ['message.send', { roomId, clientMessageId: 'a', body: 'x', replyTo: newId() }, 'chat.reply-unknown'],
      ['message.send', { roomId: newId(), clientMessageId: 'a', body: 'x' }, 'chat.room-not-found'],
      ['message.edit', { roomId, messageId: newId(), body: 'x' }, 'chat.message-not-found'],
      ['reaction.add', { roomId, messageId, emoji: '<script>' }, 'chat.emoji-unknown'],
      ['read.set', { roomId, seq: -1 }, 'request.invalid'],
      ['read.set', { roomId, seq: 1.5 }, 'request.invalid'],
      ['rooms.sync', { cursors: { nonsense: 1 } }, 'request.invalid'],
      ['rooms.sync', { cursors: { [roomId]: '1' } }, 'request.invalid'],
      ['rooms.sync', { cursors: [roomId] }, 'request.invalid'],
      ['room.events', { roomId, after: Number.MAX_SAFE_INTEGER + 1 }, 'request.invalid'],
    ];
    for (const [event, payload, code] of cases)
      expect([event, payload, await a.code(event, payload)]).toEqual([event, payload, code]);
    expect((await a.send(roomId, 'Still sound')).seq).toBe(2);
  });

  it('loses nothing that was acknowledged when a process is killed, and has nothing twice', async () => {
    const doomed = await startServer({ database: servers[0].database, name: 'chat-doomed' });
    const roomId = await open(ben, cleo);
    const people = [anna, ben, cleo];
    const readers = await Promise.all(people.map((person) => client(person, 0)));
    const followers = await Promise.all(readers.map((reader) => reader.follow(roomId)));
    const writers = await Promise.all(
      people.map(async (person) => {
        const made = await new ChatClient(person.token).connect(doomed.url);
        clients.push(made);
        return made;
      }),
    );
    const acknowledged = new Map<string, number>();
    let killed: Promise<void> | undefined;
    const kill = async (): Promise<void> => {
      process.kill(doomed.pid, 'SIGKILL');
      await eventually(() => writers.every(({ socket }) => !socket.connected));
      for (const writer of writers) await writer.connect(servers[1].url);
    };
    await Promise.all(
      writers.map(async (writer, w) => {
        for (let n = 0; n < 40; n++) {
          const clientMessageId = newId();
          for (;;) {
            try {
              const { id, seq } = await writer.send(roomId, `Writer ${w} message ${n}`, clientMessageId, 1_500);
              acknowledged.set(id, seq);
              break;
            } catch (error) {
              // Whether it was stored is not known: it is sent again under the same name, over the other process.
              if ((error as Error).message !== 'timeout') throw error;
              await (killed ?? Promise.resolve());
            }
          }
          if (acknowledged.size >= 50) killed ??= kill();
        }
      }),
    );
    await killed;
    expect(acknowledged.size).toBe(120);
    for (const reader of readers) await reader.catchUp(roomId);
    for (const follower of followers) {
      expect(follower.cursor).toBe(120);
      expect(follower.newest(200).map(({ id, seq }) => [id, seq])).toEqual(
        [...acknowledged].sort(([, a], [, b]) => b - a).map(([id, seq]) => [id, seq]),
      );
    }
  }, 60_000);
});
