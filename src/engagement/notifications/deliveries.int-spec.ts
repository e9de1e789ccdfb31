import { createHmac } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { SendGridDouble } from '../../../test/doubles/mail-doubles';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { ContactsOfUsersQuery, PhoneOfUserQuery, type Contact } from '../../access/identity/contracts/contacts';
import { GUEST, SYSTEM } from '../../kernel/auth/principal';
import { clock } from '../../kernel/clock/clock';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { JobQueue } from '../../kernel/messaging/job-queue';
import { NoteReceiptsCommand, ReceiveCallbacksCommand } from './commands/callbacks';
import { DeliverMessageCommand } from './commands/deliver-message';
import { DeliverPushesCommand } from './commands/deliver-pushes';
import { ProcessCallbacksCommand } from './commands/process-callbacks';
import { PutPushTokenCommand } from './commands/push-tokens';
import { RetryDeliveryCommand } from './commands/retry-delivery';
import { NotifyCommand } from './contracts/notify';
import type { Channel } from './contracts/channels';
import { SuppressionRepository } from './data/suppression.repository';
import { NotificationsModule } from './notifications.module';
import { DeliveriesOfNotificationQuery, ListDeliveriesQuery, type DeliveryDetails } from './queries/deliveries';
import { HeldJobs } from '../../../test/support/held-jobs';
import { NoBrand } from '../../../test/support/brands';

const TOKEN = 'an auth token of the double';
const mailOf = (userId: string): string => `${userId}@example.org`;

@QueryHandler(ContactsOfUsersQuery)
class Everybody implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const more = { name: 'Ada', hasPhone: true, locale: null, timeZone: 'UTC' };
    return userIds.map((userId) => ({ userId, email: mailOf(userId), ...more }));
  }
}
@QueryHandler(PhoneOfUserQuery)
class Phones implements IQueryHandler<PhoneOfUserQuery> {
  async execute(): Promise<string> {
    return '+4915112345678';
  }
}
const held = new HeldJobs();
@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }, Everybody, Phones, NoBrand], exports: [JobQueue] })
class Surroundings {}

