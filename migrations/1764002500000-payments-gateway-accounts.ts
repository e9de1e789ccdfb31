import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Edges of attempts as of this migration; a test compares them with the table in the code, pair by pair. */
const ATTEMPT_EDGES: Record<string, string> = {
  started: 'processing authentication_pending authenticated authorized charged failed voided unresolved',
  processing: 'authentication_pending authenticated authorized charged failed voided unresolved',
  authentication_pending: 'authenticated processing authorized charged failed voided',
  authenticated: 'processing authorized capture_started charged failed voided unresolved',
  authorized: 'capture_started charged failed voided',
  capture_started: 'authorized charged failed voided unresolved',
  unresolved: 'processing authentication_pending authenticated authorized charged failed voided',
  failed: 'charged',
  voided: 'charged',
  charged: '',
};

const pairs = Object.entries(ATTEMPT_EDGES)
  .flatMap(([from, to]) =>
    to
      .split(' ')
      .filter(Boolean)
      .map((one) => `'${from}>${one}'`),
  )
  .join(', ');

/**
 * Accounts at providers are managed by their tenants; payments may be authorised first and captured later, in part;
 * webhooks say what they are about, and can be replayed.
 */
export class PaymentsGatewayAccounts1764002500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table payments.gateways
      add test_mode boolean not null default false,
      add hints jsonb not null default '{}',
      add methods text[],
      add api_base text,
      add capture text not null default 'automatic' check (capture in ('automatic', 'manual')),
      add secrets_changed_at timestamptz`);
    await runner.query(`update payments.gateways set test_mode = true where provider = 'sandbox'`);
    await runner.query(`alter table payments.intents
      add capture text not null default 'automatic' check (capture in ('automatic', 'manual')),
      add channel text not null default 'online' check (length(channel) between 1 and 40)`);
    await runner.query(`alter table payments.attempts
      add capture_amount bigint check (capture_amount between 1 and amount),
      add capture_since timestamptz,
      add fee bigint,
      add fee_currency char(3),
      add check ((fee is null) = (fee_currency is null))`);
    await runner.query(`alter table payments.provider_events
      add kind text not null default 'payment' check (kind in ('payment', 'refund', 'dispute', 'payout', 'other')),
      add object_id text,
      add result jsonb,
      add replays int not null default 0,
      drop constraint provider_events_state_check,
      add constraint provider_events_state_check check (state in ('received', 'processed', 'ignored', 'failed', 'dead'))`);
    await runner.query(`create index provider_events_by_time on payments.provider_events (tenant_id, received_at, id)`);
    await runner.query(`create or replace function payments.check_attempts_edge() returns trigger language plpgsql
      set search_path = pg_catalog as $$
      begin
        if (old.state || '>' || new.state) not in (${pairs}) then
          raise exception 'illegal transition of attempts: % to %', old.state, new.state using errcode = '23514';
        end if;
        return new;
      end $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index payments.provider_events_by_time`);
    await runner.query(`update payments.provider_events set state = 'failed' where state = 'dead'`);
    await runner.query(`alter table payments.provider_events drop kind, drop object_id, drop result, drop replays,
      drop constraint provider_events_state_check,
      add constraint provider_events_state_check check (state in ('received', 'processed', 'ignored', 'failed'))`);
    await runner.query(
      `alter table payments.attempts drop capture_amount, drop capture_since, drop fee, drop fee_currency`,
    );
    await runner.query(`alter table payments.intents drop capture, drop channel`);
    await runner.query(
      `alter table payments.gateways drop test_mode, drop hints, drop methods, drop api_base, drop capture, drop secrets_changed_at`,
    );
  }
}
