import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, searchable, tenantTable } from '../src/kernel/database/migration-kit';

/** Edges of the machines as of this migration; a test compares them with the tables in the code, pair by pair. */
const INTENT_EDGES: Record<string, string> = {
  requires_payment_method: 'requires_confirmation processing succeeded conflicted canceled expired',
  requires_confirmation: 'processing requires_action requires_payment_method succeeded conflicted canceled expired',
  requires_action:
    'processing requires_payment_method requires_capture requires_merchant_action succeeded conflicted canceled expired',
  processing:
    'requires_action requires_payment_method requires_capture requires_merchant_action succeeded conflicted canceled',
  requires_capture:
    'partially_captured succeeded requires_merchant_action conflicted requires_payment_method canceled expired',
  requires_merchant_action: 'requires_capture requires_payment_method succeeded conflicted canceled expired',
  partially_captured: 'succeeded conflicted',
  conflicted: 'succeeded canceled',
  succeeded: '',
  canceled: '',
  expired: '',
};
const ATTEMPT_EDGES: Record<string, string> = {
  started: 'processing authentication_pending authorized charged failed voided unresolved',
  processing: 'authentication_pending authorized charged failed voided unresolved',
  authentication_pending: 'authenticated processing authorized charged failed voided',
  authenticated: 'processing authorized capture_started charged failed voided unresolved',
  authorized: 'capture_started charged failed voided',
  capture_started: 'authorized charged failed voided unresolved',
  unresolved: 'processing authentication_pending authorized charged failed voided',
  failed: 'charged',
  voided: 'charged',
  charged: '',
};

const pairs = (edges: Record<string, string>): string =>
  Object.entries(edges)
    .flatMap(([from, to]) =>
      to
        .split(' ')
        .filter(Boolean)
        .map((one) => `'${from}>${one}'`),
    )
    .join(', ');
const names = (edges: Record<string, string>): string =>
  Object.keys(edges)
    .map((name) => `'${name}'`)
    .join(', ');

/** A trigger that refuses every pair of states outside the table. */
async function guard(runner: QueryRunner, table: string, column: string, edges: Record<string, string>): Promise<void> {
  const name = `payments.check_${table}_edge`;
  await runner.query(`create function ${name}() returns trigger language plpgsql set search_path = pg_catalog as $$
    begin
      if (old.${column} || '>' || new.${column}) not in (${pairs(edges)}) then
        raise exception 'illegal transition of ${table}: % to %', old.${column}, new.${column} using errcode = '23514';
      end if;
      return new;
    end $$`);
  await runner.query(`create trigger edge before update of ${column} on payments.${table} for each row
    when (old.${column} is distinct from new.${column}) execute function ${name}()`);
}

