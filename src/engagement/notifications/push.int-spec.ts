import { spawn } from 'node:child_process';
import path from 'node:path';
import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { FcmDouble, fcmFault, type FcmMessage } from '../../../test/doubles/push-doubles';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { CACHE, testDatabase } from '../../../test/support/cluster';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { skewed } from '../../../test/support/skew';
import { ContactsOfUsersQuery, type Contact } from '../../access/identity/contracts/contacts';
import { AccountDeleted, SessionRevoked } from '../../access/identity/contracts/identity-events';
import { SYSTEM, type Principal } from '../../kernel/auth/principal';
import { clock } from '../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../kernel/context/request-context';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { JobQueue } from '../../kernel/messaging/job-queue';
import { DeliverPushesCommand } from './commands/deliver-pushes';
import { PutPushTokenCommand, RemovePushTokenCommand } from './commands/push-tokens';
import { NotifyCommand, type NotifyRequest } from './contracts/notify';
import { PushHealth } from './adapters/push/push-health';
import { ProviderLanes } from './data/provider-lanes';
import { NotificationsModule } from './notifications.module';
import { OwnPushTokensQuery } from './queries/push-tokens';
import { HeldJobs } from '../../../test/support/held-jobs';
import { NoBrand } from '../../../test/support/brands';

const WORKER = path.join(__dirname, '../../../test/support/push-worker.cjs');

@QueryHandler(ContactsOfUsersQuery)
class Everybody implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    return userIds.map((userId) => ({
      userId,
      name: 'Ada',
      email: null,
      hasPhone: false,
      locale: null,
      timeZone: 'UTC',
    }));
  }
}
const held = new HeldJobs();
@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }, Everybody, NoBrand], exports: [JobQueue] })
class Surroundings {}

interface Row {
  id: string;
  state: string;
  attempts: number;
  error: string | null;
  token: string | null;
  tries: { state: string; code: string | null }[];
}

