import { asTenant } from '../../../test/support/app';
import { chatDesk, FILES, uploadedBy, type ChatDesk } from '../../../test/support/chat-desk';
import { SENT } from '../../../test/support/realtime';
import { CommandBus } from '@nestjs/cqrs';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { MemberRemoved } from '../../access/organizations/contracts/organization-events';
import { MuteRoomMemberCommand } from './commands/call-to-order';
import { ChangeRoomCommand, RemoveRoomMemberCommand } from './commands/change-room';
import {
  CancelScheduledMessageCommand,
  ChangeScheduledMessageCommand,
  ScheduleMessageCommand,
} from './commands/schedule-message';
import { SendScheduledMessageCommand } from './commands/send-scheduled-message';
import { AddWordRuleCommand } from './commands/word-rules';
import type { RoomEvent } from './domain/message';
import type { ScheduledMessage } from './domain/scheduled';
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
    desk = await chatDesk({ modules: FILES });
    [anna, ben, cleo] = [desk.owner, await desk.hire(), await desk.hire()];
  });
  beforeEach(async () => {
    room = (await desk.open(anna, { memberIds: [ben, cleo] })).id;
  });
  afterEach(() => clock.setOffset(0));
  afterAll(() => desk.close());

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

  it('wait for no room that was archived, nor for people who left the organization', async () => {
    const dan = await desk.hire();
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
