import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, platformTable } from '../src/kernel/database/migration-kit';

const BEFORE_TENANT = 'read by identity alone, at sign-in, before a tenant is known; membership ties users to tenants';

/**
 * Users belong to a realm (null = the platform), not to a tenant, and so does all that proves who they are. The column
 * `organization_id` is the organization that a session works in: a fact about the session, never a filter of rows.
 */
export class IdentityCreate1764000100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'identity');
    await this.accounts(runner);
    await this.sessions(runner);
    await platformTable(
      runner,
      'identity.throttles',
      `key bytea primary key, tries int not null, waits_until timestamptz, window_ends_at timestamptz not null, last_try uuid not null`,
      'counters of sign-in tries by keyed hash of what was submitted, whether or not it exists',
    );
    await runner.query(`create index throttles_age on identity.throttles (window_ends_at)`);
  }

  private async accounts(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'identity.users',
      `id uuid primary key, realm_id uuid, email text not null, email_normalized text not null, name text not null,
       status text not null default 'active' check (status in ('active', 'disabled')),
       platform_role text check (platform_role in ('operator')), email_verified_at timestamptz,
       created_at timestamptz not null, updated_at timestamptz not null, version int not null,
       constraint users_address unique nulls not distinct (realm_id, email_normalized)`,
      `people and their addresses; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.users', { email: 'pii:email', email_normalized: 'pii:email', name: 'pii:name' });
    await platformTable(
      runner,
      'identity.credentials',
      `id uuid primary key, user_id uuid not null references identity.users (id) on delete cascade,
       kind text not null check (kind in ('password')), secret text not null, pepper_key text,
       created_at timestamptz not null, last_used_at timestamptz, revoked_at timestamptz`,
      `password hashes; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.credentials', { secret: 'secret:password-hash' });
    await runner.query(
      `create unique index credentials_password on identity.credentials (user_id) where kind = 'password' and revoked_at is null`,
    );
    await runner.query(`create index credentials_user on identity.credentials (user_id)`);
    await platformTable(
      runner,
      'identity.challenges',
      `id uuid primary key, user_id uuid not null references identity.users (id) on delete cascade,
       purpose text not null check (purpose in ('verify-email')), token_hash bytea not null unique, data jsonb not null default '{}',
       created_at timestamptz not null, expires_at timestamptz not null, consumed_at timestamptz`,
      `single-use links, by hash; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.challenges', { token_hash: 'secret:token-hash', data: 'pii:registration' });
    await runner.query(`create index challenges_user on identity.challenges (user_id, created_at)`);
  }

  private async sessions(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'identity.sessions',
      `id uuid primary key, user_id uuid not null references identity.users (id) on delete cascade, organization_id uuid,
       version int not null default 0, aal int not null default 1, amr text[] not null, auth_time timestamptz not null,
       ip text, user_agent text, created_at timestamptz not null, last_seen_at timestamptz not null,
       idle_expires_at timestamptz not null, absolute_expires_at timestamptz not null, revoked_at timestamptz, revoked_reason text`,
      `sign-ins, refreshed before a tenant is known; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.sessions', { ip: 'pii:ip', user_agent: 'pii:device' });
    await runner.query(`create index sessions_user on identity.sessions (user_id) where revoked_at is null`);
    await runner.query(`create index sessions_age on identity.sessions (absolute_expires_at)`);
    await platformTable(
      runner,
      'identity.refresh_tokens',
      `id uuid primary key, session_id uuid not null references identity.sessions (id) on delete cascade, parent_id uuid,
       token_hash bytea not null unique, issued_at timestamptz not null, consumed_at timestamptz, consumed_by bytea,
       successor_id uuid, replay_enc text, replay_until timestamptz`,
      `refresh tokens, by hash; ${BEFORE_TENANT}`,
    );
    await tag(runner, 'identity.refresh_tokens', { token_hash: 'secret:token-hash', replay_enc: 'secret:tokens' });
    await runner.query(
      `create unique index refresh_tokens_live on identity.refresh_tokens (session_id) where consumed_at is null`,
    );
    await runner.query(`create index refresh_tokens_session on identity.refresh_tokens (session_id)`);
    await platformTable(
      runner,
      'identity.signing_keys',
      `kid text primary key, algorithm text not null check (algorithm in ('ES256')), public_key text not null,
       private_key_enc text not null, state text not null check (state in ('signing', 'verifying')),
       created_at timestamptz not null, retires_at timestamptz`,
      'keys of access tokens of the whole platform; private halves are sealed by the master key',
    );
    await tag(runner, 'identity.signing_keys', { private_key_enc: 'secret:signing-key' });
    await runner.query(`create unique index signing_keys_one on identity.signing_keys (state) where state = 'signing'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema identity cascade`);
  }
}

/** Says what a column holds, for redaction, export and erasure. */
async function tag(runner: QueryRunner, table: string, tags: Record<string, string>): Promise<void> {
  for (const [column, what] of Object.entries(tags)) {
    await runner.query(`comment on column ${table}.${column} is '${what}'`);
  }
}
