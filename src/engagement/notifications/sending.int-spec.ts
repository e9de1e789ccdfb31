import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { eventually } from '../../../test/support/eventually';
import { RecordedRealtimeModule } from '../../../test/support/realtime';
import { describeWithRedis, startRedis } from '../../../test/support/redis';
import { ContactsOfUsersQuery, type Contact } from '../../access/identity/contracts/contacts';
import { clock } from '../../kernel/clock/clock';
import { Database } from '../../kernel/database/database';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { JobQueue } from '../../kernel/messaging/job-queue';
import { JobRunner } from '../../kernel/messaging/job-runner';
import { Queues } from '../../kernel/messaging/queues';
import { NotYet } from '../../kernel/messaging/reaction';
import { QueuesModule } from '../../kernel/messaging/queues.module';
import { DeliverMessageCommand } from './commands/deliver-message';
import { NotifyCommand } from './contracts/notify';
import { SendMessageCommand } from './contracts/send-message';
import type { DeliveryJob } from './jobs/send-mail';
import { NotificationsModule } from './notifications.module';
import { HeldJobs } from '../../../test/support/held-jobs';
import { NoBrand } from '../../../test/support/brands';

@QueryHandler(ContactsOfUsersQuery)
class Everybody implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const more = { name: 'Ada', hasPhone: false, locale: null, timeZone: 'UTC' };
    return userIds.map((userId) => ({ userId, email: `${userId}@example.org`, ...more }));
  }
}
@Global()
@Module({ providers: [Everybody, NoBrand] })
class Surroundings {}

const held = new HeldJobs();
@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }], exports: [JobQueue] })
class HeldQueue {}

/** SendGrid's API that takes its time for each mail (milliseconds), and notes to whom they go. */
async function slowProvider(latencyMs: number) {
  const taken: { to: string; subject: string; at: Date }[] = [];
  const replies: { status: number; headers: Record<string, string> }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const reply = replies[0];
      if (reply) return void response.writeHead(reply.status, reply.headers).end();
      const { personalizations, subject } = JSON.parse(text) as {
        personalizations: { to: { email: string }[] }[];
        subject: string;
      };
      taken.push({ to: personalizations[0].to[0].email, subject, at: clock.now() });
      setTimeout(() => response.writeHead(202, { 'x-message-id': newId() }).end(), latencyMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url, taken, replies, close };
}

/** Everything that both descriptions ask for, of a tenant of their own. */
function desk(app: () => TestApp) {
  const tenant = newId();
  const within = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const notice = (people: number) =>
    within(() =>
      app()
        .get(CommandBus)
        .execute(
          new NotifyCommand({
            userIds: Array.from({ length: people }, () => newId()),
            category: 'campaigns',
            template: 'notice',
            data: { title: 'Autumn sale', body: 'A fifth off.' },
            channels: ['email'],
          }),
        ),
    );
  const reset = (to: string) =>
    within(() =>
      app()
        .get(CommandBus)
        .execute(
          new SendMessageCommand({
            to,
            template: 'reset-password',
            data: { name: 'Ben', token: 't' },
            dedupeKey: newId(),
          }),
        ),
    );
  const states = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (
        await app()
          .get(Database)
          .readAs<{ state: string; n: number }>(
            tenant,
            'select state, count(*)::int as n from notifications.messages where tenant_id = $1 group by state',
            [tenant],
          )
      ).map(({ state, n }) => [state, n]),
    );
  return { tenant, within, notice, reset, states };
}

