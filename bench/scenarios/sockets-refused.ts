import { setTimeout as pause } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { newId } from '../../src/kernel/ids/ids';
import { ChatClient } from '../chat/client';
import type { RunningServer } from '../environment';
import type { Measure } from '../report';
import { connect, open, type SocketScene } from '../socket-scene';
import type { SocketUser } from '../socket-users';

const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Everything that somebody tries who has no business in a room: as a colleague who is not in it, from another shop, and without a token that holds. */
export async function foreigners(
  scene: SocketScene,
  room: { member: SocketUser; other: SocketUser; roomId: string },
): Promise<Measure> {
  const { roomId, member } = room;
  const fileId = await uploaded(scene.nodes[0], member);
  const inside = await new ChatClient(member.token).connect(scene.nodes[0].url);
  const said = { roomId, clientMessageId: newId(), body: 'Within these walls', fileIds: [fileId] };
  const { id: messageId } = await inside.ask<{ id: string }>('message.send', said);
  const [stranger] = await scene.strangers(1);
  const done: string[] = [];
  let tries = 0;
  const expect = (what: string, refused: boolean): void => {
    tries += 1;
    if (!refused) done.push(what);
  };
  for (const { token } of [room.other, stranger]) {
    for (const node of scene.nodes) {
      const client = await new ChatClient(token).connect(node.url);
      const of = { roomId, messageId };
      for (const [event, payload] of [
        ['message.send', { roomId, clientMessageId: newId(), body: 'Hello' }],
        ['message.edit', { ...of, body: 'x' }],
        ['message.delete', of],
        ['message.pin', { ...of, pinned: true }],
        ['reaction.add', { ...of, emoji: '👍' }],
        ['read.set', { roomId, seq: 1 }],
        ['room.events', { roomId, after: 0 }],
      ] as const)
        expect(event, (await client.code(event, payload)) === 'chat.room-not-found');
      const { rooms } = await client.ask<{ rooms: object }>('rooms.sync', { cursors: { [roomId]: 0 } });
      expect('rooms.sync', Object.keys(rooms).length === 0);
      await inside.send(roomId, 'Still within');
      await pause(200);
      expect('room.event', client.heard.length === 0);
      client.disconnect();
    }
    const at = `/chat/rooms/${roomId}`;
    for (const path of [at, `${at}/messages`, `${at}/messages/${messageId}`, `${at}/events?after=0`, `${at}/members`])
      expect(path, (await scene.ask(token, path)).status === 404);
    // Also the shop's own staff, who may read its other files (`files:read`).
    for (const path of [`${at}/files/${fileId}`, `/files/${fileId}`, `/files/${fileId}/content`])
      expect(path.replace(fileId, ':id'), (await scene.ask(token, path)).status === 404);
    const found = await scene.ask<{ data: object[] }>(token, '/chat/search?q=Within');
    expect('search', found.status === 200 && found.body.data.length === 0);
  }
  inside.disconnect();
  const [expired] = await scene.users(1, -60);
  for (const token of ['', 'x.y.z', `${member.token.slice(0, -4)}AAAA`, expired.token])
    for (const node of scene.nodes) {
      const status = await new ChatClient(token).connect(node.url).then(
        (client) => (client.disconnect(), 101),
        (error: { data?: { status?: number } }) => error.data?.status,
      );
      expect(`a socket with ${token === '' ? 'no token' : 'a token that does not hold'}`, status === 401);
    }
  return {
    scenario: 'sockets: what strangers to a room were let do',
    unit: `of ${tries} tries`,
    value: done.length,
    aim: '0',
    met: done.length === 0,
    note:
      done.length > 0
        ? [...new Set(done)].join(', ')
        : 'by a colleague outside of it, by another shop, with tokens that are missing, wrong or expired; socket events, reads, search, files, on both processes',
  };
}

async function uploaded(node: RunningServer, { token }: SocketUser): Promise<string> {
  const form = new FormData();
  form.append('file', new File([`A file of ${newId()}`], 'note.txt'));
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${node.url}/api/v1/files`, { method: 'POST', headers, body: form });
  if (!answer.ok) throw new Error(`/files: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { id: string }).id;
}

/** People sign out one after another while their sockets stand, half of them at the process that is not told. */
export async function revoked({ nodes, ask }: SocketScene, people: SocketUser[]): Promise<Measure> {
  const { sockets, connected } = await open(people.length, (n) => connect(people[n], nodes[n % nodes.length]));
  const ended = sockets.map(
    (socket: Socket) => new Promise<number>((resolve) => socket.once('disconnect', () => resolve(now()))),
  );
  const times: number[] = [];
  let unanswered = 0;
  const waiting: Promise<void>[] = [];
  for (const [n, { token }] of people.entries()) {
    const { status } = await ask(token, '/auth/logout', {});
    if (status !== 204) unanswered += 1;
    const at = now();
    const late = pause(10_000, Infinity, { ref: false });
    waiting.push(Promise.race([ended[n], late]).then((then) => void times.push(Math.max(0, then - at) / 1_000)));
    // Over more than one round of whoever looks.
    await pause(4_000 / people.length);
  }
  await Promise.all(waiting);
  for (const socket of sockets) socket.close();
  const most = Math.max(...times);
  return {
    scenario: 'sockets: a socket is closed after its session was ended, at either process',
    unit: 's at most',
    value: most,
    aim: '<= 2',
    met: most <= 2 && connected === people.length && unanswered === 0,
    note: `${connected} sockets over two processes, one session after another ended at the first`,
  };
}
