import { Global, Module } from '@nestjs/common';
import { CommandBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { ContactsOfUsersQuery, type Contact } from '../../src/access/identity/contracts/contacts';
import { NotifyCommand } from '../../src/engagement/notifications/contracts/notify';
import { NotificationRepository } from '../../src/engagement/notifications/data/notification.repository';
import { PreferenceRepository } from '../../src/engagement/notifications/data/preference.repository';
import { DEFAULT_POLICY } from '../../src/engagement/notifications/domain/preferences';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule } from '../support/realtime';
import { NoBrand } from '../support/brands';

@QueryHandler(ContactsOfUsersQuery)
class Everybody implements IQueryHandler<ContactsOfUsersQuery> {
  async execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    const more = { name: 'Ada', hasPhone: false, locale: null, timeZone: 'UTC' };
    return userIds.map((userId) => ({ ...more, userId, email: `${userId}@example.org` }));
  }
}
@Global()
@Module({ providers: [Everybody, NoBrand] })
class Surroundings {}

describe('naive: count what somebody was told, then tell', () => {
  let app: TestApp;
  let sql: Client;
  const [tenant, ada] = [newId(), newId()];

  beforeAll(async () => {
    app = await testApp([Surroundings, RecordedRealtimeModule, NotificationsModule]);
    sql = new Client({ connectionString: app.database.superuserUrl });
    await sql.connect();
    app.get(NotificationRepository).lockPeople = async () => undefined;
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });

  const notify = (title: string, dedupeKey?: string) =>
    asTenant(tenant, () =>
      app.get(CommandBus).execute(
        new NotifyCommand({
          userIds: [ada],
          category: 'general',
          template: 'notice',
          data: { title, body: '' },
          dedupeKey,
        }),
      ),
    );
  const mails = async (title: string): Promise<number> => {
    const { rows } = await sql.query<{ n: number }>(
      `select count(*)::int as n from notifications.messages m join notifications.notifications n
         on n.tenant_id = m.tenant_id and n.id = m.notification_id
       where m.tenant_id = $1 and m.channel = 'email' and m.state = 'queued' and n.title like $2`,
      [tenant, title],
    );
    return rows[0].n;
  };

  it('must not say the same twice at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 4 }, () => notify(`Same ${round}`)));
      expect(await mails(`Same ${round}`)).toBe(1);
    }
  }, 60_000);

  it('must not go beyond the cap', async () => {
    await asTenant(tenant, () =>
      app.get(UnitOfWork).run(async (tx) => {
        const preferences = app.get(PreferenceRepository);
        await preferences.lockPolicy(tx);
        preferences.savePolicy(tx, {
          ...DEFAULT_POLICY,
          categories: { general: { caps: { email: { most: 2, perHours: 1 } } } },
        });
      }),
    );
    await sql.query('delete from notifications.messages where tenant_id = $1', [tenant]);
    await sql.query('delete from notifications.notifications where tenant_id = $1', [tenant]);
    await Promise.all(Array.from({ length: 8 }, (_, n) => notify(`News ${n}`, `news/${n}`)));
    expect(await mails('News%')).toBe(2);
  }, 60_000);
});