function passes(start: () => Promise<{ env: Record<string, string>; stop: () => Promise<void> }>): void {
  let store: Awaited<ReturnType<typeof start>>;
  let app: TestApp;
  let provider: Awaited<ReturnType<typeof slowProvider>>;
  const { notice, reset } = desk(() => app);

  beforeAll(async () => {
    provider = await slowProvider(30);
    store = await start();
    app = await testApp([Surroundings, RecordedRealtimeModule, QueuesModule, NotificationsModule], {
      database: await testDatabase({ fresh: true, label: 'sending' }),
      env: {
        ...store.env,
        LOG_LEVEL: 'silent',
        SENDGRID_API_KEY: 'SG.0123456789abcdef',
        SENDGRID_API_BASE: provider.url,
      },
    });
    app.get(DeliveryWorker).start();
    await app.get(JobRunner).start();
  }, 120_000);
  afterAll(async () => {
    await app?.get(DeliveryWorker).stop();
    await app?.close();
    await provider?.close();
    await store?.stop();
  });

  it('lets a letter that somebody waits for pass by a campaign of 500 mails', async () => {
    await notice(500);
    await eventually(() => provider.taken.length >= 20);
    expect((await app.get(Queues).counts()).mail.waiting).toBeGreaterThan(0);
    await reset('ben@example.org');
    const before = provider.taken.length;
    await eventually(() => provider.taken.some(({ to }) => to === 'ben@example.org'));
    const place = provider.taken.findIndex(({ to }) => to === 'ben@example.org');
    // Of the 480 that are left only those that were on their way when it was asked for.
    expect(place - before).toBeLessThan(60);
    expect(new Set(provider.taken.map(({ to }) => to)).size).toBe(provider.taken.length);
  }, 60_000);
}

describe('mail on its way, by workers over PostgreSQL', () => {
  passes(() => Promise.resolve({ env: {}, stop: () => Promise.resolve() }));
});

describeWithRedis('mail on its way, by workers over Redis', () => {
  passes(async () => {
    const redis = await startRedis();
    return { env: { REDIS_URL: redis.url }, stop: () => redis.stop() };
  });
});

describe('mail by a quota', () => {
  let app: TestApp;
  let provider: Awaited<ReturnType<typeof slowProvider>>;
  const { within, notice, reset, states } = desk(() => app);

  beforeAll(async () => {
    provider = await slowProvider(0);
    app = await testApp([Surroundings, HeldQueue, RecordedRealtimeModule, NotificationsModule], {
      database: await testDatabase({ fresh: true, label: 'quota' }),
      env: {
        LOG_LEVEL: 'silent',
        SENDGRID_API_KEY: 'SG.0123456789abcdef',
        SENDGRID_API_BASE: provider.url,
        MAIL_MESSAGES_PER_MINUTE: '30',
      },
    });
  }, 120_000);
  afterAll(async () => {
    await app?.close();
    await provider?.close();
  });
  afterEach(() => clock.setOffset(0));

  /** Runs every job that is due, as workers would. @returns how many there were */
  const work = async (): Promise<number> => {
    await app.get(DeliveryWorker).drain();
    const jobs = held.jobs.splice(0);
    for (const { data } of jobs) {
      const { messageId, permitted } = data.payload as DeliveryJob;
      await within(() => app.get(CommandBus).execute(new DeliverMessageCommand(messageId, false, permitted))).catch(
        // One that had ended is run again here, since nobody takes it off; its message waits for another one.
        (error: unknown) => expect(error).toBeInstanceOf(NotYet),
      );
    }
    return jobs.length;
  };

  it('goes out as fast as it allows, each asked about at most twice; what is critical does not wait', async () => {
    await notice(100);
    let jobs = await work();
    expect(provider.taken).toHaveLength(5);
    expect(await states()).toEqual({ sent: 5, queued: 95 });
    await reset('ben@example.org');
    jobs += await work();
    expect(provider.taken.map(({ to }) => to)).toContain('ben@example.org');
    for (let second = 2; provider.taken.length < 101 && second < 600; second += 2) {
      clock.setOffset(second);
      jobs += await work();
    }
    expect(await states()).toEqual({ sent: 101 });
    expect(jobs).toBeLessThanOrEqual(2 * 101);
    const times = provider.taken.filter(({ to }) => to !== 'ben@example.org').map(({ at }) => at.getTime());
    const inAnyMinute = times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length);
    expect(Math.max(...inAnyMinute)).toBeLessThanOrEqual(30);
    expect(times.at(-1)! - times[0]).toBeLessThan(300_000);
  }, 60_000);

  it('is given up after two days in which its provider always wanted it later', async () => {
    provider.replies.push({ status: 429, headers: { 'retry-after': '28800' } });
    clock.setOffset(3_600);
    await notice(1);
    let asked = 0;
    for (let hour = 1; hour < 80; hour += 4) {
      clock.setOffset(hour * 3_600 + 60);
      asked += await work();
      if ((await states()).dead === 1) break;
      expect(hour).toBeLessThan(52);
    }
    expect(await states()).toMatchObject({ dead: 1 });
    expect(asked).toBeGreaterThan(5);
    provider.replies.length = 0;
  }, 60_000);
});
