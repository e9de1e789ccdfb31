import { asTenant } from '../../../test/support/app';
import { ACCOUNTS, chatDesk, FILES, uploadedBy, withAccount, type ChatDesk } from '../../../test/support/chat-desk';
import { SENT } from '../../../test/support/realtime';
import { CommandBus } from '@nestjs/cqrs';
import { policyOf } from '../../kernel/auth/policy';
import { GUEST } from '../../kernel/auth/principal';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { PLATFORM_TENANT } from '../../kernel/context/request-context';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { AccountDeleted } from '../../access/identity/contracts/identity-events';
import { MemberRemoved } from '../../access/organizations/contracts/organization-events';
import { MuteRoomMemberCommand } from './commands/call-to-order';
import { ChangeRoomCommand, RemoveRoomMemberCommand } from './commands/change-room';
import { ReportMessageCommand } from './commands/moderate';
import {
  CancelScheduledMessageCommand,
  ChangeScheduledMessageCommand,
  ScheduleMessageCommand,
} from './commands/schedule-message';
import { SendScheduledMessageCommand } from './commands/send-scheduled-message';
import { AddWordRuleCommand } from './commands/word-rules';
import type { RoomEvent } from './domain/message';
import type { ScheduledMessage } from './domain/scheduled';
import { ForgetAuthor } from './jobs/forget-author';
import { ListScheduledQuery } from './queries/scheduled';

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  );
const MINUTE = 60;

