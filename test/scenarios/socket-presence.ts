import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConnectedSocket, MessageBody } from '@nestjs/websockets';
import { Client } from 'pg';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { runInContext } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { ConnectionList } from '../../src/kernel/realtime/connection-list';
import { EndConnectionCommand, EndConnectionHandler } from '../../src/kernel/realtime/end-connection';
import { Presence, type UserPresence } from '../../src/kernel/realtime/presence';
import { PresenceBeat } from '../../src/kernel/realtime/presence-beat';
import { Realtime } from '../../src/kernel/realtime/realtime';
import { RealtimeServer } from '../../src/kernel/realtime/realtime-server';
import { RoomRules } from '../../src/kernel/realtime/room-rules';
import { ClientEvent } from '../../src/kernel/realtime/socket-events';
import { SocketGateway } from '../../src/kernel/realtime/socket-gateway';
import type { IdentifiedSocket } from '../../src/kernel/realtime/socket-identity';
import { Typing } from '../../src/kernel/realtime/typing';
import { eventually } from '../support/eventually';
import { atOneMoment } from '../support/skew';
import type { SocketWorld } from '../support/socket-world';

const NAMESPACE = '/presence-things';
/** Rooms of users, as a context would have them in a table. */
const memberships = new Map<string, string[]>();
/** Lets the test hold back what is loaded when a socket connects. */
let loading: Promise<void> = Promise.resolve();

@SocketGateway(NAMESPACE)
@Injectable()
class RoomsGateway implements OnModuleInit {
  constructor(
    private readonly rooms: RoomRules,
    private readonly presence: Presence,
    private readonly typing: Typing,
  ) {}

  onModuleInit(): void {
    this.rooms.own(NAMESPACE, async ({ userId }) => {
      const found = [...(memberships.get(userId!) ?? [])];
      await loading;
      return found;
    });
    this.presence.tellIn(NAMESPACE, async (_tenantId, userIds) =>
      Promise.resolve(new Map(userIds.map((userId) => [userId, memberships.get(userId) ?? []]))),
    );
  }

  @ClientEvent('rooms.mine', { passive: true })
  mine(@ConnectedSocket() socket: IdentifiedSocket): { data: string[] } {
    return { data: [...socket.rooms].filter((room) => room.startsWith('talk:')).sort() };
  }

  @ClientEvent('typing.set')
  type(@ConnectedSocket() socket: IdentifiedSocket, @MessageBody() { on }: { on: boolean }): void {
    this.typing.set(socket, 'talk:1', { roomId: '1' }, on);
  }
}

export const PRESENCE_GATEWAYS = [RoomsGateway];

