import { expectOneEach, expectOneOrder, resendRace, writersRace } from '../../../test/scenarios/chat-races';
import { chatDesk, type ChatDesk } from '../../../test/support/chat-desk';
import { SENT } from '../../../test/support/realtime';
import { Database } from '../../kernel/database/database';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { ReadReceipts } from './adapters/read-receipts';
import { DeleteMessageCommand, EditMessageCommand, PinMessageCommand, ReactCommand } from './commands/change-message';
import {
  AddRoomMembersCommand,
  ChangeRoomCommand,
  ChangeRoomMemberCommand,
  RemoveRoomMemberCommand,
} from './commands/change-room';
import { IndexMessagesCommand } from './commands/index-messages';
import { SaveChatSettingsCommand } from './commands/save-settings';
import { SetReadCommand } from './commands/set-read';
import { SyncQuery } from './queries/events';
import { ListRoomMembersQuery, SeenByQuery } from './queries/members';
import { FindMessageQuery, ListMessagesQuery, MessageHistoryQuery } from './queries/messages';
import { SearchMessagesQuery } from './queries/search';
import { FindRoomQuery, ListRoomsQuery, UnreadQuery } from './queries/rooms';

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('chat', () => {
  let desk: ChatDesk;
  let [anna, ben, cleo]: string[] = [];
  let room: string;

  beforeAll(async () => {
    desk = await chatDesk();
    [anna, ben, cleo] = [desk.owner, await desk.hire(), await desk.hire()];
    room = (await desk.open(anna, { memberIds: [ben, cleo], name: 'Everybody' })).id;
  });
  afterAll(() => desk.close());

  const messages = (userId = anna, roomId = room) =>
    desk.query(userId, new ListMessagesQuery(roomId, Object.assign(new ListQuery(), { limit: 100 })));

  describe('rooms', () => {
    it('two people have one direct room, however many open it at once', async () => {
      const opened = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          i % 2
            ? desk.open(anna, { type: 'direct', memberIds: [ben] })
            : desk.open(ben, { type: 'direct', memberIds: [anna] }),
        ),
      );
      expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
      expect(opened[0]).toMatchObject({ type: 'direct', name: null, memberCount: 2, peerId: anna, lastSeq: 0 });
      const { id } = opened[0];
      expect(await code(desk.command(anna, new AddRoomMembersCommand(id, [cleo])))).toBe('chat.direct-is-fixed');
      expect(await code(desk.command(anna, new RemoveRoomMemberCommand(id, anna)))).toBe('chat.direct-is-fixed');
      expect(await code(desk.query(cleo, new FindRoomQuery(id)))).toBe('chat.room-not-found');
    });

    it.each([
      ['with oneself', { type: 'direct' as const, memberIds: () => [anna] }, 'chat.direct-needs-two'],
      ['of three', { type: 'direct' as const, memberIds: () => [ben, cleo] }, 'chat.direct-needs-two'],
      ['with a stranger', { memberIds: () => [newId()] }, 'chat.member-unknown'],
      [
        'for all without a name',
        { type: 'channel' as const, name: null, memberIds: () => [ben] },
        'chat.name-required',
      ],
    ])('%s is refused', async (_what, { memberIds, ...more }, expected) => {
      expect(await code(desk.open(anna, { ...more, memberIds: memberIds() }))).toBe(expected);
    });

    it('of a group has a name or is called by its members', async () => {
      const room = await desk.open(anna, { name: null, memberIds: [ben, cleo] });
      expect(room).toMatchObject({ type: 'group', name: null, memberCount: 3 });
      await desk.say(ben, room.id, 'Without a name');
      await desk.command(anna, new ChangeRoomCommand(room.id, { name: 'Now with one' }));
      expect(await desk.query(cleo, new FindRoomQuery(room.id))).toMatchObject({ name: 'Now with one' });
    });

    it('customers reach those who work there, not each other', async () => {
      const [dora, emil] = [await desk.hire('customer'), await desk.hire('customer')];
      expect(await code(desk.open(dora, { type: 'direct', memberIds: [emil] }))).toBe('chat.member-unknown');
      expect(await code(desk.open(dora, { type: 'direct', memberIds: [ben] }))).toBe('done');
      expect(await code(desk.open(ben, { memberIds: [dora, emil] }))).toBe('done');
    });

    it('are looked after by owners and moderators, and never left without an owner', async () => {
      const [fay, gil] = [await desk.hire(), await desk.hire()];
      const { id } = await desk.open(anna, { type: 'channel', memberIds: [ben, fay] });
      expect(await code(desk.command(ben, new AddRoomMembersCommand(id, [gil])))).toBe('chat.moderators-only');
      expect(await code(desk.command(ben, new ChangeRoomMemberCommand(id, ben, 'owner')))).toBe('chat.owners-only');
      await desk.command(anna, new ChangeRoomMemberCommand(id, ben, 'moderator'));
      await desk.command(ben, new AddRoomMembersCommand(id, [gil, fay]));
      expect(await code(desk.command(ben, new RemoveRoomMemberCommand(id, anna)))).toBe('chat.moderators-only');
      await desk.command(ben, new RemoveRoomMemberCommand(id, fay));
      expect(await code(desk.say(fay, id, 'Still here?'))).toBe('chat.room-not-found');
      await desk.command(anna, new RemoveRoomMemberCommand(id, anna));
      const { data } = await desk.query(ben, new ListRoomMembersQuery(id, new ListQuery()));
      expect(data.map(({ userId, role }) => [userId, role])).toEqual([
        [ben, 'owner'],
        [gil, 'member'],
      ]);
      expect((await desk.query(ben, new FindRoomQuery(id))).memberCount).toBe(2);
      expect((await desk.log(ben, id)).map(({ seq, type, data: about }) => [seq, type, about])).toEqual([
        [1, 'member.changed', { userId: ben, role: 'moderator' }],
        [2, 'member.joined', { members: [{ userId: gil, role: 'member' }] }],
        [3, 'member.left', { userId: fay, reason: 'removed' }],
        [4, 'member.left', { userId: anna, reason: 'left' }],
        [5, 'member.changed', { userId: ben, role: 'owner' }],
      ]);
    });

    it('that are archived can be read, and nothing is said in them until they are restored', async () => {
      const { id } = await desk.open(anna, { memberIds: [ben] });
      const { messageId } = await desk.say(ben, id, 'Before');
      await desk.command(anna, new ChangeRoomCommand(id, { archived: true }));
      const tries = [
        desk.say(ben, id, 'After'),
        desk.command(ben, new ReactCommand(id, messageId!, '👍', true)),
        desk.command(ben, new EditMessageCommand(id, messageId!, { body: 'Changed', mentions: [] })),
        desk.command(anna, new ChangeRoomCommand(id, { name: 'Else' })),
      ].map(code);
      expect(await Promise.all(tries)).toEqual(Array(4).fill('chat.room-archived'));
      expect((await messages(ben, id)).data.map(({ body }) => body)).toEqual(['Before']);
      await desk.command(anna, new ChangeRoomCommand(id, { archived: false, topic: 'Again' }));
      expect((await desk.say(ben, id, 'Again')).seq).toBe(4);
    });
  });

  describe('messages', () => {
    it('are numbered, sealed where they are stored, and pushed to the room', async () => {
      const said = await desk.say(anna, room, 'The secret is marmalade', { mentions: [ben] });
      expect(said).toMatchObject({
        type: 'message.created',
        actorId: anna,
        message: { body: 'The secret is marmalade', mentions: [ben] },
      });
      // The answer is made of what was written; the log reads it back.
      expect((await desk.log(ben, room)).at(-1)).toEqual(said);
      expect(SENT.at(-1)).toEqual({ to: `chat:${desk.tenantId}:${room}`, event: 'room.event', payload: said });
      const dump = await desk.app
        .get(Database)
        .readAs<{ all: string }>(
          desk.tenantId,
          `select string_agg(m::text, ' ') || (select string_agg(e::text, ' ') from chat.room_events e) as all from chat.messages m`,
        );
      expect(dump[0].all).not.toContain('marmalade');
      expect((await desk.query(ben, new FindMessageQuery(room, said.messageId!))).body).toBe('The secret is marmalade');
    });

    it('answer others in threads', async () => {
      const first = await desk.say(anna, room, 'First');
      const answer = await desk.say(ben, room, 'Answer', { replyTo: first.messageId });
      const deeper = await desk.say(cleo, room, 'Deeper', { replyTo: answer.messageId });
      expect(deeper.message).toMatchObject({ replyTo: answer.messageId, threadId: first.messageId });
      const list = Object.assign(new ListQuery(), { threadId: first.messageId, sort: 'seq' });
      const { data } = await desk.query(anna, new ListMessagesQuery(room, list));
      expect(data.map(({ body }) => body)).toEqual(['Answer', 'Deeper']);
      const elsewhere = (await desk.open(anna, { memberIds: [ben] })).id;
      expect(await code(desk.say(ben, elsewhere, 'Lost', { replyTo: first.messageId }))).toBe('chat.reply-unknown');
      expect(await code(desk.say(ben, elsewhere, 'Hey', { mentions: [cleo] }))).toBe('chat.mention-unknown');
    });

    it('are changed by their authors, with history, and answered to whoever sends the first text again', async () => {
      const clientMessageId = newId();
      const first = await desk.say(ben, room, 'One', { clientMessageId });
      const id = first.messageId!;
      expect(await code(desk.command(anna, new EditMessageCommand(room, id, { body: 'Mine', mentions: [] })))).toBe(
        'chat.not-yours',
      );
      const edited = await desk.command(ben, new EditMessageCommand(room, id, { body: 'Two', mentions: [cleo] }));
      expect(edited).toMatchObject({
        type: 'message.edited',
        message: { body: 'Two', edits: 1, seq: first.seq, rev: edited.seq },
      });
      const same = await desk.command(ben, new EditMessageCommand(room, id, { body: 'Two', mentions: [cleo] }));
      expect(same).toEqual(edited);
      expect(await desk.query(anna, new MessageHistoryQuery(room, id))).toMatchObject([{ revision: 0, body: 'One' }]);
      expect(await desk.say(ben, room, 'One', { clientMessageId })).toMatchObject({ messageId: id, seq: first.seq });
      expect(await code(desk.say(ben, room, 'Two', { clientMessageId }))).toBe('chat.client-message-id-reused');
    });

    it('that are deleted leave their place and nothing of what they said', async () => {
      const { messageId } = await desk.say(ben, room, 'Regret', { mentions: [anna] });
      const id = messageId!;
      await desk.command(ben, new EditMessageCommand(room, id, { body: 'More regret', mentions: [anna] }));
      await desk.command(cleo, new ReactCommand(room, id, '😢', true));
      await desk.command(anna, new PinMessageCommand(room, id, true));
      expect(await code(desk.command(cleo, new DeleteMessageCommand(room, id)))).toBe('chat.not-yours');
      const gone = await desk.command(anna, new DeleteMessageCommand(room, id));
      expect(gone.message).toMatchObject({
        body: null,
        reactions: [],
        mentions: [],
        pinnedAt: null,
        deletedAt: expect.any(String),
      });
      expect(await desk.command(ben, new DeleteMessageCommand(room, id))).toEqual(gone);
      expect(await desk.query(anna, new MessageHistoryQuery(room, id))).toEqual([]);
      expect(await code(desk.command(cleo, new ReactCommand(room, id, '👍', true)))).toBe('chat.message-deleted');
      expect(await code(desk.command(ben, new EditMessageCommand(room, id, { body: 'No', mentions: [] })))).toBe(
        'chat.message-deleted',
      );
      expect(await code(desk.say(ben, room, 'Yes', { replyTo: id }))).toBe('chat.reply-unknown');
      const counts = await desk.app.get(Database).readAs<{ n: number }>(
        desk.tenantId,
        `select (select count(*) from chat.message_edits where message_id = $1)::int + (select count(*) from chat.mentions where message_id = $1)::int
           + (select count(*) from chat.reactions where message_id = $1)::int as n`,
        [id],
      );
      expect(counts).toEqual([{ n: 0 }]);
    });

    it('take emojis and nothing else, each once a person, twenty different ones', async () => {
      const { messageId } = await desk.say(anna, room, 'Look');
      const react = (userId: string, emoji: string, wanted = true) =>
        desk.command(userId, new ReactCommand(room, messageId!, emoji, wanted));
      for (const bad of ['a', '👍👍', '', '<b>', '👍'.repeat(40), '\u200d', '1'])
        expect(await code(react(ben, bad))).toBe('chat.emoji-unknown');
      await react(ben, '❤');
      const twice = await react(ben, '❤️');
      expect(twice.message!.reactions).toEqual([{ emoji: '❤️', count: 1, userIds: [ben] }]);
      expect((await react(cleo, '❤️')).message!.reactions[0]).toMatchObject({ count: 2, userIds: [ben, cleo] });
      await react(cleo, '👩‍👩‍👧‍👦');
      for (let i = 0; i < 18; i++) await react(ben, String.fromCodePoint(0x1f600 + i));
      expect(await code(react(ben, '🎉'))).toBe('chat.too-many-emojis');
      expect(await code(react(anna, '❤️'))).toBe('done');
      expect((await react(cleo, '👩‍👩‍👧‍👦', false)).message!.reactions).toHaveLength(19);
      expect(await code(react(ben, '🎉'))).toBe('done');
    });

    it('are pinned by everybody in groups, and in channels by those who look after them', async () => {
      const { id } = await desk.open(anna, { type: 'channel', memberIds: [ben] });
      const { messageId } = await desk.say(ben, id, 'Rules');
      expect(await code(desk.command(ben, new PinMessageCommand(id, messageId!, true)))).toBe('chat.moderators-only');
      await desk.command(anna, new PinMessageCommand(id, messageId!, true));
      const pinned = Object.assign(new ListQuery(), { pinned: true });
      expect((await desk.query(ben, new ListMessagesQuery(id, pinned))).data.map(({ body }) => body)).toEqual([
        'Rules',
      ]);
      await desk.command(anna, new PinMessageCommand(id, messageId!, false));
      expect((await desk.query(ben, new ListMessagesQuery(id, pinned))).data).toEqual([]);
    });
  });

  describe('reading', () => {
    it('moves forward alone, privately or shown, and back when something is marked unread', async () => {
      const { id } = await desk.open(anna, { memberIds: [ben, cleo] });
      for (let n = 1; n <= 5; n++) await desk.say(anna, id, `Number ${n}`, { mentions: n === 4 ? [ben] : [] });
      await desk.say(ben, id, 'My own');
      const read = (userId: string, seq: number, kind: 'public' | 'private' | 'unread' = 'public') =>
        desk.command(userId, new SetReadCommand(id, seq, kind));
      expect(await desk.query(ben, new FindRoomQuery(id))).toMatchObject({ unread: 5, mentions: 1 });
      expect(await read(ben, 3)).toMatchObject({ readSeq: 3, unread: 2, mentions: 1 });
      desk.app.get(ReadReceipts).tellAll();
      expect(SENT.at(-1)).toMatchObject({ event: 'room.receipts', payload: { readers: [{ userId: ben, seq: 3 }] } });
      expect(await read(ben, 2)).toMatchObject({ readSeq: 3, unread: 2 });
      expect(await read(ben, 9_999, 'private')).toMatchObject({
        readSeq: 3,
        privateReadSeq: 6,
        unread: 0,
        mentions: 0,
      });
      expect(SENT.at(-1)!.event).toBe('room.read');
      expect(await desk.query(anna, new SeenByQuery(id, 4))).toEqual({ seq: 4, count: 0, readers: [] });
      expect(await desk.query(anna, new SeenByQuery(id, 3))).toMatchObject({
        count: 1,
        readers: [{ userId: ben, readSeq: 3 }],
      });
      expect(await read(ben, 1, 'unread')).toMatchObject({ readSeq: 1, privateReadSeq: 1, unread: 4, mentions: 1 });
      expect(await desk.query(ben, new UnreadQuery())).toMatchObject({ rooms: expect.any(Number) });
    });

    it('of who comes later begins where it came', async () => {
      const { id } = await desk.open(anna, { memberIds: [ben] });
      await desk.say(anna, id, 'Before');
      await desk.command(ben, new AddRoomMembersCommand(id, [cleo]));
      await desk.say(anna, id, 'After');
      expect(await desk.query(cleo, new FindRoomQuery(id))).toMatchObject({
        unread: 1,
        lastMessage: { body: 'After' },
      });
      const listed = await desk.query(cleo, new ListRoomsQuery(new ListQuery()));
      expect(listed.data[0]).toMatchObject({ id, unread: 1, memberCount: 3 });
    });
  });

  describe('search', () => {
    let shop: ChatDesk;
    let [olga, pete]: string[] = [];
    let open: string;
    let hidden: string;
    const search = (q: string, roomId: string | null = null, userId = olga) =>
      shop
        .query(userId, new SearchMessagesQuery(q, roomId, Object.assign(new ListQuery(), { limit: 100 })))
        .then(({ data }) => data.map(({ body }) => body));
    const stored = () =>
      shop.app
        .get(Database)
        .readAs<{ words: string | null }>(
          shop.tenantId,
          'select search::text as words from chat.messages order by seq, room_id',
        );
    const choose = async (mode: 'blind' | 'plain' | 'off') => {
      await shop.command(
        olga,
        new SaveChatSettingsCommand({ search: mode, customersMayMeet: true, retentionDays: null }),
      );
      await shop.command(olga, new IndexMessagesCommand(null));
    };

    beforeAll(async () => {
      shop = await chatDesk();
      [olga, pete] = [shop.owner, await shop.hire()];
      open = (await shop.open(olga, { memberIds: [pete] })).id;
      hidden = (await shop.open(olga, { memberIds: [pete], private: true })).id;
      await shop.say(pete, open, 'Crème brûlée, at noon');
      await shop.say(olga, open, 'Tea at five');
      await shop.say(olga, hidden, 'Tea with a secret');
      const alone = (await shop.open(pete, { memberIds: [] })).id;
      await shop.say(pete, alone, 'Tea alone');
    });
    afterAll(() => shop.close());

    it('finds whole words by digests, of rooms that one is in and that are not private', async () => {
      expect(await search('TEA')).toEqual(['Tea at five']);
      expect(await search('brulee creme')).toEqual(['Crème brûlée, at noon']);
      expect(await search('te')).toEqual([]);
      expect(await search('at')).toEqual(['Tea at five', 'Crème brûlée, at noon']);
      expect(await search('tea', null, pete)).toEqual(['Tea alone', 'Tea at five']);
      expect(await search('tea', open, pete)).toEqual(['Tea at five']);
      expect(await search('secret', hidden)).toEqual([]);
      expect(await search('tea', open, await shop.hire())).toEqual([]);
      expect(await code(search('?!'))).toBe('chat.nothing-to-search');
      expect(JSON.stringify(await stored())).not.toMatch(/tea|brulee/);
    });

    it('finds beginnings of words where they may lie readable, also of what was said before', async () => {
      await choose('plain');
      expect(await search('te')).toEqual(['Tea at five']);
      expect(await search("bru' | 'x")).toEqual([]);
      expect(await search('cre bru')).toEqual(['Crème brûlée, at noon']);
      const { messageId } = await shop.say(olga, open, 'Coffee');
      await shop.command(olga, new EditMessageCommand(open, messageId!, { body: 'Cocoa', mentions: [] }));
      expect(await search('coff')).toEqual([]);
      expect(await search('coco')).toEqual(['Cocoa']);
      await shop.command(olga, new DeleteMessageCommand(open, messageId!));
      expect(await search('coco')).toEqual([]);
    });

    it('leaves a room out from the moment it is private, and nothing of it in the index', async () => {
      await shop.command(olga, new ChangeRoomCommand(open, { private: true }));
      expect(await search('tea')).toEqual([]);
      await shop.command(olga, new IndexMessagesCommand(open));
      expect(JSON.stringify(await stored())).not.toMatch(/five|brulee/);
      await shop.command(olga, new ChangeRoomCommand(open, { private: false }));
      await shop.command(olga, new IndexMessagesCommand(open));
      expect(await search('five')).toEqual(['Tea at five']);
    });

    it('can be switched off', async () => {
      await choose('off');
      expect(await code(search('tea'))).toBe('chat.search-is-off');
      expect(await stored()).toEqual(Array(5).fill({ words: null }));
      const [dora, emil] = [await shop.hire('customer'), await shop.hire('customer')];
      expect(await code(shop.open(dora, { type: 'direct', memberIds: [emil] }))).toBe('done');
    });
  });

  it('is nothing for whoever is not in the room', async () => {
    const outsider = await desk.hire();
    const { messageId } = await desk.say(anna, room, 'Among us');
    const id = messageId!;
    const list = new ListQuery();
    const tries = [
      desk.say(outsider, room, 'Hello'),
      desk.query(outsider, new FindRoomQuery(room)),
      desk.query(outsider, new ListMessagesQuery(room, list)),
      desk.query(outsider, new FindMessageQuery(room, id)),
      desk.query(outsider, new MessageHistoryQuery(room, id)),
      desk.query(outsider, new ListRoomMembersQuery(room, list)),
      desk.query(outsider, new SeenByQuery(room, 1)),
      desk.log(outsider, room),
      desk.command(outsider, new SetReadCommand(room, 1, 'public')),
      desk.command(outsider, new ReactCommand(room, id, '👍', true)),
      desk.command(outsider, new EditMessageCommand(room, id, { body: 'x', mentions: [] })),
      desk.command(outsider, new DeleteMessageCommand(room, id)),
      desk.command(outsider, new PinMessageCommand(room, id, true)),
      desk.command(outsider, new ChangeRoomCommand(room, { name: 'Mine' })),
      desk.command(outsider, new AddRoomMembersCommand(room, [outsider])),
      desk.command(outsider, new RemoveRoomMemberCommand(room, anna)),
      desk.command(outsider, new ChangeRoomMemberCommand(room, outsider, 'owner')),
    ].map(code);
    expect(new Set(await Promise.all(tries))).toEqual(new Set(['chat.room-not-found']));
    expect((await desk.query(outsider, new SyncQuery({ [room]: 0 }))).rooms).toEqual({});
  });

  it('has one order for everybody, without a gap, however many write at once', async () => {
    expectOneOrder(await writersRace(undefined), 400);
  });

  it('has one message for all tries under one name', async () => {
    expectOneEach(await resendRace(undefined), 5);
  });
});
