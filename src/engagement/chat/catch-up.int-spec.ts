import { comesBack, unreadModel } from '../../../bench/chat/model';
import { ChatFollower } from '../../../bench/chat/follower';
import { chatDesk, type ChatDesk } from '../../../test/support/chat-desk';
import { DeleteMessageCommand, EditMessageCommand, PinMessageCommand, ReactCommand } from './commands/change-message';
import { CommandBus } from '@nestjs/cqrs';
import { asTenant } from '../../../test/support/app';
import { Database } from '../../kernel/database/database';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ChangeRoomCommand, RemoveRoomMemberCommand } from './commands/change-room';
import { PurgeMessagesCommand } from './commands/purge-messages';
import { FindRoomQuery } from './queries/rooms';
import { RoomEventsQuery, SyncQuery } from './queries/events';

describe('catching up', () => {
  let desk: ChatDesk;
  let ben: string;
  beforeAll(async () => {
    desk = await chatDesk();
    ben = await desk.hire();
  });
  afterAll(() => desk.close());

  it('makes a client that was away equal to a fresh load: new messages, edits, deletions, reactions and pins', async () => {
    const { id } = await desk.open(desk.owner, { memberIds: [ben] });
    const follower = new ChatFollower(id);
    const ids: string[] = [];
    const say = async (text: string): Promise<void> => void ids.push((await desk.say(ben, id, text)).messageId!);
    for (let n = 0; n < 10; n++) await say(`Before ${n}`);
    expect(await comesBack(desk, follower)).toBeNull();
    for (let n = 0; n < 30; n++) await say(`New ${n}`);
    for (const n of [0, 3, 12, 20, 39])
      await desk.command(ben, new EditMessageCommand(id, ids[n], { body: `Edited ${n}`, mentions: [desk.owner] }));
    for (const n of [1, 3, 25]) await desk.command(ben, new DeleteMessageCommand(id, ids[n]));
    for (const n of [2, 12, 30]) await desk.command(ben, new ReactCommand(id, ids[n], '👍', true));
    await desk.command(ben, new ReactCommand(id, ids[30], '👍', false));
    await desk.command(ben, new PinMessageCommand(id, ids[5], true));
    const { rooms } = await desk.query(desk.owner, new SyncQuery({ [id]: follower.cursor }));
    expect(rooms[id]).toMatchObject({ limited: false, prevSeq: 10, lastSeq: 53 });
    expect(await comesBack(desk, follower)).toBeNull();
    expect(follower.cursor).toBe(53);
  });

  it('tells a client that is too far behind, which has the room again after one more pull', async () => {
    const { id } = await desk.open(desk.owner, { memberIds: [ben] });
    const follower = new ChatFollower(id);
    for (let n = 0; n < 230; n++) await desk.say(ben, id, `Message ${n}`);
    const { rooms } = await desk.query(desk.owner, new SyncQuery({ [id]: 20 }));
    expect(rooms[id]).toMatchObject({ limited: true, prevSeq: 30, lastSeq: 230 });
    expect(rooms[id].events.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, i) => i + 31));
    expect(await comesBack(desk, follower)).toBeNull();
    expect(follower.cursor).toBe(230);
    // Whoever asks for all of it goes on from page to page.
    const page = await desk.query(desk.owner, new RoomEventsQuery(id, 20, true));
    expect([page.limited, page.prevSeq, page.events[0].seq, page.events.length]).toEqual([false, 20, 21, 200]);
    // A number that was never given, as from a database that was restored.
    expect((await desk.query(desk.owner, new SyncQuery({ [id]: 231 }))).rooms[id]).toMatchObject({
      limited: true,
      lastSeq: 230,
    });
  });

  it('has a room again after a thousand messages by two pulls', async () => {
    const { id } = await desk.open(desk.owner, { memberIds: [ben] });
    const follower = new ChatFollower(id);
    await desk.say(ben, id, 'Before');
    expect(await comesBack(desk, follower)).toBeNull();
    for (let n = 0; n < 1_000; n += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => desk.say(ben, id, `Message ${n + i}`)));
    const first = (await desk.query(desk.owner, new SyncQuery({ [id]: follower.cursor }))).rooms[id];
    expect(first).toMatchObject({ limited: true, lastSeq: 1_001 });
    // The first pull is this one, the second the load of the room.
    expect(await comesBack(desk, follower)).toBeNull();
    expect(follower.cursor).toBe(1_001);
  }, 60_000);

  it('answers with half a megabyte at most: rooms that no longer fit are to be loaded anew, pages end earlier', async () => {
    const rooms = await Promise.all(
      [2, 40, 40].map(async (messages) => {
        const { id } = await desk.open(desk.owner, { memberIds: [ben] });
        // Three bytes a character.
        for (let n = 0; n < messages; n++) await desk.say(ben, id, '語'.repeat(8_000));
        return id;
      }),
    );
    const calm = await desk.open(desk.owner, { memberIds: [ben] });
    const cursors = Object.fromEntries([...rooms, calm.id].map((id) => [id, 0]));
    const answer = await desk.query(desk.owner, new SyncQuery(cursors));
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(520 * 1024);
    expect([...rooms, calm.id].map((id) => [answer.rooms[id].events.length, answer.rooms[id].limited])).toEqual([
      [2, false],
      [0, true],
      [0, true],
      [0, false],
    ]);
    expect(answer.rooms[rooms[1]]).toMatchObject({ prevSeq: 40, lastSeq: 40 });
    const follower = new ChatFollower(rooms[1]);
    const read: number[] = [];
    for (let pages = 0; follower.cursor < 40; pages += 1) {
      const page = await desk.query(desk.owner, new RoomEventsQuery(rooms[1], follower.cursor, true));
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(520 * 1024);
      expect([page.limited, pages < 10]).toEqual([false, true]);
      follower.catchUp(page);
      read.push(page.events.length);
    }
    expect(read.reduce((sum, n) => sum + n)).toBe(40);
    expect(await comesBack(desk, new ChatFollower(rooms[2]))).toBeNull();
  }, 60_000);

  it('takes what is old with its log: who was away that long loads the room anew', async () => {
    const { id } = await desk.open(desk.owner, { memberIds: [ben] });
    const follower = new ChatFollower(id);
    for (let n = 1; n <= 6; n++) await desk.say(ben, id, `Message ${n}`);
    const database = desk.app.get(Database);
    const age = `update chat.messages set created_at = created_at - interval '40 hours' where room_id = $1 and seq <= 4`;
    await desk.command(desk.owner, new ChangeRoomCommand(id, { retentionDays: 3 }));
    await asTenant(desk.tenantId, () => desk.app.get(UnitOfWork).run((tx) => tx.execute(age, [id])));
    const chain = async (): Promise<string> =>
      (await database.readAs<{ id: string }>(desk.tenantId, 'select purge_chain as id from chat.settings'))[0].id;
    const purge = async (chainId: string): Promise<number> =>
      asTenant(desk.tenantId, () => desk.app.get(CommandBus).execute(new PurgeMessagesCommand(chainId)));
    const before = await chain();
    expect(await purge(before)).toBe(0);
    await desk.command(desk.owner, new ChangeRoomCommand(id, { retentionDays: 1 }));
    // The looks that were asked for before have ended.
    expect(await purge(before)).toBe(0);
    expect(await purge(await chain())).toBe(1);
    const { rooms } = await desk.query(ben, new SyncQuery({ [id]: 2 }));
    expect(rooms[id]).toMatchObject({ limited: true, prevSeq: 4, lastSeq: 9 });
    expect(rooms[id].events.at(-1)).toMatchObject({ type: 'history.purged', data: { upTo: 4 } });
    expect(await comesBack(desk, follower)).toBeNull();
    expect(follower.newest().map(({ body }) => body)).toEqual(['Message 6', 'Message 5']);
    expect((await desk.query(desk.owner, new FindRoomQuery(id))).unread).toBe(2);
    const timers = await database.readAs<{ n: number }>(
      desk.tenantId,
      `select count(*)::int as n from kernel.deliveries where name = 'chat.purge-old-messages'`,
    );
    expect(timers[0].n).toBeGreaterThan(0);
  });

  it('leaves out rooms that one is no longer in, and names those that one did not know', async () => {
    const [known, lost] = [
      await desk.open(desk.owner, { memberIds: [ben] }),
      await desk.open(desk.owner, { memberIds: [ben] }),
    ];
    await desk.say(ben, known.id, 'Here');
    await desk.command(desk.owner, new RemoveRoomMemberCommand(lost.id, ben));
    const { rooms, others } = await desk.query(ben, new SyncQuery({ [lost.id]: 0 }));
    expect(rooms).toEqual({});
    expect(others).toMatchObject({ [known.id]: 1 });
    expect(others).not.toHaveProperty(lost.id);
  });

  it('counts what is unread as counting by hand does, over random steps', async () => {
    const run = await unreadModel(desk, 400);
    expect(run).toEqual({ ...run, faults: [], unlike: [] });
  }, 60_000);
});
