import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { RecordedRealtimeModule, SENT } from '../../../test/support/realtime';
import { skewed } from '../../../test/support/skew';
import { AccountDeleted } from '../../access/identity/contracts/identity-events';
import { ContactsOfUsersQuery, PhoneOfUserQuery, type Contact } from '../../access/identity/contracts/contacts';
import { TimeZoneQuery } from '../../access/organizations/contracts/time-zone';
import { clock } from '../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../kernel/context/request-context';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { JobQueue, type HandedJob } from '../../kernel/messaging/job-queue';
import { NotYet } from '../../kernel/messaging/reaction';
import { DeliverMessageCommand } from './commands/deliver-message';
import { MarkNotificationCommand } from './commands/mark-notifications';
import { NotifyCommand, type NotifyRequest } from './contracts/notify';
import { PreferenceRepository } from './data/preference.repository';
import { SuppressionRepository } from './data/suppression.repository';
import { DEFAULT_POLICY, NO_PREFERENCES, type Policy, type Preferences } from './domain/preferences';
import { NotificationsModule } from './notifications.module';
import { HeldJobs } from '../../../test/support/held-jobs';
import { NoBrand } from '../../../test/support/brands';

/** People of the test, by id. */
const PEOPLE = new Map<string, Contact>();
const PHONES = new Map<string, string>();

@QueryHandler(ContactsOfUsersQuery)
class Contacts implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    return userIds.flatMap((id) => PEOPLE.get(id) ?? []);
  }
}
@QueryHandler(PhoneOfUserQuery)
class Phones implements IQueryHandler<PhoneOfUserQuery> {
  async execute({ userId }: PhoneOfUserQuery): Promise<string | null> {
    return PHONES.get(userId) ?? null;
  }
}
@QueryHandler(TimeZoneQuery)
class Lisbon implements IQueryHandler<TimeZoneQuery> {
  async execute(): Promise<string> {
    return 'Europe/Lisbon';
  }
}
const held = new HeldJobs();
@Global()
@Module({
  providers: [{ provide: JobQueue, useValue: held }, Contacts, Phones, NoBrand, Lisbon],
  exports: [JobQueue],
})
class Surroundings {}

interface Row {
  id: string;
  userId: string;
  channel: string;
  state: string;
  cause: string | null;
  dueAt: Date;
  recipient: string | null;
  template: string;
}

