import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Edges of refunds as of this migration; a test compares them with the table in the code, pair by pair. */
const REFUND_EDGES: Record<string, string> = {
  requested: 'pending requires_action succeeded failed canceled',
  pending: 'requires_action succeeded failed canceled',
  requires_action: 'pending succeeded failed canceled',
  succeeded: '',
  failed: '',
  canceled: '',
};

const pairs = Object.entries(REFUND_EDGES)
  .flatMap(([from, to]) =>
    to
      .split(' ')
      .filter(Boolean)
      .map((one) => `'${from}>${one}'`),
  )
  .join(', ');

/** Refunds are a resource of their own: by line, with the tax and the freight in them, and what becomes of the goods. */
export class PaymentsRefunds1764002650000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.refunds
      add note text,
      add actor_id uuid,
      add shipping bigint not null default 0 check (shipping >= 0),
      add shipping_tax bigint not null default 0 check (shipping_tax between 0 and shipping),
      add settled_at timestamptz`);
    await runner.query(`comment on column payments.refunds.note is 'pii:text'`);
    await runner.query(
      `update payments.refunds set settled_at = updated_at where state in ('succeeded', 'failed', 'canceled')`,
    );
    await runner.query(`create index refunds_by_time on payments.refunds (tenant_id, created_at, id)`);
    await runner.query(`create index refunds_by_amount on payments.refunds (tenant_id, amount, id)`);
    await tenantTable(
      runner,
      'payments.refund_lines',
      `refund_id uuid not null,
       intent_id uuid not null,
       line_id uuid not null,
       quantity int not null check (quantity > 0),
       amount bigint not null check (amount >= 0),
       tax bigint not null check (tax between 0 and amount),
       take_back int not null default 0 check (take_back >= 0),
       give_up int not null default 0 check (give_up >= 0),
       check (take_back + give_up <= quantity),
       unique (tenant_id, refund_id, line_id),
       foreign key (tenant_id, refund_id) references payments.refunds (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`create index refund_lines_by_intent on payments.refund_lines (tenant_id, intent_id)`);
    await runner.query(`create function payments.refund_edge_allowed(was text, becomes text) returns boolean
      language sql immutable set search_path = pg_catalog as $$ select was || '>' || becomes in (${pairs}) $$`);
    await runner.query(`create function payments.check_refunds_edge() returns trigger language plpgsql
      set search_path = pg_catalog as $$
      begin
        if not payments.refund_edge_allowed(old.state, new.state) then
          raise exception 'illegal transition of refunds: % to %', old.state, new.state using errcode = '23514';
        end if;
        return new;
      end $$`);
    await runner.query(`create trigger edge before update of state on payments.refunds for each row
      when (old.state is distinct from new.state) execute function payments.check_refunds_edge()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger edge on payments.refunds');
    await runner.query('drop function payments.check_refunds_edge()');
    await runner.query('drop function payments.refund_edge_allowed(text, text)');
    await runner.query('drop table payments.refund_lines');
    await runner.query('drop index payments.refunds_by_time, payments.refunds_by_amount');
    await runner.query(
      `alter table payments.refunds drop note, drop actor_id, drop shipping, drop shipping_tax, drop settled_at`,
    );
  }
}
