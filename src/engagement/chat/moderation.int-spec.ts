import { CommandBus, QueryBus, type Command } from '@nestjs/cqrs';
import { asTenant } from '../../../test/support/app';
import { chatDesk, type ChatDesk } from '../../../test/support/chat-desk';
import { SENT } from '../../../test/support/realtime';
import { comesBack } from '../../../bench/chat/model';
import { ChatFollower } from '../../../bench/chat/follower';
import { policyOf } from '../../kernel/auth/policy';
import { GUEST } from '../../kernel/auth/principal';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { BanFromRoomCommand, LiftBanCommand, MuteRoomMemberCommand } from './commands/call-to-order';
import { DeleteMessageCommand, EditMessageCommand, PinMessageCommand, ReactCommand } from './commands/change-message';
import { AddRoomMembersCommand, ChangeRoomMemberCommand, RemoveRoomMemberCommand } from './commands/change-room';
import { DecideReportCommand, HideMessageCommand, ReportMessageCommand } from './commands/moderate';
import { SetReadCommand } from './commands/set-read';
import { AddWordRuleCommand, ChangeWordRuleCommand, RemoveWordRuleCommand } from './commands/word-rules';
import { MOST_RULES } from './domain/word-rules';
import { MOST_BANS, type Report } from './domain/moderation';
import { FindMessageQuery, MessageHistoryQuery } from './queries/messages';
import { ListBansQuery, ListReportsQuery } from './queries/moderation';
import { FindRoomQuery } from './queries/rooms';
import { SearchMessagesQuery } from './queries/search';

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('order in rooms', () => {
  let desk: ChatDesk;
  let [anna, ben, cleo, dan]: string[] = [];
  let room: string;
  /** Looks after all rooms, and is in none. */
  const guard = newId();
  const guards = { ...GUEST, kind: 'user' as const, userId: guard, policy: policyOf('chat:moderate') };
  const overAll = <T>(command: Command<T>): Promise<T> =>
    asTenant(desk.tenantId, () => desk.app.get(CommandBus).execute(command), { ...guards, tenantId: desk.tenantId });

  beforeAll(async () => {
    desk = await chatDesk();
    [anna, ben, cleo, dan] = [desk.owner, await desk.hire(), await desk.hire(), await desk.hire()];
    room = (await desk.open(anna, { memberIds: [ben, cleo, dan], name: 'Everybody' })).id;
    await desk.command(anna, new ChangeRoomMemberCommand(room, ben, 'moderator'));
  });
  afterAll(() => desk.close());

  const report = (userId: string, messageId: string, note: string | null = null, roomId = room): Promise<Report> =>
    desk.command(userId, new ReportMessageCommand(roomId, messageId, { reason: 'abuse', note }));
  const queue = async (userId: string, filters: object = { state: ['open'] }): Promise<Report[]> =>
    (await desk.query(userId, new ListReportsQuery(Object.assign(new ListQuery(), filters)))).data;
  const hide = (userId: string, messageId: string, wanted = true) =>
    desk.command(userId, new HideMessageCommand(room, messageId, wanted));

  describe('messages', () => {
    it('that are hidden leave their place, come back, and both are caught up with', async () => {
      const follower = new ChatFollower(room);
      const { messageId, seq } = await desk.say(cleo, room, 'Marmalade for all', { mentions: [dan] });
      await desk.command(dan, new ReactCommand(room, messageId!, '👍', true));
      await desk.command(anna, new PinMessageCommand(room, messageId!, true));
      expect(await comesBack(desk, follower)).toBeNull();
      expect(await code(hide(dan, messageId!))).toBe('chat.moderators-only');
      const hidden = await hide(ben, messageId!);
      expect(hidden).toMatchObject({
        type: 'message.hidden',
        actorId: ben,
        message: { seq, body: null, mentions: [], reactions: [], pinnedAt: null, hiddenAt: hidden.at },
      });
      expect(SENT.at(-1)).toMatchObject({ event: 'room.event', payload: hidden });
      expect((await hide(anna, messageId!)).seq).toBe(hidden.seq);
      expect(await comesBack(desk, follower)).toBeNull();
      expect(await desk.query(dan, new FindMessageQuery(room, messageId!))).toMatchObject({ body: null });
      const search = new SearchMessagesQuery('marmalade', null, new ListQuery());
      expect((await desk.query(dan, search)).data).toEqual([]);
      const tries = [
        new EditMessageCommand(room, messageId!, { body: 'Jam', mentions: [] }),
        new PinMessageCommand(room, messageId!, true),
        new ReactCommand(room, messageId!, '🎉', true),
      ].map((command) => code(desk.command<unknown>(cleo, command)));
      expect(await Promise.all(tries)).toEqual(Array(3).fill('chat.message-hidden'));
      // What nobody sees waits for nobody.
      const waits = async () => {
        const { unread, mentions } = await desk.command(dan, new SetReadCommand(room, seq - 1, 'unread'));
        return [unread, mentions];
      };
      expect(await waits()).toEqual([0, 0]);
      const shown = await hide(ben, messageId!, false);
      expect(shown.message).toMatchObject({ body: 'Marmalade for all', mentions: [dan], hiddenAt: null });
      expect(shown.message!.reactions).toHaveLength(1);
      expect(await waits()).toEqual([1, 1]);
      expect((await desk.query(dan, search)).data).toHaveLength(1);
      expect(await comesBack(desk, follower)).toBeNull();
    });

    it('are reported once a person, judged once for all, with what they said then', async () => {
      const { messageId } = await desk.say(cleo, room, 'Vile words');
      expect(await code(report(cleo, messageId!))).toBe('chat.own-message');
      expect(await code(report(guard, messageId!))).toBe('chat.room-not-found');
      const [first, again, other] = [
        await report(dan, messageId!, 'Look at that'),
        await report(dan, messageId!),
        await report(anna, messageId!),
      ];
      expect(again.id).toBe(first.id);
      await desk.command(cleo, new EditMessageCommand(room, messageId!, { body: 'Kind words', mentions: [] }));
      expect(await queue(dan)).toEqual([]);
      expect((await queue(ben)).map(({ id, body, note, reporterId }) => [id, body, note, reporterId])).toEqual([
        [first.id, 'Vile words', 'Look at that', dan],
        [other.id, 'Vile words', null, anna],
      ]);
      const dump = await desk.app
        .get(Database)
        .readAs<{ all: string }>(desk.tenantId, `select string_agg(r::text, ' ') as all from chat.reports r`);
      expect(dump[0].all).not.toMatch(/Vile|Look at/);
      expect(await code(desk.command(dan, new DecideReportCommand(first.id, 'hide')))).toBe('chat.report-not-found');
      // Two moderators at once: one decides, and one event tells of it.
      const decided = await Promise.allSettled([
        desk.command(ben, new DecideReportCommand(first.id, 'hide')),
        desk.command(anna, new DecideReportCommand(other.id, 'hide')),
      ]);
      expect(decided.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const tellings = (await desk.log(anna, room)).filter(
        (event) => event.messageId === messageId && event.type === 'message.hidden',
      );
      expect(tellings).toHaveLength(1);
      expect((await queue(ben, { state: ['upheld'] })).map(({ id }) => id)).toEqual([first.id, other.id]);
      expect(await queue(ben)).toEqual([]);
      // What it says since was not judged yet.
      expect((await report(dan, messageId!)).state).toBe('open');
      await desk.command(ben, new DecideReportCommand(first.id, 'dismiss'));
      expect((await report(dan, messageId!)).state).toBe('dismissed');
    });

    it('are judged although their author deletes them, and kept by nobody afterwards', async () => {
      const { messageId } = await desk.say(cleo, room, 'Gone soon');
      const { id } = await report(dan, messageId!);
      await desk.command(cleo, new DeleteMessageCommand(room, messageId!));
      expect(await queue(ben)).toMatchObject([{ id, body: 'Gone soon', deletedAt: expect.any(String) }]);
      const decided = await desk.command(ben, new DecideReportCommand(id, 'hide'));
      expect(decided).toMatchObject({ state: 'upheld', body: null, hiddenAt: null });
    });

    it('of any room are the business of who looks after all', async () => {
      const { id } = await desk.open(anna, { type: 'direct', memberIds: [dan] });
      const { messageId } = await desk.say(anna, id, 'Between us');
      const made = await report(dan, messageId!, null, id);
      expect(await queue(anna)).toEqual([]);
      const seen = await asTenant(
        desk.tenantId,
        () => desk.app.get(QueryBus).execute(new ListReportsQuery(Object.assign(new ListQuery(), { roomId: id }))),
        { ...guards, tenantId: desk.tenantId },
      );
      expect(seen.data).toMatchObject([{ id: made.id, body: 'Between us' }]);
      await overAll(new DecideReportCommand(made.id, 'hide'));
      expect((await desk.query(dan, new FindMessageQuery(id, messageId!))).body).toBeNull();
      await overAll(new HideMessageCommand(id, messageId!, false));
      await overAll(new MuteRoomMemberCommand(id, anna, 5));
      expect(await code(desk.say(anna, id, 'Hush'))).toBe('chat.muted');
      expect(await code(overAll(new BanFromRoomCommand(id, anna, { minutes: 5, reason: null })))).toBe(
        'chat.direct-is-fixed',
      );
      expect(await code(overAll(new HideMessageCommand(newId(), messageId!, true)))).toBe('chat.room-not-found');
    });
  });

  describe('people', () => {
    it('who are muted read on, say nothing, and speak again when it is over', async () => {
      const { messageId } = await desk.say(cleo, room, 'Before');
      expect(await code(desk.command(dan, new MuteRoomMemberCommand(room, cleo, 5)))).toBe('chat.moderators-only');
      expect(await code(desk.command(ben, new MuteRoomMemberCommand(room, anna, 5)))).toBe('chat.moderators-only');
      const { until } = await desk.command(ben, new MuteRoomMemberCommand(room, cleo, 5));
      expect((await desk.log(anna, room)).at(-1)).toMatchObject({
        type: 'member.muted',
        data: { userId: cleo, until },
      });
      const tries = [
        desk.say(cleo, room, 'Now'),
        desk.command(cleo, new EditMessageCommand(room, messageId!, { body: 'Now', mentions: [] })),
        desk.command(cleo, new ReactCommand(room, messageId!, '👍', true)),
      ].map(code);
      expect(await Promise.all(tries)).toEqual(Array(3).fill('chat.muted'));
      expect((await desk.query(cleo, new FindRoomQuery(room))).me.mutedUntil).toBe(until);
      expect(await code(desk.command(cleo, new DeleteMessageCommand(room, messageId!)))).toBe('done');
      try {
        clock.setOffset(301);
        expect(await code(desk.say(cleo, room, 'Again'))).toBe('done');
        expect((await desk.query(cleo, new FindRoomQuery(room))).me.mutedUntil).toBeNull();
      } finally {
        clock.setOffset(0);
      }
      expect(await code(desk.say(cleo, room, 'Not yet'))).toBe('chat.muted');
      expect(await desk.command(ben, new MuteRoomMemberCommand(room, cleo, null))).toEqual({ until: null });
      expect(await code(desk.say(cleo, room, 'Again'))).toBe('done');
    });

    it('who are banned are out, stay out for the time, and come back when it is lifted', async () => {
      const { id } = await desk.open(anna, { type: 'channel', memberIds: [ben, cleo] });
      await desk.command(anna, new ChangeRoomMemberCommand(id, ben, 'moderator'));
      const ban = { minutes: 60, reason: 'Spam' };
      expect(await code(desk.command(ben, new BanFromRoomCommand(id, anna, ban)))).toBe('chat.moderators-only');
      const { until } = await desk.command(ben, new BanFromRoomCommand(id, cleo, ban));
      expect((await desk.log(anna, id)).at(-1)).toMatchObject({
        type: 'member.left',
        data: { userId: cleo, reason: 'banned', until },
      });
      expect(await code(desk.query(cleo, new FindRoomQuery(id)))).toBe('chat.room-not-found');
      // Also somebody who is not there yet.
      await desk.command(ben, new BanFromRoomCommand(id, dan, ban));
      expect(await code(desk.command(anna, new AddRoomMembersCommand(id, [dan, cleo])))).toBe('chat.member-banned');
      const bans = await desk.query(ben, new ListBansQuery(id, new ListQuery()));
      expect(bans.data.map(({ userId, reason, bannedBy }) => [userId, reason, bannedBy])).toEqual([
        [cleo, 'Spam', ben],
        [dan, 'Spam', ben],
      ]);
      expect(await code(desk.query(cleo, new ListBansQuery(id, new ListQuery())))).toBe('chat.room-not-found');
      await desk.command(ben, new LiftBanCommand(id, cleo));
      expect(await code(desk.command(ben, new LiftBanCommand(id, cleo)))).toBe('chat.ban-not-found');
      expect(await code(desk.command(anna, new AddRoomMembersCommand(id, [cleo])))).toBe('done');
      expect((await desk.query(cleo, new FindRoomQuery(id))).memberCount).toBe(3);
    });
  });

  describe('who is called to order', () => {
    let id: string;
    /** Anna and Cleo own the room, and Ben looks after it. */
    beforeEach(async () => {
      ({ id } = await desk.open(anna, { memberIds: [ben, cleo, dan] }));
      await desk.command(anna, new ChangeRoomMemberCommand(id, ben, 'moderator'));
      await desk.command(anna, new ChangeRoomMemberCommand(id, cleo, 'owner'));
    });
    const mute = (userId: string, minutes: number | null) => new MuteRoomMemberCommand(id, userId, minutes);
    const ban = (userId: string, minutes: number) => new BanFromRoomCommand(id, userId, { minutes, reason: 'Enough' });

    it('undoes nothing of it, by leaving neither', async () => {
      await desk.command(anna, mute(ben, 5));
      expect(await code(desk.command(ben, mute(ben, null)))).toBe('chat.about-oneself');
      await desk.command(ben, new RemoveRoomMemberCommand(id, ben));
      await desk.command(dan, new AddRoomMembersCommand(id, [ben]));
      expect(await code(desk.say(ben, id, 'Back'))).toBe('chat.muted');
      expect((await desk.query(ben, new FindRoomQuery(id))).me.mutedUntil).not.toBeNull();
      await desk.command(cleo, mute(ben, null));
      expect(await code(desk.say(ben, id, 'Back'))).toBe('done');
    });

    it('over all rooms is let off there alone', async () => {
      await overAll(mute(anna, 60));
      const tries = [[anna, null] as const, [cleo, null] as const, [cleo, 1] as const];
      const answers = [];
      for (const [who, minutes] of tries) answers.push(await code(desk.command(who, mute(anna, minutes))));
      expect(answers).toEqual(['chat.about-oneself', 'chat.decided-over-all', 'chat.decided-over-all']);
      expect(await code(desk.say(anna, id, 'Still'))).toBe('chat.muted');
      await overAll(mute(anna, null));
      expect(await code(desk.say(anna, id, 'Again'))).toBe('done');
      await overAll(ban(dan, 60));
      expect(await code(desk.command(cleo, new LiftBanCommand(id, dan)))).toBe('chat.decided-over-all');
      expect(await code(desk.command(cleo, ban(dan, 1)))).toBe('chat.decided-over-all');
      await overAll(new LiftBanCommand(id, dan));
      expect(await code(desk.command(cleo, ban(dan, 1)))).toBe('done');
      expect(await code(desk.command(cleo, ban(cleo, 1)))).toBe('chat.about-oneself');
    });

    it('shows no message of its own, nor one that was hidden over all', async () => {
      const { messageId } = await desk.say(cleo, id, 'Look');
      const show = (userId: string) => code(desk.command(userId, new HideMessageCommand(id, messageId!, false)));
      await desk.command(ben, new HideMessageCommand(id, messageId!, true));
      expect([await show(cleo), await show(anna)]).toEqual(['chat.about-oneself', 'done']);
      await desk.command(ben, new HideMessageCommand(id, messageId!, true));
      // Hidden as it is, it is decided once more.
      await overAll(new HideMessageCommand(id, messageId!, true));
      expect([await show(ben), await show(anna)]).toEqual(['chat.decided-over-all', 'chat.decided-over-all']);
      await overAll(new HideMessageCommand(id, messageId!, false));
      const { id: reportId } = await report(ben, messageId!, null, id);
      await overAll(new DecideReportCommand(reportId, 'hide'));
      expect([await show(cleo), await show(anna)]).toEqual(['chat.about-oneself', 'chat.decided-over-all']);
    });

    it('neither reads who reported it nor judges that', async () => {
      const { messageId } = await desk.say(anna, id, 'As I please');
      const made = await report(dan, messageId!, 'She does it again', id);
      const decide = (userId: string, decision: 'hide' | 'dismiss') =>
        desk.command(userId, new DecideReportCommand(made.id, decision));
      const seen = async (userId: string) => (await queue(userId, { roomId: id })).map((one) => one.id);
      expect([await seen(anna), await seen(ben)]).toEqual([[], [made.id]]);
      expect(await code(decide(anna, 'dismiss'))).toBe('chat.report-not-found');
      const decided = await decide(ben, 'hide');
      // Asked for again, as the answer was lost.
      expect(await decide(ben, 'hide')).toEqual(decided);
      expect(await code(decide(ben, 'dismiss'))).toBe('chat.report-decided');
      expect(await code(decide(cleo, 'hide'))).toBe('chat.report-decided');
    });

    it('is somebody who is there, and one of so many', async () => {
      expect(await code(desk.command(anna, ban(newId(), 5)))).toBe('chat.member-not-found');
      await asTenant(desk.tenantId, () =>
        desk.app.get(UnitOfWork).run((tx) =>
          tx.execute(
            `insert into chat.bans (tenant_id, room_id, user_id, until, banned_by, created_at)
             select $1, $2, gen_random_uuid(), kernel.now() + interval '1 hour', $3, kernel.now() from generate_series(1, $4)`,
            [tx.tenantId, id, anna, MOST_BANS],
          ),
        ),
      );
      expect(await code(desk.command(anna, ban(dan, 5)))).toBe('chat.too-many-bans');
    });
  });

  describe('words', () => {
    it('are refused, covered or flagged, as the organization says', async () => {
      const add = (words: string, action: 'block' | 'mask' | 'flag') =>
        desk.command(anna, new AddWordRuleCommand({ words, withinWords: false, action }));
      const sent = await desk.say(cleo, room, 'A bad one', { clientMessageId: 'before-the-rule' });
      const rules = [await add('Bad', 'block'), await add('darn', 'mask'), await add('fishy', 'flag')];
      expect(await code(add('ＢＡＤ', 'mask'))).toBe('chat.word-rule-exists');
      expect(await code(add('\u200B\u00AD', 'mask'))).toBe('chat.word-rule-empty');
      // Each of these is a sentence.
      expect(await code(add('ﷺ'.repeat(20), 'mask'))).toBe('chat.word-rule-too-long');
      expect(await code(desk.say(cleo, room, 'So bａd!'))).toBe('chat.words-refused');
      // What was sent before there was the rule is answered with.
      const same = await desk.say(cleo, room, 'A bad one', { clientMessageId: 'before-the-rule' });
      expect(same.seq).toBe(sent.seq);
      const masked = await desk.say(cleo, room, 'Darn it', { clientMessageId: 'masked' });
      expect(masked.message!.body).toBe('**** it');
      expect((await desk.say(cleo, room, 'Darn it', { clientMessageId: 'masked' })).seq).toBe(masked.seq);
      const found = await desk.query(anna, new SearchMessagesQuery('darn', null, new ListQuery()));
      expect(found.data).toEqual([]);
      const flagged = await desk.say(cleo, room, 'Something FISHY');
      const [waiting] = await queue(ben);
      expect(waiting).toMatchObject({ messageId: flagged.messageId, reason: 'words', reporterId: null, note: null });
      expect(waiting.body).toBe('Something FISHY');
      await desk.command(ben, new DecideReportCommand(waiting.id, 'dismiss'));
      const edit = (body: string) =>
        desk.command(cleo, new EditMessageCommand(room, flagged.messageId!, { body, mentions: [] }));
      await edit('Something FISHY');
      expect(await queue(ben)).toEqual([]);
      expect(await code(edit('bad'))).toBe('chat.words-refused');
      expect((await edit('darn, fishy again')).message!.body).toBe('****, fishy again');
      expect(await queue(ben)).toMatchObject([{ id: waiting.id, body: '****, fishy again' }]);
      expect(await desk.query(anna, new MessageHistoryQuery(room, flagged.messageId!))).toHaveLength(1);
      await desk.command(anna, new ChangeWordRuleCommand(rules[0].id, 'mask'));
      expect((await desk.say(cleo, room, 'So bad')).message!.body).toBe('So ***');
      for (const { id } of rules) await desk.command(anna, new RemoveWordRuleCommand(id));
      expect(await code(desk.command(anna, new RemoveWordRuleCommand(rules[0].id)))).toBe('chat.word-rule-not-found');
      expect((await desk.say(cleo, room, 'Bad, darn')).message!.body).toBe('Bad, darn');
    });

    it('are no more rules than an organization may have, however many are added at once', async () => {
      await asTenant(desk.tenantId, () =>
        desk.app.get(UnitOfWork).run((tx) =>
          tx.execute(
            `insert into chat.word_rules (tenant_id, id, words, folded, within_words, action, created_at, updated_at)
             select $1, gen_random_uuid(), 'many ' || i, 'many ' || i, false, 'flag', kernel.now(), kernel.now()
             from generate_series(1, $2) i`,
            [tx.tenantId, MOST_RULES - 1],
          ),
        ),
      );
      const tries = ['one', 'two', 'three', 'four'].map((words) =>
        code(desk.command(anna, new AddWordRuleCommand({ words, withinWords: false, action: 'flag' }))),
      );
      expect((await Promise.all(tries)).sort()).toEqual([...Array(3).fill('chat.too-many-word-rules'), 'done']);
    });
  });
});