describe('deliveries', () => {
  const sendGrid = new SendGridDouble();
  let app: TestApp;
  let sql: Client;
  let tenant: string;

  beforeAll(async () => {
    await sendGrid.listen();
    const env = {
      LOG_LEVEL: 'silent',
      MAINSTAY_PUBLIC_URL: 'https://shop.example.org',
      SENDGRID_API_KEY: 'SG.0123456789abcdef',
      SENDGRID_API_BASE: sendGrid.url,
      SENDGRID_WEBHOOK_KEY: sendGrid.webhookKey,
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(31)}7`,
      TWILIO_AUTH_TOKEN: TOKEN,
      TWILIO_FROM: '+15005550006',
    };
    app = await testApp([Surroundings, RecordedRealtimeModule, NotificationsModule], {
      database: await testDatabase({ fresh: true, label: 'deliveries' }),
      env,
    });
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
    await sendGrid.close();
  });
  beforeEach(() => {
    tenant = newId();
    held.jobs = [];
  });
  afterEach(() => clock.setOffset(0));

  const commands = () => app.get(CommandBus);
  const within = <T>(work: () => Promise<T>, principal = SYSTEM): Promise<T> => asTenant(tenant, work, principal);
  /** Runs every job that waits, as workers would. */
  const work = async (): Promise<void> => {
    await app.get(DeliveryWorker).drain();
    const jobs = held.jobs;
    held.jobs = [];
    for (const { name, data } of jobs) {
      const { messageId, messageIds, callbackIds } = data.payload as Record<string, never>;
      const command =
        name === 'notifications.send-pushes'
          ? new DeliverPushesCommand(messageIds)
          : name === 'notifications.process-callbacks'
            ? new ProcessCallbacksCommand(callbackIds)
            : new DeliverMessageCommand(messageId, false);
      await within(() => commands().execute(command as DeliverMessageCommand)).catch(() => undefined);
    }
  };
  const notify = async (userId: string, channels: Channel[]): Promise<string> => {
    const [{ notificationId }] = await within(() =>
      commands().execute(
        new NotifyCommand({
          userIds: [userId],
          category: 'general',
          template: 'notice',
          data: { title: 'We moved', body: 'Come and see.', link: '/news' },
          channels,
        }),
      ),
    );
    return notificationId!;
  };
  const deliveries = async (notificationId: string): Promise<DeliveryDetails[]> =>
    (await within(() => app.get(QueryBus).execute(new DeliveriesOfNotificationQuery(notificationId)))).data;
  const receive = (provider: string, rawBody: string, headers: Record<string, string>, more: object = {}) =>
    asTenant(
      newId(),
      () =>
        commands().execute(
          new ReceiveCallbacksCommand(provider, {
            headers,
            rawBody: Buffer.from(rawBody),
            form: {},
            path: {},
            ...more,
          }),
        ),
      GUEST,
    );
  const post = (events: object[]) => {
    const body = JSON.stringify(events);
    return receive('sendgrid', body, sendGrid.signed(body));
  };
  const event = (messageId: string, word: string, more: object = {}) => ({
    event: word,
    sg_event_id: newId(),
    timestamp: Math.floor(clock.nowMs() / 1_000),
    mainstay_tenant: tenant,
    mainstay_message: messageId,
    ...more,
  });
  const listed = (userId: string) =>
    within(() => app.get(SuppressionRepository).has(tenant, 'email', mailOf(userId), 'general'));

  it('say of a letter that it was taken, then what its provider tells, each thing once and none backwards', async () => {
    const ada = newId();
    const id = await notify(ada, ['email']);
    await work();
    const [sent] = await deliveries(id);
    expect(sent).toMatchObject({
      channel: 'email',
      state: 'sent',
      provider: 'sendgrid',
      recipient: expect.stringMatching(/^.•••@example\.org$/) as string,
      deliveredAt: null,
      attempts: [{ number: 1, provider: 'sendgrid', state: 'accepted' }],
    });
    const opened = event(sent.id, 'open');
    await post([opened, event(sent.id, 'processed')]);
    await post([opened]);
    await work();
    await post([event(sent.id, 'delivered')]);
    await work();
    const [seen] = await deliveries(id);
    expect([seen.state, seen.deliveredAt !== null, seen.told.map(({ type }) => type).sort()]).toEqual([
      'opened',
      true,
      ['delivered', 'open', 'processed'],
    ]);
  });

  it('end addresses that bounce for good or complain, and no others', async () => {
    const people = Array.from({ length: 3 }, () => newId());
    const ids = [];
    for (const userId of people) ids.push(await notify(userId, ['email']));
    await work();
    const messages = (await Promise.all(ids.map(deliveries))).map(([one]) => one.id);
    await post([
      event(messages[0], 'bounce', { type: 'bounce', reason: '550 5.1.1 no such user' }),
      event(messages[1], 'bounce', { type: 'blocked', reason: '451 try later' }),
      event(messages[2], 'spamreport'),
      event(newId(), 'delivered'),
      { event: 'delivered', sg_event_id: 'not of ours' },
    ]);
    await work();
    expect(await Promise.all(people.map(listed))).toEqual([true, false, true]);
    const states = (await Promise.all(ids.map(deliveries))).map(([{ state, error }]) => [state, error]);
    expect(states).toEqual([
      ['dead', '550 5.1.1 no such user'],
      ['dead', '451 try later'],
      ['sent', null],
    ]);
    expect((await sql.query(`select state from notifications.callbacks where state = 'received'`)).rows).toEqual([]);
    clock.setOffset(120);
    const again = await notify(people[0], ['email']);
    await work();
    expect(await deliveries(again)).toMatchObject([
      { state: 'suppressed', suppressedFor: 'suppression-list', attempts: [] },
    ]);
  });

  it('are told by nobody else than the provider', async () => {
    const body = JSON.stringify([event(newId(), 'delivered')]);
    const signed = sendGrid.signed(body);
    await expect(receive('sendgrid', `${body} `, signed)).rejects.toThrow('notifications.callback-signature');
    await expect(receive('sendgrid', body, {})).rejects.toThrow('notifications.callback-signature');
    await expect(receive('ses', body, {})).rejects.toThrow('notifications.callback-provider-not-found');
    await expect(receive('nobody', body, {})).rejects.toThrow('notifications.callback-provider-not-found');
    const list = JSON.stringify({ not: 'a list' });
    await expect(receive('sendgrid', list, sendGrid.signed(list))).rejects.toThrow('notifications.callback-malformed');
  });

  it('of text messages are reported by Twilio, signed over our own address', async () => {
    const [messageId, form] = [newId(), { MessageSid: 'SM1', MessageStatus: 'undelivered', ErrorCode: '30006' }];
    await sql.query(
      `insert into notifications.messages (tenant_id, id, channel, recipient, template, data, state, dedupe_key, created_at)
       values ($1, $2::uuid, 'sms', '+4915112345678', 'one-time-code', '{}', 'sent', $2::uuid::text, now())`,
      [tenant, messageId],
    );
    const url = `https://shop.example.org/api/v1/delivery-callbacks/twilio/${tenant}/${messageId}`;
    const text =
      url +
      Object.entries(form)
        .sort()
        .map(([name, value]) => name + value)
        .join('');
    const signature = createHmac('sha1', TOKEN).update(text).digest('base64');
    const path = { tenantId: tenant, messageId };
    await receive('twilio', '', { 'x-twilio-signature': signature }, { form, path });
    const forged = { form: { ...form, MessageStatus: 'delivered' }, path };
    await expect(receive('twilio', '', { 'x-twilio-signature': signature }, forged)).rejects.toThrow(
      'notifications.callback-signature',
    );
    await work();
    const { rows } = await sql.query(
      `select m.state, s.reason from notifications.messages m join notifications.suppressions s on s.tenant_id = m.tenant_id where m.id = $1`,
      [messageId],
    );
    expect(rows).toEqual([{ state: 'dead', reason: 'bounce' }]);
  });

  it('of push messages are told by the app of whoever they are for', async () => {
    const [ada, ben] = [newId(), newId()];
    const as = (userId: string) => ({ ...SYSTEM, kind: 'user' as const, userId });
    const token = { provider: 'fcm' as const, value: 'token-of-a-device-00001' };
    await within(() => commands().execute(new PutPushTokenCommand(token)), as(ada));
    const id = await notify(ada, ['push']);
    await work();
    const [{ id: messageId, state, provider }] = await deliveries(id);
    expect([state, provider]).toEqual(['sent', 'mailbox']);
    const note = (userId: string, word: 'delivered' | 'opened') =>
      within(() => commands().execute(new NoteReceiptsCommand([{ messageId, state: word }])), as(userId));
    expect(await note(ben, 'opened')).toEqual({ noted: 0 });
    expect(await note(ada, 'opened')).toEqual({ noted: 1 });
    expect(await note(ada, 'delivered')).toEqual({ noted: 1 });
    expect(await deliveries(id)).toMatchObject([{ state: 'opened' }]);
  });

  it('that were given up are found, and sent again when somebody says so', async () => {
    const ada = newId();
    const id = await notify(ada, ['email']);
    sendGrid.replies.push({ status: 400 });
    await work();
    const list = () =>
      within(() => app.get(QueryBus).execute(new ListDeliveriesQuery({ limit: 20, state: ['dead'], userId: [ada] })));
    const [dead] = (await list()).data;
    expect(dead).toMatchObject({
      error: 'SendGrid answered 400.',
      attempts: [{ state: 'refused', provider: 'email' }],
    });
    const retry = () => within(() => commands().execute(new RetryDeliveryCommand(dead.id)));
    await retry();
    await expect(retry()).rejects.toThrow('notifications.delivery-not-retryable');
    await work();
    expect(await deliveries(id)).toMatchObject([
      { state: 'sent', attempts: [{ state: 'refused' }, { number: 2, state: 'accepted', provider: 'sendgrid' }] },
    ]);
    await expect(deliveries(newId())).rejects.toThrow('notifications.notification-not-found');
  });
});
