import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, QueryHandler, type Command, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { ContactsOfUsersQuery, type Contact } from '../../src/access/identity/contracts/contacts';
import { BrandingQuery } from '../../src/access/organizations/contracts/branding';
import { DeliverMessageCommand } from '../../src/engagement/notifications/commands/deliver-message';
import { NotifyCommand, type NotifyRequest } from '../../src/engagement/notifications/contracts/notify';
import { PreferenceRepository } from '../../src/engagement/notifications/data/preference.repository';
import { DEFAULT_POLICY } from '../../src/engagement/notifications/domain/preferences';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { loadConfig } from '../../src/kernel/config/config';
import { runInContext } from '../../src/kernel/context/request-context';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import type { EmbeddedPostgres } from '../../src/kernel/database/embedded-postgres';
import { newId } from '../../src/kernel/ids/ids';
import { KernelModule } from '../../src/kernel/kernel.module';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { JobQueue, type HandedJob } from '../../src/kernel/messaging/job-queue';
import type { QueueName } from '../../src/kernel/messaging/reaction';
import { RealtimeModule } from '../../src/kernel/realtime/realtime.module';
import { productEnv } from '../environment';
import type { Measure } from '../report';

const ZONES = [
  'Pacific/Honolulu America/Anchorage America/Los_Angeles America/Denver America/Chicago America/New_York',
  'America/Halifax America/St_Johns America/Sao_Paulo Atlantic/Azores Europe/Lisbon Europe/Berlin Europe/Athens',
  'Africa/Cairo Asia/Beirut Asia/Dubai Asia/Kathmandu Asia/Kolkata Asia/Tokyo Australia/Adelaide Australia/Sydney',
  'Australia/Lord_Howe Pacific/Auckland Pacific/Chatham',
]
  .join(' ')
  .split(' ');
/** Days on which clocks change: in Europe, in North America, in Australia and New Zealand, there and back. */
const CHANGES = ['2027-03-28', '2027-10-31', '2027-03-14', '2027-11-07', '2027-04-04', '2027-10-03', '2027-09-26'];

@QueryHandler(ContactsOfUsersQuery)
class Contacts implements IQueryHandler<ContactsOfUsersQuery> {
  static readonly zones = new Map<string, string>();

  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const more = { name: 'Ada', hasPhone: false, locale: null };
    return userIds.map((userId) => ({
      userId,
      email: `${userId}@example.org`,
      timeZone: Contacts.zones.get(userId) ?? null,
      ...more,
    }));
  }
}
@QueryHandler(BrandingQuery)
class NoBrand implements IQueryHandler<BrandingQuery> {
  async execute(): Promise<null> {
    return null;
  }
}
/** Jobs wait until the clock stands where it shall. */
class HeldJobs extends JobQueue {
  jobs: HandedJob[] = [];
  async addBulk(_queue: QueueName, jobs: HandedJob[]): Promise<void> {
    this.jobs.push(...jobs);
  }
}
const held = new HeldJobs();
@Global()
@Module({ providers: [{ provide: JobQueue, useValue: held }, Contacts, NoBrand], exports: [JobQueue] })
class Surroundings {}

interface Letter {
  recipient: string;
  subject: string;
  sent_at: Date;
}

/** An organization with a person in each zone, whose time is moved. */
class Desk {
  readonly tenantId = newId();
  readonly people = ZONES.map((zone) => ({ id: newId(), zone }));

  constructor(
    private readonly app: INestApplicationContext,
    private readonly sql: Client,
  ) {
    for (const { id, zone } of this.people) Contacts.zones.set(id, zone);
  }

  private within<T>(work: () => Promise<T>): Promise<T> {
    return runInContext({ tenantId: this.tenantId, principal: SYSTEM, requestId: newId() }, work);
  }

  private command<T>(command: Command<T>): Promise<T> {
    return this.within(() => this.app.get(CommandBus, { strict: false }).execute(command));
  }

  notify(title: string, more: Partial<NotifyRequest>): Promise<unknown> {
    const request = { category: 'general', template: 'notice', channels: ['email' as const] };
    const userIds = this.people.map(({ id }) => id);
    return this.command(
      new NotifyCommand({ ...request, userIds, data: { title, body: '' }, dedupeKey: title, ...more }),
    );
  }

  quietAtNight(): Promise<void> {
    const repository = this.app.get(PreferenceRepository, { strict: false });
    return this.within(() =>
      this.app.get(UnitOfWork, { strict: false }).run(async (tx) => {
        await repository.lockPolicy(tx);
        repository.savePolicy(tx, { ...DEFAULT_POLICY, quietHours: { from: '22:00', to: '07:00' } });
      }),
    );
  }