describe('push messages', () => {
  const fcm = new FcmDouble();
  let app: TestApp;
  let sql: Client;
  let tenant: string;

  beforeAll(async () => {
    await fcm.listen();
    app = await testApp([Surroundings, RecordedRealtimeModule, NotificationsModule], {
      database: await testDatabase({ fresh: true, label: 'push' }),
      env: { LOG_LEVEL: 'silent', FCM_SERVICE_ACCOUNT: fcm.serviceAccount, FCM_API_BASE: fcm.url },
    });
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
    await fcm.close();
  });
  beforeEach(async () => {
    tenant = newId();
    held.jobs = [];
    fcm.reply = () => null;
    fcm.accepted.clear();
    await sql.query('delete from notifications.provider_lanes');
  });
  afterEach(() => clock.setOffset(0));

  const as = (userId: string | null, sessionId: string | null = null): Principal =>
    userId ? { ...SYSTEM, kind: 'user', userId, sessionId } : SYSTEM;
  const within = <T>(work: () => Promise<T>, principal = SYSTEM): Promise<T> => asTenant(tenant, work, principal);
  const put = (userId: string, value: string, more: { sessionId?: string; platform?: 'android' | 'ios' } = {}) =>
    within(
      () =>
        app
          .get(CommandBus)
          .execute(new PutPushTokenCommand({ provider: 'fcm', value, platform: more.platform ?? 'android' })),
      as(userId, more.sessionId ?? null),
    );
  const own = (userId: string) =>
    within(() => app.get(QueryBus).execute(new OwnPushTokensQuery()), as(userId)).then(({ data }) => data);
  const device = (n: number): string => `token-of-the-device-${String(n).padStart(5, '0')}`;
  const notify = (userIds: string[], more: Partial<NotifyRequest> = {}) =>
    within(() =>
      app.get(CommandBus).execute(
        new NotifyCommand({
          userIds,
          category: 'general',
          template: 'notice',
          data: { title: 'We moved', body: 'Come and see.', link: '/news' },
          channels: ['push'],
          ...more,
        }),
      ),
    );
  /** The batches that wait. */
  const batches = async (): Promise<string[][]> => {
    await app.get(DeliveryWorker).drain();
    const jobs = held.jobs.filter(({ name }) => name === 'notifications.send-pushes');
    held.jobs = [];
    return jobs.map(({ data }) => (data.payload as { messageIds: string[] }).messageIds);
  };
  const deliver = (messageIds: string[]) =>
    within(() => app.get(CommandBus).execute(new DeliverPushesCommand(messageIds)));
  /** Delivers until nothing is left, however long that takes by the clock. */
  const deliverAll = async (all: string[][]): Promise<void> => {
    for (let rounds = 0; rounds < 60; rounds++) {
      const waits = [];
      for (const batch of all) waits.push(await deliver(batch));
      const left = waits.filter((seconds) => seconds !== null);
      if (left.length === 0) return;
      clock.setOffset(clock.offsetSeconds + Math.max(...left) + 1);
    }
    throw new Error('Some messages are never done with.');
  };
  const rows = async (): Promise<Row[]> =>
    (
      await sql.query<Row>(
        `select m.id, m.state, m.attempts, m.last_error as error, m.push_token_id as token, coalesce((select
           json_agg(json_build_object('state', a.state, 'code', a.code) order by a.number) from notifications.delivery_attempts a
           where a.tenant_id = m.tenant_id and a.message_id = m.id), '[]') as tries
         from notifications.messages m where m.tenant_id = $1 and m.channel = 'push' order by m.id`,
        [tenant],
      )
    ).rows;

  describe('devices', () => {
    it('belong to whoever registered them last, and are the same when they are registered again', async () => {
      const [ada, ben] = [newId(), newId()];
      const { id } = await put(ada, device(1));
      expect(await put(ada, device(1))).toEqual({ id });
      await put(ada, device(2));
      expect(await put(ben, device(1))).toEqual({ id });
      expect((await own(ada)).map(({ provider }) => provider)).toEqual(['fcm']);
      expect(await own(ben)).toMatchObject([{ id, platform: 'android', state: 'active', stale: false }]);
      const { rows: kept } = await sql.query<{ sealed: string }>('select sealed from notifications.push_tokens');
      expect(kept.every(({ sealed }) => sealed.startsWith('v1.') && !sealed.includes('device'))).toBe(true);
    });

    it('are twenty a person at most, and go when their owner says so', async () => {
      const ada = newId();
      for (let n = 0; n < 22; n++) {
        clock.setOffset(n);
        await put(ada, device(100 + n));
      }
      const left = await own(ada);
      expect(left).toHaveLength(20);
      const remove = (userId: string, id: string) =>
        within(() => app.get(CommandBus).execute(new RemovePushTokenCommand(id)), as(userId));
      await expect(remove(newId(), left[0].id)).rejects.toThrow('notifications.push-token-not-found');
      await remove(ada, left[0].id);
      expect(await own(ada)).toHaveLength(19);
    });

    it('go with the session that registered them, and with the account', async () => {
      const [ada, session] = [newId(), newId()];
      await put(ada, device(200), { sessionId: session });
      await put(ada, device(201), { sessionId: newId() });
      const say = (event: SessionRevoked | AccountDeleted) =>
        asTenant(PLATFORM_TENANT, () => app.get(UnitOfWork).run(async (tx) => tx.record(event)));
      await say(new SessionRevoked(session, { sessionId: session, userId: ada, reason: 'logout' }));
      await app.get(DeliveryWorker).drain();
      expect(await own(ada)).toHaveLength(1);
      await say(new AccountDeleted(ada, { userId: ada }));
      await app.get(DeliveryWorker).drain();
      expect(await own(ada)).toEqual([]);
    });

    it.each([
      ['fcm', 'short'],
      ['fcm', 'a token with blanks in the middle of it'],
      ['apns', 'zz'.repeat(32)],
      ['web_push', 'not json but long enough'],
      ['web_push', '{"endpoint":"http://push.example.org/1","keys":{"p256dh":"x","auth":"y"}}'],
      ['web_push', 'null                      '],
    ] as const)('%s refuses %j', async (provider, value) => {
      const command = new PutPushTokenCommand({ provider, value });
      await expect(within(() => app.get(CommandBus).execute(command), as(newId()))).rejects.toThrow(
        'notifications.push-token-malformed',
      );
    });
  });

  it('reach every device of a person, and say no more than that the push service took them', async () => {
    const ada = newId();
    await put(ada, device(1));
    await put(ada, device(2));
    await notify([ada]);
    const all = await batches();
    expect(all).toEqual([expect.any(Array)]);
    await Promise.all([deliver(all[0]), deliver(all[0])]);
    await deliverAll(all);
    expect(await rows()).toMatchObject([
      { state: 'sent', attempts: 1, tries: [{ state: 'accepted' }] },
      { state: 'sent', attempts: 1, tries: [{ state: 'accepted' }] },
    ]);
    expect([...fcm.accepted.values()]).toEqual([1, 1]);
    expect(fcm.messages.at(-1)).toMatchObject({
      notification: { title: 'We moved', body: 'Come and see.' },
      data: { link: '/news', notificationId: expect.any(String) as string },
    });
  });

  it('do not follow a device to its next owner', async () => {
    const [ada, ben] = [newId(), newId()];
    await put(ada, device(1));
    await notify([ada]);
    await put(ben, device(1));
    await deliverAll(await batches());
    expect(await rows()).toMatchObject([{ state: 'dead', error: 'The device is not there any more.', tries: [] }]);
    expect(fcm.accepted.size).toBe(0);
  });

  it('take off tokens that are gone, rest those of another project, and keep the others', async () => {
    const people = Array.from({ length: 4 }, () => newId());
    for (const [n, userId] of people.entries()) await put(userId, device(n));
    const replies = [
      fcmFault(404, 'NOT_FOUND', 'UNREGISTERED'),
      fcmFault(403, 'PERMISSION_DENIED', 'SENDER_ID_MISMATCH'),
      fcmFault(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'),
      null,
    ];
    fcm.reply = ({ token }) => replies[Number(token.slice(-5))];
    await notify(people);
    await deliverAll(await batches());
    expect((await rows()).map(({ state }) => state).sort()).toEqual(['dead', 'dead', 'dead', 'sent']);
    const left = await Promise.all(people.map(own));
    expect(left.map((tokens) => tokens[0]?.state)).toEqual([undefined, 'deactivated', 'active', 'active']);
    expect(left[1][0].stateReason).toBe('SENDER_ID_MISMATCH');
    expect(await app.get(PushHealth).check()).toMatchObject({
      status: 'degraded',
      message: expect.stringContaining('another Firebase project') as string,
    });
    // Nobody is asked about what rests.
    await notify([people[1]]);
    expect(await batches()).toEqual([]);
  });

  it('to devices of Apple wait where Apple refuses our key; others do not, and no token is lost', async () => {
    const people = [newId(), newId()];
    await put(people[0], device(1), { platform: 'ios' });
    await put(people[1], device(2));
    let refused = true;
    fcm.reply = ({ token }) =>
      token === device(1) && refused ? fcmFault(401, 'UNAUTHENTICATED', 'THIRD_PARTY_AUTH_ERROR') : null;
    await notify(people);
    const all = await batches();
    expect(await deliver(all[0])).toBeGreaterThan(800);
    expect(fcm.accepted).toEqual(new Map([[device(2), 1]]));
    const before = fcm.requests;
    await notify([people[0]], { data: { title: 'Again', body: 'Once more.', link: '/news' } });
    all.push(...(await batches()));
    expect(await deliver(all[1])).toBeGreaterThan(800);
    expect(fcm.requests).toBe(before);
    refused = false;
    await deliverAll(all);
    expect(fcm.accepted.get(device(1))).toBe(2);
    expect((await app.get(PushHealth).check()).status).toBeUndefined();
  });

  it('are put off as a whole where the push service is down, and go out when it is back', async () => {
    const people = Array.from({ length: 12 }, () => newId());
    for (const [n, userId] of people.entries()) await put(userId, device(n));
    fcm.reply = () => fcmFault(503, 'UNAVAILABLE', 'UNAVAILABLE', '40');
    await notify(people.slice(0, 11));
    const all = await batches();
    expect(await deliver(all[0])).toBeGreaterThan(20);
    await notify(people.slice(11));
    all.push(...(await batches()));
    const before = fcm.requests;
    expect(await deliver(all[1])).toBeGreaterThan(10);
    expect(fcm.requests).toBe(before);
    fcm.reply = () => null;
    await deliverAll(all);
    expect([...fcm.accepted.values()]).toEqual(people.map(() => 1));
  });

  it.each([20, -20])(
    'that are critical are sent after a worker was lost, with a clock %i s beside the database’s',
    async (seconds) => {
      const ada = newId();
      await put(ada, device(1));
      await notify([ada], { category: 'security', critical: true });
      const [batch] = await batches();
      // The worker that began a try is gone; its claim is over sooner than the clocks differ.
      await sql.query(
        `update notifications.messages set attempts = 1, claimed_until = now() + interval '10 seconds' where tenant_id = $1`,
        [tenant],
      );
      await sql.query(
        `insert into notifications.delivery_attempts (tenant_id, id, message_id, number, provider, state, started_at)
       values ($1, $2, $3, 1, 'fcm', 'started', now())`,
        [tenant, newId(), batch[0]],
      );
      expect(await skewed(seconds, () => deliver(batch))).toBeGreaterThanOrEqual(1);
      clock.setOffset(31);
      await skewed(seconds, () => deliver(batch));
      expect((await rows()).map(({ state, tries }) => [state, tries.map((one) => one.state)])).toEqual([
        ['sent', ['unknown', 'accepted']],
      ]);
    },
  );

  it('keep to the quota of all processes together', async () => {
    const lanes = app.get(ProviderLanes);
    expect(await lanes.take('fcm', 60, 60)).toBe(0);
    // Less what has come in meanwhile, one a second.
    expect(await lanes.take('fcm', 30, 60)).toBeGreaterThan(15);
    clock.setOffset(31);
    expect(await lanes.take('fcm', 30, 60)).toBe(0);
    clock.setOffset(200);
    const taken = await Promise.all(Array.from({ length: 8 }, () => lanes.take('fcm', 10, 60)));
    expect(taken.filter((seconds) => seconds === 0)).toHaveLength(6);
  });

  it('are each sent once although a worker is killed; exactly the dead tokens go, what was put off comes later', async () => {
    const people = Array.from({ length: 300 }, () => newId());
    const dead = (n: number) => n % 100 < 7;
    const replyTo = ({ token }: FcmMessage, time: number) => {
      const n = Number(token.slice(-5)) % 100;
      if (n < 7) return fcmFault(404, 'NOT_FOUND', 'UNREGISTERED');
      if (n < 10 && time === 1) return fcmFault(503, 'UNAVAILABLE', 'UNAVAILABLE', '20');
      if (n === 10 && time === 1) return fcmFault(429, 'RESOURCE_EXHAUSTED', 'QUOTA_EXCEEDED', '30');
      return n === 11 ? fcmFault(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT') : null;
    };
    fcm.reply = replyTo;
    for (const [n, userId] of people.entries()) await put(userId, device(n));
    await notify(people);
    const all = await batches();
    expect(all.map(({ length }) => length)).toEqual(Array.from({ length: 12 }, () => 25));

    const child = spawn(process.execPath, [WORKER, tenant, JSON.stringify(all)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        LOG_LEVEL: 'error',
        DATABASE_URL: app.database.appUrl,
        MAINSTAY_OWNER_DATABASE_URL: app.database.ownerUrl,
        MAINSTAY_DATA_DIR: path.join(CACHE, 'test-data'),
        FCM_SERVICE_ACCOUNT: fcm.serviceAccount,
        FCM_API_BASE: fcm.url,
      },
    });
    let seen = 0;
    fcm.onMessage = () => void (++seen === 38 && child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const signal = await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)));
    expect([signal, output]).toEqual(['SIGKILL', '']);
    fcm.onMessage = () => undefined;
    const taken = (await rows()).filter(({ tries }) => tries.some(({ state }) => state === 'started'));
    expect(taken.length).toBeGreaterThan(0);

    await deliverAll(all);
    const after = await rows();
    expect([...fcm.accepted.values()].every((times) => times === 1)).toBe(true);
    const { rows: left } = await sql.query<{ id: string }>(
      `select id from notifications.push_tokens where tenant_id = $1`,
      [tenant],
    );
    expect(left).toHaveLength(people.filter((_, n) => !dead(n)).length);
    const states = (state: string) => after.filter((row) => row.state === state).length;
    expect(states('sent') + states('dead') + states('unknown')).toBe(300);
    // What the killed worker had on its way is known not to be known; all else is sent, or refused for good.
    expect(states('unknown')).toBeLessThanOrEqual(taken.length);
    expect(states('dead')).toBeGreaterThanOrEqual(21);
    expect(fcm.accepted.size).toBeGreaterThanOrEqual(states('sent'));
    expect(fcm.accepted.size).toBeLessThanOrEqual(states('sent') + states('unknown'));
    for (const row of after.filter(({ tries }) => tries[0]?.state === 'later')) expect(row.state).toBe('sent');
  });
});
