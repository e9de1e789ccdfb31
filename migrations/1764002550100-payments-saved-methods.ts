import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from '../src/kernel/database/migration-kit';

/** Ways to pay that shoppers let be kept at the provider, and payments that are taken without the shopper there. */
export class PaymentsSavedMethods1764002550100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'payments.payers',
      `user_id uuid not null,
       gateway_id uuid not null,
       provider_customer_id text,
       created_at timestamptz not null,
       unique (tenant_id, gateway_id, user_id),
       foreign key (tenant_id, gateway_id) references payments.gateways (tenant_id, id)`,
    );
    await tenantTable(
      runner,
      'payments.saved_methods',
      `user_id uuid not null,
       gateway_id uuid not null,
       payer_id uuid not null,
       provider text not null,
       method_type text not null,
       method_token text,
       provider_method_id text,
       setup_id text,
       state text not null check (state in ('pending', 'requires_action', 'active', 'failed', 'removed')),
       action_url text,
       return_url text,
       brand text,
       last4 text check (last4 ~ '^[0-9]{2,4}$'),
       exp_month int check (exp_month between 1 and 12),
       exp_year int,
       is_default boolean not null default false check (not is_default or state = 'active'),
       consent_text text not null,
       consented_at timestamptz not null,
       consent_ip text,
       error_code text,
       error_message text,
       created_at timestamptz not null,
       settled_at timestamptz,
       removed_at timestamptz,
       check (state <> 'active' or provider_method_id is not null),
       foreign key (tenant_id, gateway_id) references payments.gateways (tenant_id, id),
       foreign key (tenant_id, payer_id) references payments.payers (tenant_id, id)`,
    );
    await runner.query(`create unique index saved_methods_one_default on payments.saved_methods (tenant_id, user_id)
      where is_default`);
    await runner.query(`create index saved_methods_by_user on payments.saved_methods (tenant_id, user_id, created_at)`);
    await runner.query(
      `create index saved_methods_by_setup on payments.saved_methods (tenant_id, gateway_id, setup_id)`,
    );
    await runner.query(`comment on column payments.saved_methods.method_token is 'secret'`);
    await runner.query(`comment on column payments.saved_methods.consent_ip is 'pii:ip'`);
    await runner.query(`alter table payments.attempts
      add saved_method_id uuid,
      add payer text,
      add off_session boolean not null default false,
      add contact text,
      add foreign key (tenant_id, saved_method_id) references payments.saved_methods (tenant_id, id)`);
    await runner.query(`comment on column payments.attempts.contact is 'pii:email'`);
    await runner.query(`alter table payments.provider_events
      drop constraint provider_events_kind_check,
      add constraint provider_events_kind_check check (kind in ('payment', 'refund', 'dispute', 'payout', 'setup', 'other'))`);
    // A browser comes back from the bank with the id alone.
    await runner.query(`grant usage on schema payments to mainstay_search`);
    await runner.query(`grant select on payments.saved_methods to mainstay_search`);
    await runner.query(`create policy search on payments.saved_methods for select to mainstay_search using (true)`);
    await runner.query(`create index saved_methods_by_id on payments.saved_methods (id)`);
    await runner.query(`create function payments.tenant_of_saved_method(wanted uuid) returns uuid language sql stable
      security definer set search_path = pg_catalog as $$ select tenant_id from payments.saved_methods where id = wanted $$`);
    await runner.query(`revoke all on function payments.tenant_of_saved_method(uuid) from public`);
    await runner.query(`grant execute on function payments.tenant_of_saved_method(uuid) to mainstay_app`);
    await runner.query(`grant create on schema payments to mainstay_search`);
    await runner.query(`alter function payments.tenant_of_saved_method(uuid) owner to mainstay_search`);
    await runner.query(`revoke create on schema payments from mainstay_search`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function payments.tenant_of_saved_method(uuid)`);
    await runner.query(`update payments.provider_events set kind = 'other' where kind = 'setup'`);
    await runner.query(`alter table payments.provider_events
      drop constraint provider_events_kind_check,
      add constraint provider_events_kind_check check (kind in ('payment', 'refund', 'dispute', 'payout', 'other'))`);
    await runner.query(
      `alter table payments.attempts drop saved_method_id, drop payer, drop off_session, drop contact`,
    );
    await runner.query(`drop table payments.saved_methods`);
    await runner.query(`drop table payments.payers`);
  }
}
