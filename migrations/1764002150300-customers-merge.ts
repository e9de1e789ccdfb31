import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Customers that turned out to be one person: what they are recognised by, what a merge leaves, evidence of consents. */
export class CustomersMerge1764002150300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table customers.customers add column merged_into uuid, add column merged_at timestamptz,
         add constraint customers_merged_into foreign key (tenant_id, merged_into) references customers.customers (tenant_id, id),
         add check (merged_into <> id), add check ((merged_into is null) = (merged_at is null))`,
    );
    await runner.query(
      `create index customers_merged on customers.customers (tenant_id, merged_into) where merged_into is not null`,
    );
    // What a merged customer was found by leads to the one that stayed.
    await tenantTable(
      runner,
      'customers.former_keys',
      `kind text collate "C" not null check (kind in ('email', 'reference')), key text collate "C" not null, customer_id uuid not null,
       constraint former_keys_once unique (tenant_id, kind, key),
       constraint former_keys_customer foreign key (tenant_id, customer_id) references customers.customers (tenant_id, id) on delete cascade`,
    );
    await runner.query(`comment on column customers.former_keys.key is 'pii:email'`);
    await runner.query(`create index former_keys_of on customers.former_keys (tenant_id, customer_id)`);
    await runner.query(
      `alter table customers.consents add column text_version text check (length(text_version) between 1 and 60), add column ip text,
         add column copied_from uuid`,
    );
    await runner.query(`comment on column customers.consents.ip is 'pii:ip'`);
    await this.matchKeys(runner);
  }

  /** Customers that share one of these may be one: a plain mail address, a phone number, a name at an address. */
  private async matchKeys(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'customers.match_keys',
      `customer_id uuid not null, kind text collate "C" not null check (kind in ('email', 'phone', 'name_address')), key text collate "C" not null,
       constraint match_keys_once unique (tenant_id, kind, key, customer_id),
       constraint match_keys_customer foreign key (tenant_id, customer_id) references customers.customers (tenant_id, id) on delete cascade`,
    );
    await runner.query(`comment on column customers.match_keys.key is 'pii:text'`);
    await runner.query(`create index match_keys_of on customers.match_keys (tenant_id, customer_id)`);
    // Mail for ann+shop@ comes to ann@; Google ignores dots and has two names.
    await runner.query(`create function customers.plain_email(email text) returns text language sql immutable parallel safe as $$
      select case when d.domain in ('gmail.com', 'googlemail.com') then replace(l.local, '.', '') || '@gmail.com' else l.local || '@' || d.domain end
      from (select split_part(split_part(email, '@', 1), '+', 1) as local) l, (select split_part(email, '@', 2) as domain) d
    $$`);
    await runner.query(`create function customers.match_keys_of(tenant uuid, customers uuid[])
      returns table (customer_id uuid, kind text, key text) language sql stable as $$
        with c as (
          select c.id, c.email_key, c.name_key, c.phone from customers.customers c
          where c.tenant_id = match_keys_of.tenant and c.id = any(match_keys_of.customers) and c.merged_into is null
        ), a as (
          select a.customer_id as id, a.line1, a.postal_code, a.phone from customers.addresses a
          where a.tenant_id = match_keys_of.tenant and a.customer_id = any(match_keys_of.customers)
        )
        select c.id, 'email', customers.plain_email(c.email_key) from c where c.email_key is not null
        union
        select p.id, 'phone', right(p.digits, 9) from (
          select id, regexp_replace(phone, '[^0-9]', '', 'g') as digits from c
          union all select id, regexp_replace(phone, '[^0-9]', '', 'g') from a
        ) p where length(p.digits) >= 7
        union
        select c.id, 'name_address', c.name_key || '|' || n.postal || '|' || regexp_replace(a.line1, '[^0-9]', '', 'g')
        from c join a on a.id = c.id, lateral (select regexp_replace(lower(coalesce(a.postal_code, '')), '[^a-z0-9]', '', 'g') as postal) n
        where n.postal <> '' and c.name_key <> ''
      $$`);
    await runner.query(`do $$
      declare tenant uuid;
      begin
        for tenant in select distinct tenant_id from customers.customers loop
          perform set_config('app.tenant_id', tenant::text, true);
          insert into customers.match_keys (tenant_id, id, customer_id, kind, key)
          select tenant, gen_random_uuid(), k.* from customers.match_keys_of(tenant, array(
            select id from customers.customers where tenant_id = tenant)) k;
        end loop;
        perform set_config('app.tenant_id', '', true);
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function customers.match_keys_of(uuid, uuid[])`);
    await runner.query(`drop function customers.plain_email(text)`);
    await runner.query(`drop table customers.match_keys, customers.former_keys`);
    await runner.query(
      `alter table customers.consents drop column text_version, drop column ip, drop column copied_from`,
    );
    await runner.query(`alter table customers.customers drop column merged_into, drop column merged_at`);
  }
}
