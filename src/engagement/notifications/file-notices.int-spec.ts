import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { RecordedRealtimeModule, SENT } from '../../../test/support/realtime';
import { ContactsOfUsersQuery, type Contact } from '../../access/identity/contracts/contacts';
import { FindUsersQuery, type UserFacts } from '../../access/identity/contracts/find-users';
import { MembersByRoleQuery, type MemberFacts } from '../../access/organizations/contracts/members-by-role';
import { clock } from '../../kernel/clock/clock';
import { UnitOfWork } from '../../kernel/database/unit-of-work';
import { ListQuery } from '../../kernel/http/pagination';
import { newId } from '../../kernel/ids/ids';
import { DeliveryWorker } from '../../kernel/messaging/delivery-worker';
import { JobQueue } from '../../kernel/messaging/job-queue';
import { FileInfected } from '../files/contracts/file-events';
import { DeliverMessageCommand } from './commands/deliver-message';
import { PreferenceRepository } from './data/preference.repository';
import { NO_PREFERENCES } from './domain/preferences';
import { NotificationsModule } from './notifications.module';
import { InboxQuery } from './queries/inbox';
import { HeldJobs } from '../../../test/support/held-jobs';
import { NoBrand } from '../../../test/support/brands';

const [OWNER, CLERK, SHOPPER] = [newId(), newId(), newId()];

@QueryHandler(ContactsOfUsersQuery)
class Contacts implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const more = { name: 'Ada', hasPhone: false, locale: null, timeZone: 'UTC' };
    return userIds.map((userId) => ({ ...more, userId, email: `${userId}@example.org` }));
  }
}
@QueryHandler(FindUsersQuery)
class Users implements IQueryHandler<FindUsersQuery> {
  async execute({ request: { ids } }: FindUsersQuery): Promise<UserFacts[]> {
    const more = { name: 'Cleo', emailVerified: true, active: true };
    return ids.map((id) => ({ ...more, id, email: `${id}@example.org` }));
  }
}
@QueryHandler(MembersByRoleQuery)
class Staff implements IQueryHandler<MembersByRoleQuery> {
  async execute(): Promise<MemberFacts[]> {
    return [
      { userId: OWNER, role: 'owner' },
      { userId: CLERK, role: 'staff' },
    ];
  }
}
const held = new HeldJobs();
@Global()
@Module({
  providers: [{ provide: JobQueue, useValue: held }, Contacts, Users, Staff, NoBrand],
  exports: [JobQueue],
})
class Surroundings {}

describe('a virus in a file', () => {
  let app: TestApp;
  let sql: Client;
  const tenant = newId();

  beforeAll(async () => {
    app = await testApp([Surroundings, RecordedRealtimeModule, NotificationsModule], {
      database: await testDatabase({ fresh: true, label: 'file_notices' }),
      env: { LOG_LEVEL: 'warn' },
    });
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  afterEach(() => clock.setOffset(0));

  const within = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work);
  const found = (fileId: string, uploadedBy: string | null) =>
    within(() =>
      app.get(UnitOfWork).run(async (tx) =>
        tx.record(
          new FileInfected(fileId, {
            fileId,
            name: 'invoice.zip',
            mediaType: 'application/zip',
            sizeBytes: 68,
            uploadedBy,
            signature: 'Eicar',
          }),
        ),
      ),
    );
  const work = async (): Promise<void> => {
    await app.get(DeliveryWorker).drain();
    for (const { data } of held.jobs.splice(0)) {
      const { messageId } = data.payload as { messageId: string };
      if (messageId) await within(() => app.get(CommandBus).execute(new DeliverMessageCommand(messageId, false)));
    }
  };
  const inbox = async (userId: string) =>
    (await within(() => app.get(QueryBus).execute(new InboxQuery(userId, new ListQuery())))).data;
  const letters = async (userId: string): Promise<string[]> => {
    const { rows } = await sql.query<{ text_body: string }>(
      'select text_body from notifications.dev_mailbox where tenant_id = $1 and recipient = $2 order by sent_at',
      [tenant, `${userId}@example.org`],
    );
    return rows.map(({ text_body }) => text_body);
  };

  it('is told to whoever uploaded it and to the staff, once, by the channels that each wants', async () => {
    await within(() =>
      app.get(UnitOfWork).run(async (tx) => {
        const preferences = app.get(PreferenceRepository);
        await preferences.lockPerson(tx, CLERK);
        preferences.savePerson(tx, CLERK, { ...NO_PREFERENCES, categories: { files: { email: false } } });
      }),
    );
    const fileId = newId();
    SENT.length = 0;
    await found(fileId, SHOPPER);
    await found(fileId, SHOPPER);
    await work();
    for (const userId of [OWNER, CLERK, SHOPPER])
      expect(await inbox(userId)).toMatchObject([
        { category: 'files', title: 'A virus was found in invoice.zip', about: { fileId } },
      ]);
    expect(SENT.filter(({ event }) => event === 'notification.created').map(({ payload }) => payload)).toMatchObject(
      Array.from({ length: 3 }, () => ({ category: 'files', about: { fileId } })),
    );
    expect((await letters(SHOPPER))[0]).toMatch(/You uploaded it to .*scan it/s);
    expect(await letters(OWNER)).toMatchObject([expect.stringContaining('Cleo uploaded it.')]);
    expect([(await letters(SHOPPER)).length, await letters(CLERK)]).toEqual([1, []]);
  });

  it('is told to staff once that uploaded it, and to staff alone where nobody did', async () => {
    const before = (await inbox(CLERK)).length;
    await found(newId(), OWNER);
    await found(newId(), null);
    await work();
    expect([(await inbox(CLERK)).length - before, (await inbox(SHOPPER)).length]).toEqual([2, 1]);
    expect((await letters(OWNER)).map((text) => /You uploaded it/.test(text))).toEqual([false, true, false]);
  });

  it('is told to staff once an hour of whoever sends one after another', async () => {
    const sender = newId();
    // Hours are those of the clock: none ends meanwhile.
    clock.setOffset(3_600 - ((clock.nowMs() / 1_000) % 3_600));
    const before = (await inbox(CLERK)).length;
    for (let i = 0; i < 5; i++) await found(newId(), sender);
    await work();
    expect([(await inbox(CLERK)).length - before, (await inbox(sender)).length]).toEqual([1, 5]);
    clock.setOffset(clock.offsetSeconds + 3_601);
    await found(newId(), sender);
    await work();
    expect((await inbox(CLERK)).length - before).toBe(2);
  });
});
