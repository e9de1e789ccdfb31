import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, searchable, tenantTable } from '../src/kernel/database/migration-kit';

/** A shop's customers and their addresses. */
export class CustomersCreate1764000400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'customers');
    await tenantTable(
      runner,
      'customers.customers',
      `email text, email_key text collate "C", name text not null check (length(name) between 1 and 200), name_key text collate "C" not null,
       company text, title text, phone text, user_id uuid, external_ref text collate "C", search_text text not null,
       version int not null, created_at timestamptz not null, updated_at timestamptz not null,
       constraint customers_email unique (tenant_id, email_key),
       constraint customers_user unique (tenant_id, user_id),
       constraint customers_external_ref unique (tenant_id, external_ref),
       check ((email is null) = (email_key is null))`,
    );
    await runner.query(`create index customers_by_name on customers.customers (tenant_id, name_key, id)`);
    await runner.query(`create index customers_by_age on customers.customers (tenant_id, created_at, id)`);
    await runner.query(
      `create index customers_letters on customers.customers using gin (tenant_id, search_text gin_trgm_ops)`,
    );

    await tenantTable(
      runner,
      'customers.addresses',
      `customer_id uuid not null, position int not null, name text, line1 text not null, line2 text, city text not null, region text,
       postal_code text, country char(2), phone text,
       constraint addresses_position unique (tenant_id, customer_id, position),
       constraint addresses_customer foreign key (tenant_id, customer_id) references customers.customers (tenant_id, id) on delete cascade`,
    );
    const personal: Record<string, string[]> = {
      'customers.customers': ['email', 'email_key', 'name', 'name_key', 'company', 'title', 'phone', 'search_text'],
      'customers.addresses': ['name', 'line1', 'line2', 'city', 'region', 'postal_code', 'phone'],
    };
    const kinds: Record<string, string> = { email: 'email', email_key: 'email', phone: 'phone', search_text: 'text' };
    for (const [table, columns] of Object.entries(personal)) {
      for (const column of columns) {
        const kind = kinds[column] ?? (table.endsWith('addresses') && column !== 'name' ? 'address' : 'name');
        await runner.query(`comment on column ${table}.${column} is 'pii:${kind}'`);
      }
    }
    await this.search(runner);
  }

  /** LIKE is not leakproof and finds no index beneath the tenant policy: the search binds the tenant itself. */
  private async search(runner: QueryRunner): Promise<void> {
    await searchable(runner, 'customers.customers');
    await runner.query(`grant usage on schema kernel to mainstay_search`);
    await runner.query(`create function customers.search_customers(phrase text, most int)
      returns table (id uuid) language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
        select c.id from customers.customers c
        where c.tenant_id = (select kernel.tenant_id()) and c.search_text like '%' || phrase || '%'
        order by c.name_key, c.id limit most
      $$`);
    await runner.query(`revoke execute on function customers.search_customers(text, int) from public`);
    await runner.query(`grant execute on function customers.search_customers(text, int) to mainstay_app`);
    await runner.query(`grant create on schema customers to mainstay_search`);
    await runner.query(`alter function customers.search_customers(text, int) owner to mainstay_search`);
    await runner.query(`revoke create on schema customers from mainstay_search`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema customers cascade`);
  }
}