describe('notifications', () => {
  let app: TestApp;
  let sql: Client;
  let tenant: string;
  beforeAll(async () => {
    app = await testApp([Surroundings, RecordedRealtimeModule, NotificationsModule], {
      database: await testDatabase({ fresh: true, label: 'notify' }),
      env: { LOG_LEVEL: 'warn' },
    });
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  }, 120_000);
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(() => {
    tenant = newId();
    held.jobs = [];
    SENT.length = 0;
  });
  afterEach(() => clock.setOffset(0));

  const person = (more: Partial<Contact> = {}): string => {
    const userId = newId();
    const email = `${userId}@example.org`;
    PEOPLE.set(userId, { userId, name: 'Ada', email, hasPhone: false, locale: null, timeZone: null, ...more });
    return userId;
  };
  const within = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const notify = (userIds: string[], more: Partial<NotifyRequest> = {}) =>
    within(() =>
      app.get(CommandBus).execute(
        new NotifyCommand({
          userIds,
          category: 'general',
          template: 'notice',
          data: { title: 'We moved', body: 'Come and see.', link: '/news' },
          ...more,
        }),
      ),
    );
  const prefer = (userId: string, document: Partial<Preferences>) =>
    within(() =>
      app.get(UnitOfWork).run(async (tx) => {
        const repository = app.get(PreferenceRepository);
        await repository.lockPerson(tx, userId);
        repository.savePerson(tx, userId, { ...NO_PREFERENCES, ...document });
      }),
    );
  const rule = (document: Partial<Policy>) =>
    within(() =>
      app.get(UnitOfWork).run(async (tx) => {
        const repository = app.get(PreferenceRepository);
        await repository.lockPolicy(tx);
        repository.savePolicy(tx, { ...DEFAULT_POLICY, ...document });
      }),
    );
  const rows = async (): Promise<Row[]> =>
    (
      await sql.query<Row>(
        `select id, user_id as "userId", channel, state, suppressed_for as cause, due_at as "dueAt", recipient, template
         from notifications.messages where tenant_id = $1 order by created_at, channel, id`,
        [tenant],
      )
    ).rows;
  const states = async () => (await rows()).map(({ channel, state, cause }) => [channel, state, cause]);
  const deliver = ({ data }: HandedJob): Promise<void> => {
    const { messageId } = data.payload as { messageId: string };
    return within(() => app.get(CommandBus).execute(new DeliverMessageCommand(messageId, false)));
  };
  const putOff = (error: unknown): void => {
    if (!(error instanceof NotYet)) throw error;
  };
  /** Lets everything happen that is due; each job twice, as after a worker's death. */
  const work = async (): Promise<void> => {
    await app.get(DeliveryWorker).drain();
    for (const job of held.jobs.splice(0))
      if (job.data.tenantId === tenant) {
        await deliver(job);
        await deliver(job).catch(putOff);
      }
  };
  const passTo = (moment: string | Date): void =>
    clock.setOffset(clock.offsetSeconds + (new Date(moment).getTime() - clock.nowMs()) / 1_000);
  const letters = async (userId: string) =>
    (
      await sql.query<{ channel: string; subject: string; text_body: string; html_body: string; sent_at: Date }>(
        `select channel, subject, text_body, html_body, sent_at from notifications.dev_mailbox
         where tenant_id = $1 and recipient in ($2, $3) order by sent_at`,
        [tenant, PEOPLE.get(userId)!.email, PHONES.get(userId)],
      )
    ).rows;

  it('reach people by mail and in the inbox, once, and tell their sockets', async () => {
    const ada = person();
    const [told] = await notify([ada, newId()], { dedupeKey: 'news/1' });
    expect(told).toMatchObject({ userId: ada, created: true });
    expect(await notify([ada], { dedupeKey: 'news/1' })).toEqual([{ ...told, created: false }]);
    // No device is known, so there is no push message; nobody asked for text messages.
    expect(await states()).toEqual([
      ['email', 'queued', null],
      ['in_app', 'delivered', null],
    ]);
    expect(SENT).toEqual([
      {
        to: `user:${tenant}:${ada}`,
        event: 'notification.created',
        payload: expect.objectContaining({
          id: told.notificationId,
          title: 'We moved',
          link: '/news',
          unread: 1,
        }) as object,
      },
    ]);
    await work();
    expect(await letters(ada)).toMatchObject([{ channel: 'email', subject: 'We moved' }]);
    expect(await states()).toContainEqual(['email', 'sent', null]);
  });

  it.each([2, -2])('are there and counted at once with a clock %i s beside the database’s', async (seconds) => {
    const ada = person();
    const [{ notificationId }] = await skewed(seconds, () => notify([ada]));
    expect(SENT).toMatchObject([{ event: 'notification.created', payload: { id: notificationId, unread: 1 } }]);
    const mark = new MarkNotificationCommand(ada, notificationId!, { read: true });
    expect(await within(() => app.get(CommandBus).execute(mark))).toMatchObject({
      readAt: expect.any(String) as string,
    });
    await work();
    expect(await states()).toEqual([
      ['email', 'sent', null],
      ['in_app', 'opened', null],
    ]);
  });

  it('are a duplicate when the same is said again at once, and stop at the cap', async () => {
    const ada = person();
    await notify([ada]);
    await Promise.all([notify([ada]), notify([ada])]);
    expect((await states()).filter(([, , cause]) => cause === 'duplicate')).toHaveLength(4);
    await rule({ categories: { general: { caps: { email: { most: 2, perHours: 1 } } } } });
    await Promise.all(
      [1, 2, 3].map((n) => notify([ada], { data: { title: `News ${n}`, body: '' }, dedupeKey: `news/${n}` })),
    );
    const after = await states();
    expect(after.filter(([channel, state]) => channel === 'email' && state === 'queued')).toHaveLength(2);
    expect(after.filter(([, , cause]) => cause === 'cap')).toHaveLength(2);
    // The inbox makes no noise: it has no cap.
    expect(after.filter(([channel, state]) => channel === 'in_app' && state === 'delivered')).toHaveLength(4);
  });

  it('count against a cap when they leave, not when they were asked for', async () => {
    await rule({
      quietHours: { from: '22:00', to: '07:00' },
      categories: { general: { caps: { email: { most: 1, perHours: 1 } } } },
    });
    const ada = person({ timeZone: 'Europe/Lisbon' });
    const say = (n: number, at?: Date) =>
      notify([ada], { data: { title: `News ${n}`, body: '' }, dedupeKey: `news/${n}`, channels: ['email'], at });
    const kept = async (): Promise<string[]> =>
      (await rows())
        .filter(({ state }) => state !== 'suppressed')
        .map(({ dueAt }) => dueAt.toISOString().slice(11, 16));
    // More than an hour apart each; all three would leave at seven.
    for (const [n, time] of ['23:10', '01:20', '03:30'].entries()) {
      passTo(`2027-02-0${n === 0 ? 1 : 2}T${time}:00Z`);
      await say(n);
    }
    expect(await kept()).toEqual(['07:00']);
    expect((await states()).map(([, , cause]) => cause)).toEqual([null, 'cap', 'cap']);
    // What is asked for at half past six for half past seven leaves within an hour of it, also the other way round.
    passTo('2027-02-02T06:30:00Z');
    await say(3, new Date('2027-02-02T07:30:00Z'));
    await say(4, new Date('2027-02-02T08:10:00Z'));
    await say(5, new Date('2027-02-02T08:00:00Z'));
    await say(6, new Date('2027-02-02T09:10:00Z'));
    expect(await kept()).toEqual(['07:00', '08:10', '09:10']);
  });

  it('follow what organization and person want, the later over the former; what is critical follows nobody', async () => {
    const phone = '+4915112345678';
    const ada = person({ hasPhone: true });
    PHONES.set(ada, phone);
    await rule({ channels: { email: false, sms: true }, categories: { stock: { channels: { email: true } } } });
    await prefer(ada, { channels: { sms: false }, categories: { chat: { sms: true } } });
    const on = async (category: string, critical?: boolean): Promise<string[]> => {
      tenant = tenant.slice();
      await notify([ada], { category, critical, dedupeKey: newId() });
      return (await rows()).slice(-3).flatMap(({ channel, state }) => (state === 'suppressed' ? [] : [channel]));
    };
    expect(await on('general')).toEqual(['in_app']);
    expect(await on('stock')).toEqual(['email', 'in_app']);
    expect(await on('chat')).toEqual(['in_app', 'sms']);
    expect(await on('general', true)).toEqual(['email', 'in_app', 'sms']);
    await work();
    expect((await letters(ada)).filter(({ channel }) => channel === 'sms')).toHaveLength(2);
    expect(await rows()).toContainEqual(expect.objectContaining({ channel: 'sms', recipient: phone, state: 'sent' }));
  });

  it('go to nobody on the suppression list, unless they are critical', async () => {
    const ada = person();
    await within(() =>
      app
        .get(UnitOfWork)
        .run((tx) =>
          app
            .get(SuppressionRepository)
            .add(tx, { channel: 'email', address: PEOPLE.get(ada)!.email!.toUpperCase(), reason: 'complaint' }),
        ),
    );
    await notify([ada], { channels: ['email'] });
    await notify([ada], { channels: ['email'], critical: true, dedupeKey: 'x' });
    await work();
    expect((await states()).sort()).toEqual([
      ['email', 'sent', null],
      ['email', 'suppressed', 'suppression-list'],
    ]);
  });

  it('travel together where somebody wants a digest, each in one', async () => {
    const ada = person({ timeZone: 'America/New_York' });
    await prefer(ada, { digests: { stock: 'daily' } });
    passTo('2027-01-11T16:00:00Z');
    for (const n of [1, 2])
      await notify([ada], { category: 'stock', data: { title: `Alert ${n}`, body: '' }, channels: ['email'] });
    expect(await rows()).toMatchObject([{ template: 'digest', dueAt: new Date('2027-01-12T13:00:00Z') }]);
    passTo('2027-01-12T13:00:01Z');
    // While one is on its way, what comes in waits for the next.
    const job = app.get(DeliveryWorker).drain();
    await job;
    await sql.query(`update notifications.messages set attempts = 1 where tenant_id = $1`, [tenant]);
    await notify([ada], { category: 'stock', data: { title: 'Alert 3', body: '' }, channels: ['email'] });
    await sql.query(`update notifications.messages set attempts = 0 where tenant_id = $1`, [tenant]);
    await work();
    const [letter, ...more] = await letters(ada);
    expect([letter.subject, more]).toEqual(['2 notifications from Mainstay', []]);
    expect(letter.text_body).toContain('- Alert 1\n- Alert 2\n');
    expect((await rows()).map(({ state, dueAt }) => [state, dueAt.toISOString()])).toEqual([
      ['sent', '2027-01-12T13:00:00.000Z'],
      ['queued', '2027-01-13T13:00:00.000Z'],
    ]);
  });

  it('ask again when they leave: wishes, quiet hours, address and account may have changed', async () => {
    const [ada, bob, eve] = [person(), person(), person()];
    passTo('2027-02-01T12:00:00Z');
    await notify([ada, bob, eve], { at: new Date('2027-02-01T15:00:00Z') });
    await work();
    expect(SENT).toEqual([]);
    await prefer(ada, { channels: { email: false, in_app: false } });
    await prefer(bob, { quietHours: { from: '14:00', to: '16:00' } });
    PEOPLE.set(eve, { ...PEOPLE.get(eve)!, email: null });
    passTo('2027-02-01T15:00:01Z');
    await work().catch(() => undefined);
    const of = async (userId: string) =>
      (await rows()).filter((row) => row.userId === userId).map(({ channel, state }) => `${channel} ${state}`);
    expect([await of(ada), await of(bob), await of(eve)]).toEqual([
      ['email suppressed', 'in_app suppressed'],
      ['email queued', 'in_app delivered'],
      ['email dead', 'in_app delivered'],
    ]);
    expect(SENT.map(({ to }) => to).sort()).toEqual([`user:${tenant}:${bob}`, `user:${tenant}:${eve}`].sort());
    passTo('2027-02-01T16:00:00Z');
    await work();
    expect(await of(bob)).toEqual(['email sent', 'in_app delivered']);
  });

  it('wait where their time has not come by the database’s clock, which went back say, and are sent then', async () => {
    const ada = person();
    await notify([ada], { channels: ['email'], at: new Date(clock.nowMs() + 60_000) });
    clock.setOffset(61);
    await app.get(DeliveryWorker).drain();
    const [job] = held.jobs.splice(0);
    clock.setOffset(0);
    const refused: unknown = await deliver(job).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NotYet);
    // What is left of the minute.
    expect((refused as NotYet).delaySeconds).toBeGreaterThan(20);
    expect((refused as NotYet).delaySeconds).toBeLessThanOrEqual(60);
    clock.setOffset(61);
    await deliver(job);
    expect(await states()).toEqual([['email', 'sent', null]]);
    expect(await letters(ada)).toHaveLength(1);
  });

  it('say what is past: at once, or not at all; and refuse what is no request', async () => {
    const [ada, bob] = [person({ timeZone: 'Asia/Tokyo' }), person({ timeZone: 'America/New_York' })];
    passTo('2027-02-01T12:00:00Z');
    const told = await notify([ada, bob], { localTime: '2027-02-01T09:00', past: 'skip', channels: ['in_app'] });
    expect(told.map(({ userId, notificationId }) => [userId, notificationId !== null]).sort()).toEqual(
      [
        [ada, false],
        [bob, true],
      ].sort(),
    );
    await notify([ada], { localTime: '2027-02-01T09:00', channels: ['in_app'] });
    expect((await rows()).map(({ userId, state }) => [userId, state])).toEqual([
      [bob, 'queued'],
      [ada, 'delivered'],
    ]);
    for (const wrong of [{ category: 'Orders!' }, { channels: ['fax' as never] }, { dedupeKey: '' }])
      await expect(notify([ada], wrong)).rejects.toMatchObject({ code: 'notifications.request-invalid' });
    for (const localTime of [
      '2027-02-01 09:00',
      '2027-02-30T09:00',
      '2027-02-29T09:00',
      '2027-04-31T09:00',
      '2027-02-01T25:00',
    ])
      await expect(notify([ada], { localTime })).rejects.toMatchObject({ code: 'notifications.local-time-unknown' });
    await expect(notify([ada], { template: 'none-such' })).rejects.toMatchObject({
      code: 'notifications.template-not-found',
    });
  });

  it('are forgotten with the account', async () => {
    const [ada, bob] = [person(), person()];
    await prefer(ada, { channels: { sms: false } });
    await notify([ada, bob]);
    await notify([ada], { at: new Date(clock.nowMs() + 3_600_000), dedupeKey: 'later' });
    await asTenant(PLATFORM_TENANT, () =>
      app.get(UnitOfWork).run(async (tx) => tx.record(new AccountDeleted(ada, { userId: ada }))),
    );
    await app.get(DeliveryWorker).drain();
    const left = await sql.query<{ of: string }>(
      `select user_id as of from notifications.notifications where tenant_id = $1
       union all select id from notifications.user_preferences where tenant_id = $1
       union all select user_id from notifications.messages where tenant_id = $1 and (data <> '{}' or recipient is not null)`,
      [tenant],
    );
    expect([...new Set(left.rows.map(({ of }) => of))]).toEqual([bob]);
    expect((await rows()).filter(({ userId, state }) => userId === ada && state === 'queued')).toEqual([]);
  });

  describe('by the clocks of 24 zones', () => {
    const ZONES = [
      'Pacific/Honolulu America/Anchorage America/Los_Angeles America/Denver America/Chicago America/New_York',
      'America/Halifax America/St_Johns America/Sao_Paulo Atlantic/Azores Europe/Lisbon Europe/Berlin Europe/Athens',
      'Africa/Cairo Asia/Beirut Asia/Dubai Asia/Kathmandu Asia/Kolkata Asia/Tokyo Australia/Adelaide Australia/Sydney',
      'Australia/Lord_Howe Pacific/Auckland Pacific/Chatham',
    ]
      .join(' ')
      .split(' ');
    const shown = (at: Date, zone: string): string =>
      at.toLocaleString('sv', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });

    // When clocks change in Europe, in the United States, in Australia (and New Zealand in autumn), and in New Zealand.
    const CHANGES = ['2027-03-28', '2027-10-31', '2027-03-14', '2027-11-07', '2027-04-04', '2027-10-03', '2027-09-26'];

    it.each(CHANGES)('arrive at 08:00 of %s, once each', async (day) => {
      const people = ZONES.map((timeZone) => person({ timeZone }));
      passTo(new Date(Date.parse(`${day}T00:00:00Z`) - 20 * 3_600_000));
      await notify(people, { localTime: `${day}T08:00`, channels: ['email'] });
      const moments = [...new Set((await rows()).map(({ dueAt }) => dueAt.getTime()))].sort((a, b) => a - b);
      for (const moment of moments) {
        passTo(new Date(moment - 2_000));
        await work();
        passTo(new Date(moment));
        await work();
      }
      for (const [n, zone] of ZONES.entries()) {
        const got = await letters(people[n]);
        expect([zone, got.map(({ sent_at }) => shown(sent_at, zone))]).toEqual([zone, [`${day} 08:00`]]);
      }
    });

    it.each(CHANGES)('wait for 07:00 of %s where it is quiet, and what is critical does not', async (day) => {
      await rule({ quietHours: { from: '22:00', to: '07:00' } });
      const people = ZONES.map((timeZone) => person({ timeZone }));
      const asked = new Date(`${day}T01:30:00Z`);
      passTo(asked);
      await notify(people, { channels: ['email'], dedupeKey: 'quiet' });
      await notify(people, {
        channels: ['email'],
        dedupeKey: 'critical',
        critical: true,
        data: { title: 'Fire', body: '' },
      });
      const moments = [...new Set((await rows()).map(({ dueAt }) => dueAt.getTime()))].sort((a, b) => a - b);
      for (const moment of moments) {
        passTo(new Date(moment + 1_000));
        await work();
      }
      for (const [n, zone] of ZONES.entries()) {
        const got = await letters(people[n]);
        const hour = Number(shown(asked, zone).slice(11, 13));
        const expected = hour >= 22 || hour < 7 ? '07:00' : shown(asked, zone).slice(11);
        expect([zone, got.map(({ subject, sent_at }) => [subject, shown(sent_at, zone).slice(11)]).sort()]).toEqual([
          zone,
          [
            ['Fire', shown(asked, zone).slice(11)],
            ['We moved', expected],
          ],
        ]);
      }
    });
  });
});
