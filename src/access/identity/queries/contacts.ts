import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { ContactsOfUsersQuery, PhoneOfUserQuery, type Contact } from '../contracts/contacts';
import { FactorSeal } from '../data/factor-seal';

@QueryHandler(ContactsOfUsersQuery)
export class ContactsOfUsersHandler implements IQueryHandler<ContactsOfUsersQuery> {
  constructor(private readonly database: Database) {}

  execute({ userIds }: ContactsOfUsersQuery): Promise<Contact[]> {
    if (userIds.length === 0) return Promise.resolve([]);
    return this.database.read<Contact>(
      `select id as "userId", name, case when status = 'active' and email_verified_at is not null then email end as email,
         status = 'active' and exists (
           select 1 from identity.factors where user_id = users.id and method = 'sms' and state = 'active') as "hasPhone",
         locale, time_zone as "timeZone"
       from identity.users where id = any($1::uuid[]) order by id`,
      [userIds],
    );
  }
}

@QueryHandler(PhoneOfUserQuery)
export class PhoneOfUserHandler implements IQueryHandler<PhoneOfUserQuery> {
  constructor(
    private readonly database: Database,
    private readonly seal: FactorSeal,
  ) {}

  async execute({ userId }: PhoneOfUserQuery): Promise<string | null> {
    const [factor] = await this.database.readPlatform<{ id: string; sealed: string }>(
      `select f.id, f.secret_enc as sealed from identity.factors f join identity.users u on u.id = f.user_id
       where f.user_id = $1 and f.method = 'sms' and f.state = 'active' and u.status = 'active'
       order by f.confirmed_at desc limit 1`,
      [userId],
    );
    return factor ? this.seal.open(factor.id, factor.sealed) : null;
  }
}