/** Presence, typing and rooms of users over two processes. */
export function presenceBehaves(world: SocketWorld): void {
  const beat = async (...processes: number[]): Promise<void> => {
    for (const index of processes) await world.apps[index].get(PresenceBeat).beat(true);
  };
  const stateOf = async (userId: string, on = 0): Promise<string> =>
    (await world.apps[on].get(Presence).of(world.tenant, [userId]))[0].state;
  const until = (userId: string, state: string): Promise<unknown> =>
    eventually(async () => (await beat(0, 1), await stateOf(userId)) === state);
  /** Moves what a process or the connections of a user have noted into the past, as if time had passed. */
  const age = async (sql: string, params: unknown[]): Promise<void> => {
    const admin = new Client({ connectionString: world.database.superuserUrl });
    await admin.connect();
    await admin.query(sql, params);
    await admin.end();
  };
  const graceOver = (userId: string): Promise<void> =>
    age(`update realtime.connections set gone_at = gone_at - interval '11 seconds' where user_id = $1`, [userId]);

  describe('presence', () => {
    it('is of all devices on all processes, told only to those who share a room', async () => {
      const [ann, ben, eve] = [newId(), newId(), newId()];
      memberships.set(ann, ['talk:1']);
      memberships.set(ben, ['talk:1', 'talk:2']);
      memberships.set(eve, ['talk:9']);
      const watching = await world.connected({ sub: ben }, 1, NAMESPACE);
      const stranger = await world.connected({ sub: eve }, 1, NAMESPACE);
      const [toBen, toEve] = [watching, stranger].map((client) =>
        world.heard<UserPresence>(client, 'presence.changed'),
      );
      const phone = await world.connected({ sub: ann }, 0);
      const laptop = await world.connected({ sub: ann }, 1);
      await until(ann, 'online');
      const ofAnn = (): string[] => toBen.filter(({ userId }) => userId === ann).map(({ state }) => state);
      await eventually(() => ofAnn().length === 1);
      // One device sleeps, then both; then one wakes.
      await world.ask(phone, 'presence.set', { state: 'away' });
      await beat(0, 1);
      expect(await stateOf(ann)).toBe('online');
      await world.ask(laptop, 'presence.set', { state: 'away' });
      await until(ann, 'away');
      await world.ask(phone, 'things.whoami');
      await until(ann, 'online');
      // Ten seconds after the last one has gone it is offline.
      phone.disconnect();
      laptop.disconnect();
      await eventually(async () => (await beat(0, 1), (await connectionsOf(ann)) === 0));
      expect(await stateOf(ann, 1)).toBe('online');
      await graceOver(ann);
      await until(ann, 'offline');
      await eventually(() => ofAnn().length === 4);
      expect(ofAnn()).toEqual(['online', 'away', 'online', 'offline']);
      expect(toEve.filter(({ userId }) => userId !== eve)).toEqual([]);
      expect(await world.apps[0].get(Presence).of(world.foreign, [ben])).toEqual([{ userId: ben, state: 'offline' }]);
    });

    const connectionsOf = async (userId: string): Promise<number> => {
      const admin = new Client({ connectionString: world.database.superuserUrl });
      await admin.connect();
      const { rows } = await admin.query<{ n: number }>(
        'select count(*)::int as n from realtime.connections where user_id = $1 and gone_at is null',
        [userId],
      );
      await admin.end();
      return rows[0].n;
    };

    it('does not flap where a client comes back within the grace, on another process', async () => {
      const [ann, ben] = [newId(), newId()];
      memberships.set(ann, ['talk:1']);
      memberships.set(ben, ['talk:1']);
      const watching = await world.connected({ sub: ben }, 0, NAMESPACE);
      const told = world.heard<UserPresence>(watching, 'presence.changed');
      const first = await world.connected({ sub: ann }, 0);
      await until(ann, 'online');
      await eventually(() => told.some(({ userId }) => userId === ann));
      first.disconnect();
      await beat(0);
      await world.connected({ sub: ann }, 1);
      await beat(1);
      await graceOver(ann);
      await beat(0, 1);
      expect(await stateOf(ann)).toBe('online');
      expect(told.filter(({ userId }) => userId === ann)).toEqual([{ userId: ann, state: 'online' }]);
    });

    it('makes idle users away', async () => {
      const ann = newId();
      await world.connected({ sub: ann }, 0);
      await until(ann, 'online');
      clock.setOffset(301);
      await until(ann, 'away');
    });

    it('takes the users of a process without a beat for gone, and takes them back when it lives after all', async () => {
      const [ann, ben] = [newId(), newId()];
      memberships.set(ann, ['talk:1']);
      memberships.set(ben, ['talk:1']);
      const watching = await world.connected({ sub: ben }, 1, NAMESPACE);
      const told = world.heard<UserPresence>(watching, 'presence.changed');
      await world.connected({ sub: ann }, 0);
      await until(ann, 'online');
      const { nodeId } = world.apps[0].get(PresenceBeat);
      // A beat of its own may come in between.
      await eventually(async () => {
        await age(`update realtime.nodes set seen_at = seen_at - interval '16 seconds' where id = $1`, [nodeId]);
        await beat(1);
        return told.some(({ userId, state }) => userId === ann && state === 'offline');
      });
      // It was only slow.
      await beat(0);
      expect(await stateOf(ann, 1)).toBe('online');
    });

    it('ends the newest connections beyond those that a user may have, over both processes', async () => {
      const sub = newId();
      const clients = Array.from({ length: 24 }, (_, n) =>
        world.connect({ token: world.token({ sub }) }, { on: n % 2 }),
      );
      const reasons = clients.map((client) => world.heard<{ code: string }>(client, 'session.ended'));
      const came = clients.map((client) => new Promise<void>((resolve) => client.once('connect', () => resolve())));
      await Promise.all(came);
      await beat(0, 1);
      await eventually(() => clients.filter((client) => client.connected).length === 20);
      expect(reasons.flat().map(({ code }) => code)).toEqual(Array(4).fill('realtime.too-many-connections'));
    });
  });

  describe('the list of live connections', () => {
    it('shows those of all processes, to each organization its own, and ends one wherever it is', async () => {
      const [ann, alien] = [newId(), newId()];
      const here = await world.connected({ sub: ann }, 0);
      const there = await world.connected({ sub: ann }, 1);
      await world.connected({ sub: alien, tid: world.foreign }, 1);
      const list = new ConnectionList(world.apps[2].get(Database));
      const own = await eventually(async () => {
        const { data } = await list.ofTenant(world.tenant, { limit: 100 });
        return data.length === 2 && data.every(({ userId }) => userId === ann) ? data : null;
      });
      await eventually(async () => (await list.everywhere({ limit: 100 })).data.some(({ userId }) => userId === alien));
      expect(own.map(({ userId }) => userId)).toEqual([ann, ann]);
      expect(new Set(own.map(({ nodeId }) => nodeId)).size).toBe(2);
      expect(own[0]).toMatchObject({ tenantId: world.tenant, person: true, state: 'online', address: '127.0.0.1' });
      const first = await list.ofTenant(world.tenant, { limit: 1 });
      expect(first.page).toEqual({ limit: 1, hasMore: true, nextCursor: own[0].id });
      const second = await list.ofTenant(world.tenant, { limit: 1, cursor: first.page.nextCursor });
      expect(second.data.map(({ id }) => id)).toEqual([own[1].id]);
      // From the process without sockets; the handler is asked as the bus would.
      const end = new EndConnectionHandler(world.apps[2].get(UnitOfWork), list, world.apps[2].get(RealtimeServer));
      const asked = (id: string, tenantId: string | null): Promise<void> =>
        runInContext({ tenantId, principal: SYSTEM, requestId: newId() }, () =>
          end.execute(new EndConnectionCommand(id, tenantId)),
        );
      await expect(asked(own[0].id, world.foreign)).rejects.toMatchObject({ code: 'realtime.connection-not-found' });
      const reasons = [here, there].map((client) => world.heard<{ code: string }>(client, 'session.ended'));
      for (const { id } of own) await asked(id, world.tenant);
      await eventually(() => here.disconnected && there.disconnected);
      expect(reasons.flat().map(({ code }) => code)).toEqual(['realtime.ended', 'realtime.ended']);
      await eventually(async () => (await list.ofTenant(world.tenant, { limit: 100 })).data.length === 0);
      await expect(asked(own[0].id, null)).rejects.toMatchObject({ code: 'realtime.connection-not-found' });
    });
  });

  describe('rooms of users', () => {
    it('are entered with the connection, before its first event is answered', async () => {
      const ann = newId();
      memberships.set(ann, ['talk:1', 'talk:2']);
      const client = await world.connected({ sub: ann }, 0, NAMESPACE);
      expect((await world.ask(client, 'rooms.mine')).data).toEqual(['talk:1', 'talk:2']);
    });

    it('are entered and left by live sockets on every process, also while those are still loading theirs', async () => {
      const ann = newId();
      memberships.set(ann, ['talk:1']);
      const settled = await world.connected({ sub: ann }, 0, NAMESPACE);
      let go = (): void => undefined;
      loading = new Promise((resolve) => (go = resolve));
      const busy = await world.connected({ sub: ann }, 1, NAMESPACE);
      const realtime = world.apps[2].get(Realtime);
      realtime.join(NAMESPACE, world.tenant, ann, 'talk:7');
      realtime.leave(NAMESPACE, world.tenant, ann, 'talk:1');
      await eventually(async () => {
        const { data } = await world.ask(settled, 'rooms.mine');
        return JSON.stringify(data) === '["talk:7"]';
      });
      const mark = world.heard(busy, 'mark');
      realtime.toUser(world.tenant, ann, 'mark', {});
      realtime.toRoom('talk:7', 'mark', {}, NAMESPACE);
      await eventually(() => mark.length === 1);
      go();
      loading = Promise.resolve();
      expect((await world.ask(busy, 'rooms.mine')).data).toEqual(['talk:7']);
    });
  });

  describe('typing', () => {
    /** Two in one room, each at another process. */
    const meet = async () => {
      const [ann, ben] = [newId(), newId()];
      memberships.set(ann, ['talk:1']);
      memberships.set(ben, ['talk:1']);
      const typist = await world.connected({ sub: ann }, 0, NAMESPACE);
      const reader = await world.connected({ sub: ben }, 1, NAMESPACE);
      await world.ask(reader, 'rooms.mine');
      return { ann, typist, reader };
    };

    it('is told to the others of the room while it lasts, and not to the typist', () =>
      atOneMoment(async () => {
        const { ann, typist, reader } = await meet();
        const other = await world.connected({ sub: ann }, 1, NAMESPACE);
        const [toSelf, toBen] = [other, reader].map((client) => world.heard(client, 'typing.changed'));
        await world.ask(typist, 'typing.set', { on: true });
        await world.ask(typist, 'typing.set', { on: true });
        await eventually(() => toBen.length === 1);
        typist.disconnect();
        await eventually(() => toBen.length === 2);
        expect(toBen).toEqual([
          { roomId: '1', userId: ann, typing: true },
          { roomId: '1', userId: ann, typing: false },
        ]);
        expect(toSelf).toEqual([]);
      }));

    it('is over after six seconds in which it is not repeated', () =>
      atOneMoment(async () => {
        const { ann, typist, reader } = await meet();
        const told = world.heard<{ typing: boolean }>(reader, 'typing.changed');
        await world.ask(typist, 'typing.set', { on: true });
        // Who still takes the former one is left out: what is told of typing waits for nobody.
        await eventually(() => told.length === 1);
        await world.ask(reader, 'rooms.mine');
        // Repeated after three seconds it is told again, and lasts six from then on.
        clock.setOffset(3);
        await world.ask(typist, 'typing.set', { on: true });
        await eventually(() => told.length === 2);
        clock.setOffset(8);
        await world.ask(reader, 'rooms.mine');
        expect(told.map(({ typing }) => typing)).toEqual([true, true]);
        clock.setOffset(10);
        await eventually(() => told.length === 3);
        expect(told.at(-1)).toEqual({ roomId: '1', userId: ann, typing: false });
      }));
  });
}