export class PaymentsCreate1764000700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'payments');
    await tenantTable(
      runner,
      'payments.gateways',
      `provider text not null,
       name text not null,
       secrets text not null,
       status text not null check (status in ('active', 'disabled')),
       created_at timestamptz not null`,
    );
    await runner.query(
      `create unique index gateways_one_sandbox on payments.gateways (tenant_id) where provider = 'sandbox'`,
    );
    await this.money(runner);
    await tenantTable(
      runner,
      'payments.provider_events',
      `gateway_id uuid not null,
       provider text not null,
       event_id text not null,
       type text not null,
       attempt_id uuid,
       provider_payment_id text,
       payload jsonb not null,
       state text not null check (state in ('received', 'processed', 'ignored', 'failed')),
       attempts int not null default 0,
       last_error text,
       received_at timestamptz not null,
       processed_at timestamptz,
       unique (tenant_id, gateway_id, event_id),
       foreign key (tenant_id, gateway_id) references payments.gateways (tenant_id, id)`,
    );
    await guard(runner, 'intents', 'status', INTENT_EDGES);
    await guard(runner, 'attempts', 'state', ATTEMPT_EDGES);
    await runner.query(`comment on column payments.gateways.secrets is 'secret'`);
    await runner.query(`comment on column payments.attempts.method_token is 'secret'`);
    await this.addresses(runner);
  }

  private async money(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'payments.intents',
      `payable_type text not null,
       payable_id uuid not null,
       amount bigint not null check (amount > 0),
       currency char(3) not null,
       status text not null check (status in (${names(INTENT_EDGES)})),
       return_url text,
       metadata jsonb not null,
       error_code text,
       error_message text,
       latest_attempt_id uuid,
       cancel_reason text,
       captured_at timestamptz,
       created_at timestamptz not null,
       updated_at timestamptz not null`,
    );
    await runner.query(`create unique index intents_one_open on payments.intents (tenant_id, payable_type, payable_id)
      where status not in ('canceled', 'expired')`);
    await runner.query(
      `create index intents_by_payable on payments.intents (tenant_id, payable_type, payable_id, created_at)`,
    );
    await runner.query(`create index intents_by_time on payments.intents (tenant_id, created_at, id)`);
    await tenantTable(
      runner,
      'payments.attempts',
      `intent_id uuid not null,
       gateway_id uuid not null,
       provider text not null,
       method_type text not null,
       method_token text not null,
       state text not null check (state in (${names(ATTEMPT_EDGES)})),
       amount bigint not null check (amount > 0),
       currency char(3) not null,
       provider_payment_id text,
       action_url text,
       error_code text,
       error_message text,
       authorized bigint not null default 0 check (authorized >= 0),
       captured bigint not null default 0 check (captured between 0 and authorized),
       refund_pending bigint not null default 0 check (refund_pending >= 0),
       refunded bigint not null default 0 check (refunded >= 0),
       created_at timestamptz not null,
       updated_at timestamptz not null,
       settled_at timestamptz,
       check (refunded + refund_pending <= captured),
       unique (tenant_id, gateway_id, provider_payment_id),
       foreign key (tenant_id, intent_id) references payments.intents (tenant_id, id),
       foreign key (tenant_id, gateway_id) references payments.gateways (tenant_id, id)`,
    );
    await runner.query(`create unique index attempts_one_in_flight on payments.attempts (tenant_id, intent_id)
      where state not in ('charged', 'failed', 'voided')`);
    await runner.query(`create index attempts_by_intent on payments.attempts (tenant_id, intent_id, created_at)`);
    await tenantTable(
      runner,
      'payments.refunds',
      `intent_id uuid not null,
       attempt_id uuid not null,
       amount bigint not null check (amount > 0),
       currency char(3) not null,
       reason text not null,
       state text not null check (state in ('requested', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
       provider_refund_id text,
       error_code text,
       error_message text,
       created_at timestamptz not null,
       updated_at timestamptz not null,
       unique (tenant_id, attempt_id, provider_refund_id),
       foreign key (tenant_id, intent_id) references payments.intents (tenant_id, id),
       foreign key (tenant_id, attempt_id) references payments.attempts (tenant_id, id)`,
    );
    await runner.query(`create index refunds_by_intent on payments.refunds (tenant_id, intent_id)`);
  }

  /** Webhooks and browser returns name an account or a payment alone: these two tell its tenant, and nothing else. */
  private async addresses(runner: QueryRunner): Promise<void> {
    for (const [name, table] of [
      ['tenant_of_gateway', 'payments.gateways'],
      ['tenant_of_intent', 'payments.intents'],
    ]) {
      await searchable(runner, table);
      await runner.query(`create index on ${table} (id)`);
      await runner.query(`create function payments.${name}(wanted uuid) returns uuid language sql stable security definer
        set search_path = pg_catalog as $$ select tenant_id from ${table} where id = wanted $$`);
      await runner.query(`revoke all on function payments.${name}(uuid) from public`);
      await runner.query(`grant execute on function payments.${name}(uuid) to mainstay_app`);
      await runner.query(`grant create on schema payments to mainstay_search`);
      await runner.query(`alter function payments.${name}(uuid) owner to mainstay_search`);
      await runner.query(`revoke create on schema payments from mainstay_search`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema payments cascade');
  }
}