describe('scheduled messages', () => {
  let desk: ChatDesk;
  let [anna, ben, cleo]: string[] = [];
  let room: string;
  beforeAll(async () => {
    desk = await chatDesk({ modules: [...FILES, ...ACCOUNTS] });
    [anna, ben, cleo] = [await withAccount(desk, desk.owner), await hired(), await hired()];
  });
  beforeEach(async () => {
    room = (await desk.open(anna, { memberIds: [ben, cleo] })).id;
  });
  afterEach(() => clock.setOffset(0));
  afterAll(() => desk.close());

  const run = (text: string, params: unknown[]): Promise<number> =>
    asTenant(desk.tenantId, () => desk.app.get(UnitOfWork).run((tx) => tx.execute(text, params)));
  const hired = async (): Promise<string> => withAccount(desk, await desk.hire());
  const inSeconds = (seconds: number): Date => new Date(clock.nowMs() + seconds * 1_000);
  const schedule = (userId: string, body: string, seconds: number, more: object = {}): Promise<ScheduledMessage> =>
    desk.command(
      userId,
      new ScheduleMessageCommand(
        { roomId: room, clientMessageId: newId(), body, replyTo: null, mentions: [], fileIds: [], ...more },
        inSeconds(seconds),
      ),
    );
  const waiting = async (userId: string, roomId = room) =>
    (await desk.query(userId, new ListScheduledQuery(Object.assign(new ListQuery(), { roomId })))).data;
  /** The worker does what is due by then. */
  const passes = async (seconds: number): Promise<void> => {
    clock.setOffset(clock.offsetSeconds + seconds);
    await desk.app.get(DeliveryWorker).drain();
  };
  const texts = async (roomId = room) =>
    (await desk.log(anna, roomId)).map(({ seq, actorId, message }) => [seq, actorId, message?.body]);

  it('are sent at their time and not before, sealed until then, in the order of the room', async () => {
    await schedule(ben, 'Marmalade at noon', 2 * MINUTE, { mentions: [cleo] });
    await schedule(cleo, 'Earlier', MINUTE);
    const dump = await desk.app
      .get(Database)
      .readAs<{ all: string }>(desk.tenantId, `select string_agg(s::text, ' ') as all from chat.scheduled_messages s`);
    expect(dump[0].all).not.toContain('Marmalade');
    await passes(30);
    expect(await texts()).toEqual([]);
    await passes(31);
    await desk.say(anna, room, 'Between');
    await passes(MINUTE);
    expect(await texts()).toEqual([
      [1, cleo, 'Earlier'],
      [2, anna, 'Between'],
      [3, ben, 'Marmalade at noon'],
    ]);
    const pushed = SENT.filter(
      ({ event, payload }) => event === 'room.event' && (payload as RoomEvent).roomId === room,
    );
    expect(pushed.map(({ payload }) => (payload as RoomEvent).seq)).toEqual([1, 2, 3]);
    expect([await waiting(ben), await waiting(cleo)]).toEqual([[], []]);
  });

  it('are sent once, whoever tries, and a try that is undone leaves nothing', async () => {
    const { id } = await schedule(ben, 'Once', MINUTE);
    clock.setOffset(2 * MINUTE);
    const send = (): Promise<boolean> =>
      asTenant(desk.tenantId, () => desk.app.get(CommandBus).execute(new SendScheduledMessageCommand(id, 1)));
    // As a worker that is killed before its commit.
    const killed = asTenant(desk.tenantId, () =>
      desk.app.get(UnitOfWork).run(async () => {
        await send();
        throw new Error('killed');
      }),
    );
    await expect(killed).rejects.toThrow('killed');
    expect(await texts()).toEqual([]);
    const tries = await Promise.all([send(), send(), desk.app.get(DeliveryWorker).drain(), send()]);
    expect(tries.filter((one) => one === true).length).toBeLessThanOrEqual(1);
    expect(await texts()).toEqual([[1, ben, 'Once']]);
  });

  it('are changed and cancelled by their authors alone, for as long as they wait', async () => {
    const [moved, dropped] = [await schedule(ben, 'Draft', MINUTE), await schedule(ben, 'Never', MINUTE)];
    expect((await waiting(ben)).map(({ body }) => body)).toEqual(['Draft', 'Never']);
    expect(await waiting(anna)).toEqual([]);
    const change = (userId: string, at: Date) =>
      desk.command(userId, new ChangeScheduledMessageCommand(moved.id, { body: 'Final', mentions: [cleo], at }));
    expect(await code(change(anna, inSeconds(200)))).toBe('chat.scheduled-not-found');
    expect(await code(change(ben, inSeconds(-1)))).toBe('chat.time-out-of-range');
    expect(await change(ben, inSeconds(3 * MINUTE))).toMatchObject({
      body: 'Final',
      mentions: [cleo],
      state: 'waiting',
    });
    expect(await code(desk.command(anna, new CancelScheduledMessageCommand(dropped.id)))).toBe(
      'chat.scheduled-not-found',
    );
    await desk.command(ben, new CancelScheduledMessageCommand(dropped.id));
    await passes(2 * MINUTE);
    expect(await texts()).toEqual([]);
    await passes(2 * MINUTE);
    expect(await texts()).toEqual([[1, ben, 'Final']]);
    expect(await code(desk.command(ben, new CancelScheduledMessageCommand(moved.id)))).toBe('chat.scheduled-not-found');
  });

  it('asked for again are the same', async () => {
    const draft = { roomId: room, clientMessageId: 'x', body: 'Same', replyTo: null, mentions: [], fileIds: [] };
    const at = inSeconds(MINUTE);
    const ask = (body = 'Same') => desk.command(ben, new ScheduleMessageCommand({ ...draft, body }, at));
    const made = await Promise.all([ask(), ask(), ask()]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await code(ask('Other'))).toBe('chat.client-message-id-reused');
    await passes(2 * MINUTE);
    // Its name is taken: the same message said now is answered with what was sent.
    expect((await desk.say(ben, room, 'Same', { clientMessageId: 'x' })).seq).toBe(1);
  });

  it.each([
    ['by a stranger', () => newId(), {}, MINUTE, 'chat.room-not-found'],
    ['for a time that is past', () => ben, {}, -1, 'chat.time-out-of-range'],
    ['for too far ahead', () => ben, {}, 367 * 86_400, 'chat.time-out-of-range'],
    ['as an answer to nothing', () => ben, { replyTo: newId() }, MINUTE, 'chat.reply-unknown'],
    ['mentioning strangers', () => ben, { mentions: [newId()] }, MINUTE, 'chat.mention-unknown'],
    ['with files of nobody', () => ben, { fileIds: [newId()] }, MINUTE, 'files.file-not-found'],
  ])('%s are refused', async (_what, who, more, seconds, expected) => {
    expect(await code(schedule(who(), 'Hello', seconds, more))).toBe(expected);
  });

  it('keep their files while they wait, and hand them to the message', async () => {
    const fileId = await uploadedBy(desk, ben, 'Note');
    const owners = async (): Promise<string[]> => {
      const rows = await desk.app
        .get(Database)
        .readAs<{ kind: string }>(
          desk.tenantId,
          'select owner_kind as kind from files.attachments where file_id = $1',
          [fileId],
        );
      return rows.map(({ kind }) => kind);
    };
    const { id } = await schedule(ben, 'Cancelled', MINUTE, { fileIds: [fileId] });
    expect(await owners()).toEqual(['chat-scheduled']);
    await desk.command(ben, new CancelScheduledMessageCommand(id));
    expect(await owners()).toEqual([]);
    await schedule(ben, 'With a note', MINUTE, { fileIds: [fileId] });
    await passes(2 * MINUTE);
    expect(await owners()).toEqual(['chat-message']);
    expect((await desk.log(anna, room)).map(({ message }) => message!.fileIds)).toEqual([[fileId]]);
  });

  it('that are refused at their time are kept, told to their author, and sent at another', async () => {
    const { id } = await schedule(ben, 'Unheard', MINUTE);
    await desk.command(anna, new MuteRoomMemberCommand(room, ben, 10));
    await schedule(cleo, 'Farewell', MINUTE);
    await desk.command(cleo, new RemoveRoomMemberCommand(room, cleo));
    const fishy = await desk.open(anna, { memberIds: [ben] });
    await schedule(anna, 'Fishy', MINUTE, { roomId: fishy.id });
    await desk.command(anna, new AddWordRuleCommand({ words: 'fishy', withinWords: false, action: 'block' }));
    await passes(2 * MINUTE);
    expect((await texts()).map(([, , body]) => body)).toEqual([undefined, undefined]);
    expect(await waiting(ben)).toMatchObject([{ id, state: 'failed', failure: 'chat.muted' }]);
    expect(await waiting(cleo)).toMatchObject([{ state: 'failed', failure: 'chat.room-not-found' }]);
    expect(await waiting(anna, fishy.id)).toMatchObject([{ state: 'failed', failure: 'chat.words-refused' }]);
    expect(SENT.filter(({ event }) => event === 'scheduled.failed').map(({ payload }) => payload)).toContainEqual({
      id,
      roomId: room,
      code: 'chat.muted',
    });
    await desk.command(ben, new ChangeScheduledMessageCommand(id, { at: inSeconds(20 * MINUTE) }));
    await passes(21 * MINUTE);
    expect((await texts()).at(-1)).toEqual([3, ben, 'Unheard']);
  });

  it('whose name was used meanwhile are said once, or kept where it was something else', async () => {
    await schedule(ben, 'Same', MINUTE, { clientMessageId: 'twice' });
    const other = await schedule(ben, 'Later', MINUTE, { clientMessageId: 'other' });
    await desk.say(ben, room, 'Same', { clientMessageId: 'twice' });
    await desk.say(ben, room, 'Now', { clientMessageId: 'other' });
    expect(await code(schedule(ben, 'Same', MINUTE, { clientMessageId: 'twice-' }))).toBe('done');
    await desk.say(ben, room, 'Same', { clientMessageId: 'said' });
    expect(await code(schedule(ben, 'Same', MINUTE, { clientMessageId: 'said' }))).toBe('chat.already-sent');
    await passes(2 * MINUTE);
    expect((await texts()).map(([, , body]) => body)).toEqual(['Same', 'Now', 'Same', 'Same']);
    const reused = { id: other.id, state: 'failed', failure: 'chat.client-message-id-reused' };
    expect(await waiting(ben)).toMatchObject([reused]);
  });

  it.each([
    ['whose membership rests', `update organizations.members set status = $2 where user_id = $1`, 'suspended'],
    [
      'whose account is closed',
      `update identity.users set status = $2, closed_reason = 'self' where id = $1`,
      'disabled',
    ],
    ['who is gone', `delete from identity.users where id = $1 and name <> $2`, ''],
  ])('of somebody %s are not said', async (_who, change, to) => {
    const eve = await hired();
    const { id } = await desk.open(anna, { memberIds: [eve] });
    await schedule(eve, 'From beyond', MINUTE, { roomId: id });
    await run(change, [eve, to]);
    await passes(2 * MINUTE);
    expect(await texts(id)).toEqual([]);
    expect(await waiting(eve, id)).toMatchObject([{ state: 'failed', failure: 'chat.may-not-speak' }]);
  });

  it('take files along that others uploaded, where their author could take them', async () => {
    const fileId = await uploadedBy(desk, cleo, 'Of Cleo');
    const files = {
      ...GUEST,
      kind: 'user' as const,
      userId: ben,
      tenantId: desk.tenantId,
      policy: policyOf('files:write'),
    };
    const draft = {
      roomId: room,
      clientMessageId: 'file',
      body: 'Hers',
      replyTo: null,
      mentions: [],
      fileIds: [fileId],
    };
    const command = new ScheduleMessageCommand(draft, inSeconds(MINUTE));
    await asTenant(desk.tenantId, () => desk.app.get(CommandBus).execute(command), files);
    await passes(2 * MINUTE);
    expect((await desk.log(anna, room)).map(({ message }) => message!.fileIds)).toEqual([[fileId]]);
  });

  it('have one timer each, however often they are moved, and none once they are cancelled', async () => {
    const { id } = await schedule(ben, 'Restless', MINUTE);
    const timers = async (): Promise<number> => {
      const rows = await desk.app
        .get(Database)
        .readAs(desk.tenantId, `select id from kernel.deliveries where tenant_id = $1 and payload ->> 'id' = $2`, [
          desk.tenantId,
          id,
        ]);
      return rows.length;
    };
    for (const minutes of [2, 3, 4])
      await desk.command(ben, new ChangeScheduledMessageCommand(id, { at: inSeconds(minutes * MINUTE) }));
    expect(await timers()).toBe(1);
    await desk.command(ben, new CancelScheduledMessageCommand(id));
    expect(await timers()).toBe(0);
  });

  it('are forgotten with their author’s account, as is what it told moderators', async () => {
    const eve = await hired();
    const { id } = await desk.open(anna, { memberIds: [eve] });
    await schedule(eve, 'Some day', 40 * 86_400, { roomId: id, fileIds: [await uploadedBy(desk, eve, 'Mine')] });
    const { messageId } = await desk.say(anna, id, 'Hm');
    const about = { reason: 'other' as const, note: 'I know her' };
    const told = await desk.command(eve, new ReportMessageCommand(id, messageId!, about));
    const orphans = `select from files.attachments where owner_kind = 'chat-scheduled'`;
    expect(await desk.app.get(Database).readAs(desk.tenantId, orphans)).toHaveLength(1);
    await asTenant(PLATFORM_TENANT, () =>
      desk.app.get(UnitOfWork).run(async (tx) => tx.record(new AccountDeleted(eve, { userId: eve }))),
    );
    await desk.app.get(DeliveryWorker).drain();
    const asked = `select from kernel.deliveries where name = 'chat.forget-author' and payload ->> 'userId' = $1`;
    expect(await desk.app.get(Database).readAs(PLATFORM_TENANT, asked, [eve])).toHaveLength(1);
    // As the queue does, twice.
    for (const _ of [1, 2]) await asTenant(PLATFORM_TENANT, () => desk.app.get(ForgetAuthor).run({ userId: eve }));
    expect(await waiting(eve, id)).toEqual([]);
    expect(await desk.app.get(Database).readAs(desk.tenantId, orphans)).toEqual([]);
    const notes = `select note from chat.reports where id = $1`;
    expect(await desk.app.get(Database).readAs(desk.tenantId, notes, [told.id])).toEqual([{ note: null }]);
  });

  it('wait for no room that was archived, nor for people who left the organization', async () => {
    const dan = await hired();
    const { id } = await desk.open(anna, { type: 'direct', memberIds: [dan] });
    await schedule(dan, 'From outside', MINUTE, { roomId: id });
    await asTenant(desk.tenantId, () =>
      desk.app.get(UnitOfWork).run(async (tx) => {
        tx.record(new MemberRemoved(newId(), { memberId: newId(), userId: dan, role: 'staff' }));
      }),
    );
    await desk.app.get(DeliveryWorker).drain();
    expect(await waiting(dan, id)).toEqual([]);
    await schedule(ben, 'Too late', MINUTE);
    await desk.command(anna, new ChangeRoomCommand(room, { archived: true }));
    expect(await code(schedule(ben, 'Later', MINUTE))).toBe('chat.room-archived');
    await passes(2 * MINUTE);
    expect(await waiting(ben)).toMatchObject([{ failure: 'chat.room-archived' }]);
    expect(await texts(id)).toEqual([]);
  });
});
