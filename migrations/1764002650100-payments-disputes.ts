import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Edges of disputes as of this migration; a test compares them with the table in the code, pair by pair. */
const DISPUTE_EDGES: Record<string, string> = {
  warning_needs_response: 'warning_under_review warning_closed needs_response under_review won lost',
  warning_under_review: 'warning_needs_response warning_closed needs_response under_review won lost',
  warning_closed: 'needs_response under_review won lost',
  needs_response: 'under_review won lost',
  under_review: 'needs_response won lost',
  won: '',
  lost: '',
};
const pairs = Object.entries(DISPUTE_EDGES)
  .flatMap(([from, to]) =>
    to
      .split(' ')
      .filter(Boolean)
      .map((one) => `'${from}>${one}'`),
  )
  .join(', ');
const states = Object.keys(DISPUTE_EDGES)
  .map((state) => `'${state}'`)
  .join(', ');

/** Charges that shoppers dispute, how they are answered, and how their money moved. */
export class PaymentsDisputes1764002650100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'payments.disputes',
      `gateway_id uuid not null,
       provider text not null,
       provider_dispute_id text not null,
       intent_id uuid not null,
       attempt_id uuid not null,
       amount bigint not null check (amount > 0),
       currency char(3) not null,
       reason text not null,
       state text not null check (state in (${states})),
       evidence_due_at timestamptz,
       evidence jsonb not null default '{}',
       submissions int not null default 0,
       answering text check (answering in ('submit', 'accept')),
       answering_since timestamptz,
       kept bigint not null default 0,
       kept_currency char(3),
       opened_at timestamptz not null,
       closed_at timestamptz,
       updated_at timestamptz not null,
       check ((answering is null) = (answering_since is null)),
       unique (tenant_id, gateway_id, provider_dispute_id),
       foreign key (tenant_id, gateway_id) references payments.gateways (tenant_id, id),
       foreign key (tenant_id, intent_id) references payments.intents (tenant_id, id),
       foreign key (tenant_id, attempt_id) references payments.attempts (tenant_id, id)`,
      { grants: ['select', 'insert', 'update'] },
    );
    await runner.query(`comment on column payments.disputes.evidence is 'pii:text'`);
    await runner.query(`create index disputes_by_time on payments.disputes (tenant_id, opened_at, id)`);
    await runner.query(`create index disputes_by_deadline on payments.disputes (tenant_id, evidence_due_at, id)`);
    await runner.query(`create index disputes_by_intent on payments.disputes (tenant_id, intent_id)`);
    await runner.query(`create index disputes_by_attempt on payments.disputes (tenant_id, attempt_id)`);
    await tenantTable(
      runner,
      'payments.dispute_movements',
      `dispute_id uuid not null,
       provider_movement_id text not null,
       kind text not null check (kind in ('withdrawn', 'reinstated')),
       amount bigint not null check (amount >= 0),
       fee bigint not null,
       currency char(3) not null,
       moved_at timestamptz not null,
       unique (tenant_id, dispute_id, provider_movement_id),
       foreign key (tenant_id, dispute_id) references payments.disputes (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`create function payments.dispute_edge_allowed(was text, becomes text) returns boolean
      language sql immutable set search_path = pg_catalog as $$ select was || '>' || becomes in (${pairs}) $$`);
    await runner.query(`create function payments.check_disputes_edge() returns trigger language plpgsql
      set search_path = pg_catalog as $$
      begin
        if not payments.dispute_edge_allowed(old.state, new.state) then
          raise exception 'illegal transition of disputes: % to %', old.state, new.state using errcode = '23514';
        end if;
        return new;
      end $$`);
    await runner.query(`create trigger edge before update of state on payments.disputes for each row
      when (old.state is distinct from new.state) execute function payments.check_disputes_edge()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table payments.dispute_movements');
    await runner.query('drop table payments.disputes');
    await runner.query('drop function payments.check_disputes_edge()');
    await runner.query('drop function payments.dispute_edge_allowed(text, text)');
  }
}
