import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable } from '../src/kernel/database/migration-kit';

const BEFORE_TENANT = 'read by identity alone, at sign-in, before a tenant is known; membership ties users to tenants';

/** Second factors, passkeys, what is under way with them, and the recovery of who has lost them all. */
export class IdentitySecondFactors1764001200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table identity.sessions add column factor_times jsonb not null default '{}'`);
    await this.factors(runner);
    await this.flows(runner);
    await this.recoveries(runner);
  }

  private async factors(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'identity.factors',
      `id uuid primary key, user_id uuid not null references identity.users (id) on delete cascade,
       method text not null check (method in ('totp', 'sms', 'email', 'passkey')), name text not null,
       state text not null check (state in ('pending', 'active')),
       secret_enc text, last_step int, phone_hint text,
       credential_id bytea unique, public_key bytea, counter bigint, transports text[], rp_id text, aaguid uuid,
       device_bound boolean, backed_up boolean,
       created_at timestamptz not null, confirmed_at timestamptz, last_used_at timestamptz,
       check (method not in ('totp', 'sms') or secret_enc is not null),
       check (method <> 'passkey' or (credential_id is not null and public_key is not null and counter is not null and rp_id is not null))`,
      `authenticators of people; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.factors', {
      secret_enc: 'secret:seed-or-phone',
      phone_hint: 'pii:phone',
      credential_id: 'pii:device',
    });
    await runner.query(`create index factors_user on identity.factors (user_id, method) where state = 'active'`);
    await runner.query(`create index factors_pending on identity.factors (created_at) where state = 'pending'`);
    await runner.query(
      `create unique index factors_email on identity.factors (user_id) where method = 'email' and state = 'active'`,
    );
    await platformTable(
      runner,
      'identity.backup_codes',
      `id uuid primary key, user_id uuid not null references identity.users (id) on delete cascade,
       code_hash bytea not null, created_at timestamptz not null, used_at timestamptz, unique (user_id, code_hash)`,
      `single-use codes of 120 bits, by hash; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.backup_codes', { code_hash: 'secret:code-hash' });
    await platformTable(
      runner,
      'identity.trusted_devices',
      `user_id uuid not null references identity.users (id) on delete cascade, device_id text not null,
       organization_id uuid, trusted_until timestamptz not null, created_at timestamptz not null`,
      `devices on which a person is not asked for a second factor; ${BEFORE_TENANT}`,
    );
    await runner.query(
      `create unique index trusted_devices_one on identity.trusted_devices (user_id, device_id, organization_id) nulls not distinct`,
    );
    await runner.query(`create index trusted_devices_age on identity.trusted_devices (trusted_until)`);
  }

  private async flows(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'identity.auth_flows',
      `id uuid primary key,
       purpose text not null check (purpose in ('login', 'enrol', 'step-up', 'passkey-login', 'passkey-enrol')),
       user_id uuid references identity.users (id) on delete cascade, session_id uuid, token_hash bytea unique,
       client_hash bytea not null, device_id text, data jsonb not null default '{}',
       challenge text, challenge_expires_at timestamptz,
       code_method text check (code_method in ('sms', 'email')), code_factor_id uuid, code_hash bytea, code_expires_at timestamptz,
       sends int not null default 0, last_sent_at timestamptz, failures int not null default 0,
       created_at timestamptz not null, expires_at timestamptz not null, consumed_at timestamptz`,
      `sign-ins, enrolments and proofs that are under way; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.auth_flows', {
      token_hash: 'secret:token-hash',
      code_hash: 'secret:code-hash',
      client_hash: 'pii:device',
    });
    await runner.query(`create index auth_flows_age on identity.auth_flows (expires_at)`);
    await runner.query(`create index auth_flows_user on identity.auth_flows (user_id, purpose)`);
  }

  private async recoveries(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'identity.factor_recoveries',
      `id uuid primary key, user_id uuid not null references identity.users (id) on delete cascade, organization_id uuid,
       link_hash bytea not null unique, stop_hash bytea not null unique,
       state text not null check (state in ('open', 'completed', 'stopped')),
       email_confirmed_at timestamptz, approved_by uuid, approved_at timestamptz,
       opened_at timestamptz not null, waits_until timestamptz not null, expires_at timestamptz not null, closed_at timestamptz`,
      `people who have lost every factor and prove themselves otherwise; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.factor_recoveries', {
      link_hash: 'secret:token-hash',
      stop_hash: 'secret:token-hash',
    });
    await runner.query(
      `create unique index factor_recoveries_open on identity.factor_recoveries (user_id) where state = 'open'`,
    );
    await runner.query(
      `create index factor_recoveries_organization on identity.factor_recoveries (organization_id, opened_at) where state = 'open'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['factor_recoveries', 'auth_flows', 'trusted_devices', 'backup_codes', 'factors'])
      await runner.query(`drop table identity.${table}`);
    await runner.query(`alter table identity.sessions drop column factor_times`);
  }
}

/** Says what a column holds, for redaction, export and erasure. */
async function tag(runner: QueryRunner, table: string, tags: Record<string, string>): Promise<void> {
  for (const [column, what] of Object.entries(tags)) {
    await runner.query(`comment on column ${table}.${column} is '${what}'`);
  }
}
