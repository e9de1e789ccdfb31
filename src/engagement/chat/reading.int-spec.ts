import { CommandBus } from '@nestjs/cqrs';
import { asTenant } from '../../../test/support/app';
import { chatDesk, type ChatDesk } from '../../../test/support/chat-desk';
import { eventually } from '../../../test/support/eventually';
import { SENT } from '../../../test/support/realtime';
import { lots } from '../../../bench/chat/model';
import { GUEST } from '../../kernel/auth/principal';
import { Database } from '../../kernel/database/database';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { Realtime } from '../../kernel/realtime/realtime';
import { MOST_READERS, ReadReceipts } from './adapters/read-receipts';
import { DeleteMessageCommand } from './commands/change-message';
import { RemoveRoomMemberCommand } from './commands/change-room';
import { SetReadCommand, SetReadsCommand, SetThreadReadCommand } from './commands/set-read';
import { FindRoomQuery, ThreadQuery } from './queries/rooms';

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('reading', () => {
  let desk: ChatDesk;
  let [anna, ben, cleo]: string[] = [];
  beforeAll(async () => {
    desk = await chatDesk();
    [anna, ben, cleo] = [desk.owner, await desk.hire(), await desk.hire()];
  });
  afterAll(() => desk.close());

  it('of many rooms is one write and one push to one’s own devices', async () => {
    const rooms = [];
    for (let n = 0; n < 3; n++) rooms.push((await desk.open(anna, { memberIds: [ben] })).id);
    const foreign = (await desk.open(anna, { memberIds: [cleo] })).id;
    for (const id of [...rooms, foreign]) for (let n = 0; n < 3; n++) await desk.say(anna, id, `Message ${n}`);
    const before = SENT.length;
    const places = await desk.command(
      ben,
      new SetReadsCommand([
        { roomId: rooms[0], seq: 1, kind: 'public' },
        { roomId: rooms[0], seq: 2, kind: 'public' },
        { roomId: rooms[1], seq: 99, kind: 'private' },
        // However it is spelled.
        { roomId: rooms[2].toUpperCase(), seq: 2, kind: 'public' },
        { roomId: rooms[2], seq: 3, kind: 'public' },
        { roomId: foreign, seq: 3, kind: 'public' },
        { roomId: newId(), seq: 3, kind: 'public' },
      ]),
    );
    const byRoom = new Map(places.map(({ roomId, unread, readSeq }) => [roomId, [readSeq, unread]]));
    expect([byRoom.size, ...rooms.map((id) => byRoom.get(id))]).toEqual([3, [2, 1], [0, 0], [3, 0]]);
    desk.app.get(ReadReceipts).tellAll();
    const pushed = SENT.slice(before);
    expect(pushed.map(({ event }) => event).sort()).toEqual(['room.receipts', 'room.receipts', 'rooms.read']);
    expect(pushed.find(({ event }) => event === 'rooms.read')!.payload).toEqual({ rooms: places });
    expect(await desk.command(ben, new SetReadsCommand([]))).toEqual([]);
    // Two devices at once, in opposite orders.
    const all = rooms.map((roomId) => ({ roomId, seq: 3, kind: 'public' as const }));
    await Promise.all([
      desk.command(ben, new SetReadsCommand(all)),
      desk.command(ben, new SetReadsCommand([...all].reverse())),
    ]);
    for (const id of rooms) expect((await desk.query(ben, new FindRoomQuery(id))).unread).toBe(0);
  });

  describe('is told to the room', () => {
    const told = (roomId: string, from: number) =>
      SENT.slice(from).filter(
        ({ event, payload }) => !event.endsWith('.read') && (payload as { roomId?: string }).roomId === roomId,
      );
    const receipts = () => desk.app.get(ReadReceipts);

    it('once for many readers, with the last place of each and none that is private', async () => {
      const { id } = await desk.open(anna, { memberIds: [ben, cleo] });
      for (let n = 1; n <= 5; n++) await desk.say(anna, id, `Number ${n}`);
      receipts().tellAll();
      const before = SENT.length;
      const all = await Promise.all([
        desk.command(ben, new SetReadCommand(id, 3, 'public')),
        desk.command(cleo, new SetReadCommand(id, 4, 'private')),
        desk.command(anna, new SetReadCommand(id, 5, 'public')),
      ]);
      await desk.command(ben, new SetReadsCommand([{ roomId: id, seq: 4, kind: 'public' }]));
      receipts().tellAll();
      expect(all.map(({ unread }) => unread)).toEqual([2, 1, 0]);
      const places = new Map<string, number[]>();
      for (const { event, payload } of told(id, before)) {
        expect(event).toBe('room.receipts');
        for (const { userId, seq } of (payload as { readers: { userId: string; seq: number }[] }).readers)
          places.set(userId, [...(places.get(userId) ?? []), seq]);
      }
      // Seldom more pushes than one, where the time was over between them: never a place that goes back, never a private one.
      const pushes = told(id, before).length;
      expect([[4], [3, 4]]).toContainEqual(places.get(ben));
      expect([places.get(anna), places.has(cleo)]).toEqual([[5], false]);
      receipts().tellAll();
      expect(told(id, before)).toHaveLength(pushes);
    });

    it('before what happens there next, and before somebody is out of it', async () => {
      const { id } = await desk.open(anna, { memberIds: [ben, cleo] });
      await desk.say(anna, id, 'One');
      receipts().tellAll();
      const before = SENT.length;
      await desk.command(ben, new SetReadCommand(id, 1, 'public'));
      const { seq } = await desk.say(anna, id, 'Two');
      await desk.command(ben, new SetReadCommand(id, seq, 'public'));
      await desk.command(ben, new RemoveRoomMemberCommand(id, ben));
      const order = SENT.slice(before)
        .filter(({ event, payload }) => event === '(leaves)' || told(id, before).some((one) => one.payload === payload))
        .map(({ event, payload }) => [event, (payload as { readers?: { seq: number }[] }).readers?.[0].seq]);
      expect(order.slice(0, 3)).toEqual([
        ['room.receipts', 1],
        ['room.event', undefined],
        ['room.receipts', seq],
      ]);
      const [gone, kept] = ['(leaves)', 'room.receipts'].map((name) =>
        order.findLastIndex(([event]) => event === name),
      );
      expect(gone).toBeGreaterThan(kept);
    });

    it('by itself after a while, at once where there are many, and when the process ends', async () => {
      const [tenantId, first, second] = [newId(), newId(), newId()];
      const before = SENT.length;
      const sizes = (roomId: string) =>
        told(roomId, before).map(({ payload }) => (payload as { readers: unknown[] }).readers.length);
      const gathering = new ReadReceipts(desk.app.get(Realtime));
      for (let n = 0; n <= MOST_READERS; n++) gathering.add(tenantId, first, newId(), 1);
      expect(sizes(first)).toEqual([MOST_READERS]);
      await eventually(() => sizes(first).length === 2);
      gathering.add(tenantId, second, ben, 1);
      gathering.add(tenantId, second, cleo, 1);
      gathering.add(tenantId, second, ben, 2);
      expect(sizes(second)).toEqual([]);
      gathering.beforeApplicationShutdown();
      expect(sizes(second)).toEqual([2]);
      // A command that ends after that waits for nobody.
      gathering.add(tenantId, second, cleo, 2);
      expect([sizes(first), sizes(second)]).toEqual([
        [MOST_READERS, 1],
        [2, 1],
      ]);
    });
  });

  it('of many rooms leaves out the one that somebody is taken out of meanwhile', async () => {
    const [left, kept] = [await desk.open(anna, { memberIds: [ben] }), await desk.open(anna, { memberIds: [ben] })];
    const uow = desk.app.get(UnitOfWork);
    const [commands, database] = [desk.app.get(CommandBus), desk.app.get(Database)];
    let release: (() => void) | undefined;
    const removal = asTenant(
      desk.tenantId,
      () =>
        uow.run(async (tx) => {
          await commands.execute(new RemoveRoomMemberCommand(left.id, ben));
          await tx.query('select 1');
          await new Promise<void>((resolve) => (release = resolve));
        }),
      { ...GUEST, kind: 'user', userId: anna, tenantId: desk.tenantId },
    );
    await eventually(() => release !== undefined);
    const places = desk.command(
      ben,
      new SetReadsCommand([left, kept].map(({ id }) => ({ roomId: id, seq: 1, kind: 'public' as const }))),
    );
    const waits = `select from pg_locks where not granted and locktype = 'transactionid'`;
    await eventually(async () => (await database.readPlatform(waits)).length > 0);
    release!();
    await removal;
    expect((await places).map(({ roomId }) => roomId)).toEqual([kept.id]);
  });

  it('of a thread is counted as by hand, over random steps', async () => {
    const { id } = await desk.open(anna, { memberIds: [ben, cleo] });
    const lot = lots(11);
    const people = [anna, ben, cleo];
    const roots = [];
    for (const author of people) roots.push((await desk.say(author, id, 'Root')).messageId!);
    const said: { id: string; root: string; author: string; seq: number; deleted: boolean }[] = [];
    const read = new Map<string, number>();
    const [roomRead, faults] = [new Map<string, number>(), [] as unknown[]];
    let head = 3;
    for (let step = 0; step < 120; step++) {
      const [who, root] = [people[lot(3)], roots[lot(3)]];
      const seq = lot(head + 3);
      const what = lot(6);
      if (what < 3) {
        const event = await desk.say(who, id, `Answer ${step}`, { replyTo: root });
        said.push({ id: event.messageId!, root, author: who, seq: (head = event.seq), deleted: false });
      } else if (what === 3) {
        const one = said[lot(Math.max(1, said.length))];
        if (!one || one.deleted) continue;
        head = (await desk.command(one.author, new DeleteMessageCommand(id, one.id))).seq;
        one.deleted = true;
      } else if (what === 4) {
        await desk.command(who, new SetThreadReadCommand(id, root, seq));
        read.set(who + root, Math.max(read.get(who + root) ?? 0, Math.min(seq, head)));
      } else if (lot(4) === 0) {
        await desk.command(who, new SetReadCommand(id, seq, lot(2) ? 'public' : 'private'));
        roomRead.set(who, Math.max(roomRead.get(who) ?? 0, Math.min(seq, head)));
      }
      const beyond = Math.max(read.get(who + root) ?? 0, roomRead.get(who) ?? 0);
      const waits = said.filter((m) => m.root === root && m.author !== who && !m.deleted && m.seq > beyond).length;
      const place = await desk.query(who, new ThreadQuery(id, root));
      if (place.unread !== waits || place.readSeq !== beyond) faults.push({ step, place, waits, beyond });
    }
    expect(faults).toEqual([]);
    // Of the room nothing is read thereby.
    const before = (await desk.query(cleo, new FindRoomQuery(id))).unread;
    const from = SENT.length;
    await desk.command(cleo, new SetThreadReadCommand(id, roots[0], head));
    expect((await desk.query(cleo, new FindRoomQuery(id))).unread).toBe(before);
    // What was read of the room before may be told meanwhile.
    expect(SENT.slice(from).filter(({ event }) => event === 'thread.read')).toMatchObject([
      { payload: { threadId: roots[0], unread: 0 } },
    ]);
    // Nobody outside, no answer as a thread, and nothing of who left.
    const tries = [
      desk.command(newId(), new SetThreadReadCommand(id, roots[0], 1)),
      desk.query(newId(), new ThreadQuery(id, roots[0])),
      desk.command(ben, new SetThreadReadCommand(id, said[0].id, 1)),
      desk.query(ben, new ThreadQuery(id, newId())),
    ].map(code);
    const [room, message] = ['chat.room-not-found', 'chat.message-not-found'];
    expect(await Promise.all(tries)).toEqual([room, room, message, message]);
    await desk.command(cleo, new RemoveRoomMemberCommand(id, cleo));
    expect(await code(desk.query(cleo, new ThreadQuery(id, roots[0])))).toBe(room);
  });
});