  /** Goes through the moments just before and just after something is due; every job runs twice, as after a worker’s death. */
  async goOn(): Promise<void> {
    const { rows } = await this.sql.query<{ due: Date }>(
      'select distinct due_at as due from notifications.messages where tenant_id = $1 order by 1',
      [this.tenantId],
    );
    for (const { due } of rows)
      for (const after of [-2_000, 1_000]) {
        passTo(new Date(due.getTime() + after));
        await this.app.get(DeliveryWorker, { strict: false }).drain();
        for (const { data } of held.jobs.splice(0)) {
          if (data.tenantId !== this.tenantId) continue;
          const { messageId } = data.payload as { messageId: string };
          for (let twice = 0; twice < 2; twice++) await this.command(new DeliverMessageCommand(messageId, false));
        }
      }
  }

  /** What each person got, by the clock of the person. */
  async got(): Promise<{ zone: string; letters: string[] }[]> {
    const { rows } = await this.sql.query<Letter>(
      'select recipient, subject, sent_at from notifications.dev_mailbox where tenant_id = $1 order by sent_at, subject',
      [this.tenantId],
    );
    return this.people.map(({ id, zone }) => ({
      zone,
      letters: rows
        .filter(({ recipient }) => recipient === `${id}@example.org`)
        .map(({ subject, sent_at }) => `${subject} ${shown(sent_at, zone)}`),
    }));
  }
}

const shown = (at: Date, zone: string): string =>
  at.toLocaleString('sv', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
const passTo = (moment: Date): void =>
  clock.setOffset(clock.offsetSeconds + (moment.getTime() - clock.nowMs()) / 1_000);

/**
 * Mail to people in 24 zones around the days on which clocks change: asked for 08:00 on each one's own clock, and asked for at night
 * where nights are quiet.
 */
export async function localTimes(postgres: EmbeddedPostgres, quick: boolean): Promise<Measure[]> {
  const config = loadConfig({ ...productEnv(postgres), MAINSTAY_ROLES: 'api', LOG_LEVEL: 'error' });
  const superuser = new URL(postgres.superuserUrl);
  superuser.pathname = new URL(postgres.appUrl).pathname;
  const sql = new Client({ connectionString: superuser.href });
  await sql.connect();
  const app = await NestFactory.createApplicationContext(
    {
      module: class BenchLocalTimesModule {},
      imports: [KernelModule.register(config), Surroundings, RealtimeModule, NotificationsModule],
    },
    { logger: false, abortOnError: false },
  );
  try {
    const days = quick ? CHANGES.slice(0, 2) : CHANGES;
    let [morning, night] = [0, 0];
    for (const day of days) {
      const asked = new Desk(app, sql);
      passTo(new Date(Date.parse(`${day}T00:00:00Z`) - 20 * 3_600_000));
      await asked.notify('News', { localTime: `${day}T08:00` });
      await asked.goOn();
      for (const { letters } of await asked.got()) if (letters.join() === `News ${day} 08:00`) morning += 1;

      const quiet = new Desk(app, sql);
      const at = new Date(`${day}T01:30:00Z`);
      passTo(at);
      await quiet.quietAtNight();
      await quiet.notify('News', {});
      await quiet.notify('Fire', { critical: true });
      await quiet.goOn();
      for (const { zone, letters } of await quiet.got()) {
        const clockThere = shown(at, zone).slice(11);
        const isNight = clockThere >= '22:00' || clockThere < '07:00';
        const wanted = [`Fire ${clockThere}`, `News ${isNight ? '07:00' : clockThere}`];
        const found = letters.map((letter) => letter.replace(/ \d{4}-\d\d-\d\d/, '')).sort();
        if (found.join() === wanted.join()) night += 1;
      }
    }
    const all = days.length * ZONES.length;
    const of = `of ${all}`;
    const about = `${ZONES.length} zones on ${days.length} days on which clocks change, every job run twice`;
    return [
      {
        scenario: 'notifications: asked for 08:00 on each one’s own clock, come once at that minute',
        unit: of,
        value: morning,
        aim: 'all',
        met: morning === all,
        note: about,
      },
      {
        scenario: 'notifications: asked for at night, come once at 07:00, and what is critical at once',
        unit: of,
        value: night,
        aim: 'all',
        met: night === all,
        note: about,
      },
    ];
  } finally {
    clock.setOffset(0);
    await app.close();
    await sql.end();
  }
}
