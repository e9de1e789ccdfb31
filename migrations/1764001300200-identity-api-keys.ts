import type { MigrationInterface, QueryRunner } from 'typeorm';
import { searchable, tenantTable } from '../src/kernel/database/migration-kit';

/** API keys: each stands for a user in one organization, with a part of that user's rights. */
export class IdentityApiKeys1764001300200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'identity.api_keys',
      `owner_id uuid not null, name text not null, scopes text[] not null,
       allowed_addresses text[] not null default '{}', secret_hash bytea not null, last_four text not null,
       secret_at timestamptz not null, old_hash bytea, old_last_four text, old_expires_at timestamptz,
       rate_per_minute int check (rate_per_minute > 0), quota_per_day int check (quota_per_day > 0),
       expires_at timestamptz not null, last_used_at timestamptz, last_used_ip text, created_at timestamptz not null,
       revoked_at timestamptz, version int not null`,
    );
    await runner.query(`create index api_keys_id on identity.api_keys (id)`);
    await runner.query(`create index api_keys_list on identity.api_keys (tenant_id, created_at desc, id desc)`);
    await runner.query(`create index api_keys_owner on identity.api_keys (owner_id)`);
    await runner.query(`comment on column identity.api_keys.secret_hash is 'secret:api-key-hash'`);
    await runner.query(`comment on column identity.api_keys.old_hash is 'secret:api-key-hash'`);
    await runner.query(`comment on column identity.api_keys.last_used_ip is 'pii:ip'`);
    await this.crossing(runner);
  }

  /** The one look-up across tenants: a key is verified before its tenant is known. One key, by its id. */
  private async crossing(runner: QueryRunner): Promise<void> {
    await searchable(runner, 'identity.api_keys');
    await runner.query(`create function identity.api_key_of(key uuid)
      returns table (id uuid, tenant_id uuid, owner_id uuid, name text, scopes text[], allowed_addresses text[],
        secret_hash bytea, old_hash bytea, old_expires_at timestamptz, rate_per_minute int, quota_per_day int,
        expires_at timestamptz)
      language sql stable security definer set search_path = pg_catalog as $$
        select k.id, k.tenant_id, k.owner_id, k.name, k.scopes, k.allowed_addresses, k.secret_hash, k.old_hash,
          k.old_expires_at, k.rate_per_minute, k.quota_per_day, k.expires_at
        from identity.api_keys k where k.id = key and k.revoked_at is null $$`);
    await runner.query(`grant create on schema identity to mainstay_search`);
    await runner.query(`alter function identity.api_key_of(uuid) owner to mainstay_search`);
    await runner.query(`revoke create on schema identity from mainstay_search`);
    await runner.query(`revoke execute on function identity.api_key_of(uuid) from public`);
    await runner.query(`grant execute on function identity.api_key_of(uuid) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function identity.api_key_of(uuid)`);
    await runner.query(`drop table identity.api_keys`);
  }
}
