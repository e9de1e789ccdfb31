import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Offers to a customer, which become an order once when they are accepted; numbers in a series of their own. */
export class OrdersQuotes1764002470200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(runner, 'orders.quote_counters', `last bigint not null`);
    await tenantTable(
      runner,
      'orders.quotes',
      `number text not null, status text not null check (status in ('draft', 'sent', 'accepted', 'declined', 'expired', 'withdrawn')),
       email text not null, shipping_address jsonb not null, currency text not null check (currency ~ '^[A-Z]{3}$'),
       total bigint not null check (total >= 0), content jsonb not null, note text,
       valid_days int not null check (valid_days between 1 and 365), valid_until timestamptz, token_hash bytea, order_id uuid,
       decline_reason text, created_at timestamptz not null, sent_at timestamptz, decided_at timestamptz, version int not null default 1,
       unique (tenant_id, number), unique (tenant_id, token_hash), unique (tenant_id, order_id),
       constraint quotes_accepted check ((status = 'accepted') = (order_id is not null)),
       constraint quotes_sent check (status = 'draft' or status = 'withdrawn' or (valid_until is not null and sent_at is not null)),
       foreign key (tenant_id, order_id) references orders.orders (tenant_id, id)`,
    );
    for (const [column, tag] of [
      ['email', 'pii:email'],
      ['shipping_address', 'pii:address'],
      ['note', 'pii:text'],
      ['decline_reason', 'pii:text'],
      ['token_hash', 'secret'],
    ])
      await runner.query(`comment on column orders.quotes.${column} is '${tag}'`);
    await runner.query(`create index quotes_created on orders.quotes (tenant_id, created_at, id)`);
    await runner.query(`create index quotes_status on orders.quotes (tenant_id, status, created_at, id)`);
    await runner.query(`create function orders.quote_edge_allowed(source text, target text) returns boolean
      language sql immutable parallel safe as $$ select source = target or (source, target) in (
        ('draft', 'sent'), ('draft', 'withdrawn'), ('sent', 'accepted'), ('sent', 'declined'), ('sent', 'expired'),
        ('sent', 'withdrawn')) $$`);
    await runner.query(`create function orders.guard_quote() returns trigger language plpgsql as $$
      begin
        if not orders.quote_edge_allowed(old.status, new.status) then
          raise exception 'a quote cannot go from % to %', old.status, new.status
            using errcode = '23514', constraint = 'quotes_edge';
        end if;
        return null;
      end $$`);
    await runner.query(`create trigger guard after update on orders.quotes for each row
      when (old.status is distinct from new.status) execute function orders.guard_quote()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table orders.quotes, orders.quote_counters`);
    await runner.query(`drop function orders.guard_quote(), orders.quote_edge_allowed(text, text)`);
  }
}
