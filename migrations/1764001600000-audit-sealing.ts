import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable, searchable, tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Sealing of the audit trail. An entry is inserted together with a marker in `audit.unsealed`; the sealer gives marked
 * entries their sequence and hash (`audit.seals`), batch by batch (`audit.batches`: Merkle root and signed head), and
 * takes the markers away. Copies of the heads belong to another role, whose table the application can only insert into.
 */
export class AuditSealing1764001600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.entries(runner);
    await this.chain(runner);
    await this.keys(runner);
    await this.removal(runner);
    await this.auditor(runner);
  }

  private async entries(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table audit.entries add column steps text[] not null default '{}', add column continues uuid,
      add column repeats int not null default 1, add column target_id uuid, add column ip_digest bytea, add column email_digest bytea`);
    await runner.query(
      `create index entries_target on audit.entries (tenant_id, target_id, id) where target_id is not null`,
    );
    await runner.query(
      `create index entries_ip on audit.entries (tenant_id, ip_digest, id) where ip_digest is not null`,
    );
    await runner.query(
      `create index entries_email on audit.entries (tenant_id, email_digest, id) where email_digest is not null`,
    );
    await runner.query(`comment on column audit.entries.pii_enc is 'secret:sealed under the key of the person'`);
    await runner.query(`comment on column audit.entries.ip_digest is 'pii:ip'`);
    await runner.query(`comment on column audit.entries.email_digest is 'pii:email'`);
  }

  private async chain(runner: QueryRunner): Promise<void> {
    await tenantTable(runner, 'audit.unsealed', `check (true)`, { grants: ['select', 'insert', 'delete'] });
    await searchable(runner, 'audit.unsealed');
    // What was written before there was sealing is sealed too. The wall is forced on the owner as well: let it look.
    for (const table of ['audit.entries', 'audit.unsealed'])
      await runner.query(`create policy migrating on ${table} to current_user using (true) with check (true)`);
    await runner.query(`insert into audit.unsealed (tenant_id, id) select tenant_id, id from audit.entries`);
    for (const table of ['audit.entries', 'audit.unsealed']) await runner.query(`drop policy migrating on ${table}`);
    await tenantTable(
      runner,
      'audit.seals',
      `seq bigint not null, batch_id uuid not null, hash bytea not null, unique (tenant_id, seq)`,
      { grants: ['select', 'insert'] },
    );
    await tenantTable(
      runner,
      'audit.batches',
      `number bigint not null, first_seq bigint not null, last_seq bigint not null, head bytea not null, newest_at timestamptz not null,
       claims text not null, signature bytea not null, kid text not null, at timestamptz not null,
       unique (tenant_id, number), unique (tenant_id, last_seq)`,
      { grants: ['select', 'insert'] },
    );
    await searchable(runner, 'audit.batches');
    // A loose scan: as many index probes as there are tenants, however long the queue or the trail is.
    for (const [name, table] of [
      ['tenants_to_seal', 'audit.unsealed'],
      ['sealed_tenants', 'audit.batches'],
    ]) {
      await runner.query(`create function audit.${name}(most int) returns setof uuid
        language sql stable security definer set search_path = pg_catalog as $$
          with recursive t as (
            (select tenant_id from ${table} order by tenant_id limit 1)
            union all
            select (select n.tenant_id from ${table} n where n.tenant_id > t.tenant_id order by n.tenant_id limit 1) from t where t.tenant_id is not null)
          select tenant_id from t where tenant_id is not null limit most $$`);
      await runner.query(`revoke execute on function audit.${name}(int) from public`);
      await runner.query(`grant execute on function audit.${name}(int) to mainstay_app`);
      await runner.query(`grant create on schema audit to mainstay_search`);
      await runner.query(`alter function audit.${name}(int) owner to mainstay_search`);
      await runner.query(`revoke create on schema audit from mainstay_search`);
    }
  }

  private async keys(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'audit.subject_keys',
      `subject_id uuid not null, sealed text not null, created_at timestamptz not null`,
      {
        grants: ['select', 'insert', 'delete'],
      },
    );
    await runner.query(`comment on column audit.subject_keys.sealed is 'secret:data-key'`);
    await runner.query(`create index subject_keys_subject on audit.subject_keys (tenant_id, subject_id)`);
    await platformTable(
      runner,
      'audit.seal_keys',
      `kid text primary key, public_key text not null, private_key_enc text not null, created_at timestamptz not null`,
      'keys that heads of all trails are signed with; private halves are sealed by the master key',
      { grants: ['select', 'insert'] },
    );
    await runner.query(`comment on column audit.seal_keys.private_key_enc is 'secret:signing-key'`);
  }

  /** What the application may not do itself: take old rows away, and forget the search digests of a person. */
  private async removal(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'audit.settings',
      `retention_months int not null check (retention_months between 3 and 120), version int not null, updated_at timestamptz not null`,
      {
        grants: ['select', 'insert', 'update'],
      },
    );
    await tenantTable(
      runner,
      'audit.removals',
      `up_to_seq bigint not null, entries bigint not null, head bytea not null, claims text not null, signature bytea not null, kid text not null,
       at timestamptz not null, unique (tenant_id, up_to_seq)`,
      { grants: ['select', 'insert'] },
    );
    // Within the wall: the tenant is that of the transaction.
    await runner.query(`create function audit.remove_entries(from_seq bigint, up_to_seq bigint) returns bigint
      language plpgsql security definer set search_path = pg_catalog as $$
      declare gone bigint;
      begin
        if exists (select from audit.batches b where b.tenant_id = kernel.tenant_id() and b.first_seq <= up_to_seq and b.last_seq >= from_seq
            and b.newest_at > kernel.now() - interval '3 months') then
          raise exception 'entries younger than three months stay' using errcode = '42501';
        end if;
        delete from audit.entries e using audit.seals s where s.tenant_id = kernel.tenant_id() and s.seq between from_seq and up_to_seq
          and e.tenant_id = s.tenant_id and e.id = s.id;
        get diagnostics gone = row_count;
        delete from audit.seals s where s.tenant_id = kernel.tenant_id() and s.seq between from_seq and up_to_seq;
        return gone;
      end $$`);
    await runner.query(`create function audit.forget_digests(subject uuid, emails bytea[]) returns bigint
      language plpgsql security definer set search_path = pg_catalog as $$
      declare forgotten bigint;
      begin
        update audit.entries set ip_digest = null, email_digest = null, ip = null
          where tenant_id = kernel.tenant_id() and (actor_id = subject or on_behalf_of = subject or email_digest = any(emails))
            and (ip_digest is not null or email_digest is not null or ip is not null);
        get diagnostics forgotten = row_count;
        return forgotten;
      end $$`);
    for (const name of ['remove_entries(bigint, bigint)', 'forget_digests(uuid, bytea[])']) {
      await runner.query(`revoke execute on function audit.${name} from public`);
      await runner.query(`grant execute on function audit.${name} to mainstay_app`);
    }
  }

  private async auditor(runner: QueryRunner): Promise<void> {
    await runner.query(`create schema auditor authorization mainstay_auditor`);
    await runner.query(`set local role mainstay_auditor`);
    await runner.query(`create table auditor.heads (id uuid primary key, trail uuid not null, number bigint not null, last_seq bigint not null,
      claims text not null, signature bytea not null, kid text not null, received_at timestamptz not null default statement_timestamp())`);
    await runner.query(
      `comment on table auditor.heads is 'platform: copies of signed heads, kept by another role; the application can only insert'`,
    );
    await runner.query(`create index heads_trail on auditor.heads (trail, number)`);
    await runner.query(`create function auditor.heads_of(of_trail uuid, after_number bigint, most int)
      returns table (number bigint, last_seq bigint, claims text, signature bytea, kid text)
      language sql stable security definer set search_path = pg_catalog as $$
        select h.number, h.last_seq, h.claims, h.signature, h.kid from auditor.heads h
        where h.trail = of_trail and h.number > after_number order by h.number, h.id limit most $$`);
    await runner.query(`revoke execute on function auditor.heads_of(uuid, bigint, int) from public`);
    await runner.query(`grant usage on schema auditor to mainstay_app`);
    await runner.query(`grant insert on auditor.heads to mainstay_app`);
    await runner.query(`grant execute on function auditor.heads_of(uuid, bigint, int) to mainstay_app`);
    await runner.query(`reset role`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`set local role mainstay_auditor`);
    await runner.query(`drop table auditor.heads cascade`);
    await runner.query(`drop function auditor.heads_of(uuid, bigint, int)`);
    await runner.query(`reset role`);
    await runner.query(`drop schema auditor`);
    for (const name of [
      'tenants_to_seal(int)',
      'sealed_tenants(int)',
      'remove_entries(bigint, bigint)',
      'forget_digests(uuid, bytea[])',
    ])
      await runner.query(`drop function audit.${name}`);
    for (const table of ['removals', 'settings', 'seal_keys', 'subject_keys', 'batches', 'seals', 'unsealed'])
      await runner.query(`drop table audit.${table}`);
    await runner.query(`alter table audit.entries drop column steps, drop column continues, drop column repeats, drop column target_id,
      drop column ip_digest, drop column email_digest`);
  }
}
