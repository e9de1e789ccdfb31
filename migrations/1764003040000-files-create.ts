import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, retention, tenantTable } from '../src/kernel/database/migration-kit';

const STATES = `state in ('pending', 'clean', 'infected', 'unscannable')`;

/**
 * Files. Every object of the storage has a row before its first byte is written, with the time at which it is to be
 * removed; what makes use of it takes that time away in its own commit. So nothing that a crash leaves is lost from
 * sight, and no storage ever has to be listed.
 */
export class FilesCreate1764003040000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'files');
    await this.contents(runner);
    await this.names(runner);
    await this.usage(runner);
    await this.retention(runner);
  }

  private async contents(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'files.objects',
      `store text not null check (store in ('local', 's3', 'azure')), key text not null check (length(key) between 1 and 200),
       created_at timestamptz not null, remove_at timestamptz, tries int not null default 0`,
    );
    await runner.query(`create index objects_due on files.objects (remove_at, tenant_id) where remove_at is not null`);
    // The same bytes are kept once in a tenant, whatever they are called and however often they come.
    await tenantTable(
      runner,
      'files.blobs',
      `sha256 bytea not null check (length(sha256) = 32), object_id uuid not null, media_type text not null,
       received_bytes bigint not null check (received_bytes >= 0), size_bytes bigint not null check (size_bytes >= 0),
       state text not null default 'pending' check (${STATES}), scanned boolean not null default false,
       reason text, signature text, width int, height int, tries int not null default 0,
       created_at timestamptz not null, inspect_at timestamptz, settled_at timestamptz,
       unique (tenant_id, sha256),
       foreign key (tenant_id, object_id) references files.objects (tenant_id, id),
       check ((state = 'pending') = (settled_at is null)), check ((width is null) = (height is null)),
       check ((state = 'infected') = (signature is not null))`,
    );
    await runner.query(`create index blobs_due on files.blobs (inspect_at, tenant_id) where inspect_at is not null`);
    await tenantTable(
      runner,
      'files.renditions',
      `blob_id uuid not null, object_id uuid not null, name text not null check (name in ('small', 'medium', 'large')),
       media_type text not null check (media_type in ('image/webp', 'image/jpeg')), width int not null, height int not null,
       size_bytes bigint not null, unique (tenant_id, blob_id, name, media_type),
       foreign key (tenant_id, blob_id) references files.blobs (tenant_id, id) on delete cascade,
       foreign key (tenant_id, object_id) references files.objects (tenant_id, id)`,
    );
  }

  private async names(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'files.files',
      `blob_id uuid not null, name text not null check (length(name) between 1 and 255), uploaded_by uuid,
       kept boolean not null default false, created_at timestamptz not null, expires_at timestamptz,
       foreign key (tenant_id, blob_id) references files.blobs (tenant_id, id), check (not (kept and expires_at is not null))`,
    );
    await runner.query(`comment on column files.files.name is 'pii:text'`);
    await runner.query(`create index files_newest on files.files (tenant_id, created_at, id)`);
    await runner.query(`create index files_of_uploader on files.files (tenant_id, uploaded_by, created_at, id)`);
    await runner.query(`create index files_of_blob on files.files (tenant_id, blob_id)`);
    // What a file is used for; a file that is used is neither swept away nor deleted.
    await tenantTable(
      runner,
      'files.attachments',
      `file_id uuid not null, owner_kind text not null check (owner_kind ~ '^[a-z][a-z-]{1,39}$'), owner_id text not null,
       attached_at timestamptz not null, unique (tenant_id, file_id, owner_kind, owner_id),
       foreign key (tenant_id, file_id) references files.files (tenant_id, id)`,
      { grants: ['select', 'insert', 'delete'] },
    );
    await runner.query(`create index attachments_of_owner on files.attachments (tenant_id, owner_kind, owner_id)`);
    // Uploads that are under way; a resumable one has the pieces that came so far.
    await tenantTable(
      runner,
      'files.uploads',
      `name text not null, declared_type text, uploaded_by uuid, kept boolean not null default false,
       length bigint not null check (length >= 0), received bigint not null default 0 check (received between 0 and length),
       state text not null default 'open' check (state in ('open', 'complete')), created_at timestamptz not null,
       expires_at timestamptz not null, check (state = 'open' or received = length)`,
    );
    await runner.query(`comment on column files.uploads.name is 'pii:text'`);
    await tenantTable(
      runner,
      'files.pieces',
      `upload_id uuid not null, object_id uuid not null, start bigint not null, size_bytes bigint not null check (size_bytes > 0),
       unique (tenant_id, upload_id, start),
       foreign key (tenant_id, upload_id) references files.uploads (tenant_id, id) on delete cascade`,
      { grants: ['select', 'insert', 'delete'] },
    );
  }

  private async usage(runner: QueryRunner): Promise<void> {
    // One row a tenant, whose id is the tenant's: bytes that were received and are kept, and those promised to open uploads.
    await tenantTable(
      runner,
      'files.usage',
      `bytes bigint not null default 0 check (bytes >= 0), check (id = tenant_id)`,
    );
    await runner.query(`create function files.count_usage() returns trigger language plpgsql set search_path = pg_catalog as $$
      declare
        tenant uuid := coalesce(new.tenant_id, old.tenant_id);
        change bigint := 0;
      begin
        if tg_table_name = 'blobs' then
          if tg_op <> 'DELETE' then change := change + new.received_bytes; end if;
          if tg_op <> 'INSERT' then change := change - old.received_bytes; end if;
        else
          if tg_op <> 'DELETE' and new.state = 'open' then change := change + new.length; end if;
          if tg_op <> 'INSERT' and old.state = 'open' then change := change - old.length; end if;
        end if;
        if change > 0 then
          insert into files.usage as u (tenant_id, id, bytes) values (tenant, tenant, change)
            on conflict (tenant_id, id) do update set bytes = u.bytes + change;
        elsif change < 0 then
          update files.usage set bytes = bytes + change where tenant_id = tenant and id = tenant;
        end if;
        return null;
      end $$`);
    for (const [table, column] of [
      ['blobs', 'received_bytes'],
      ['uploads', 'state'],
    ])
      await runner.query(
        `create trigger ${table}_usage after insert or delete or update of ${column} on files.${table}
         for each row execute function files.count_usage()`,
      );
    // Bytes go with the last name that they have. The lock makes one who gives them another name at this moment wait.
    await runner.query(`create function files.drop_unnamed() returns trigger language plpgsql set search_path = pg_catalog as $$
      begin
        perform 1 from files.blobs where tenant_id = old.tenant_id and id = old.blob_id for update;
        if not exists (select 1 from files.files where tenant_id = old.tenant_id and blob_id = old.blob_id) then
          update files.objects o set remove_at = kernel.now() where o.tenant_id = old.tenant_id and o.id in (
            select b.object_id from files.blobs b where b.tenant_id = old.tenant_id and b.id = old.blob_id
            union all select r.object_id from files.renditions r where r.tenant_id = old.tenant_id and r.blob_id = old.blob_id);
          delete from files.blobs where tenant_id = old.tenant_id and id = old.blob_id;
        end if;
        return null;
      end $$`);
    await runner.query(
      `create trigger files_unnamed after delete on files.files for each row execute function files.drop_unnamed()`,
    );
  }

  private async retention(runner: QueryRunner): Promise<void> {
    // What purges rows runs as the owner, and so do the triggers behind it.
    for (const table of ['objects', 'blobs', 'renditions', 'files', 'usage', 'pieces'])
      await runner.query(
        `create policy maintenance on files.${table} for all to current_user using (true) with check (true)`,
      );
    await retention(runner, 'files.files', {
      of: 'unattached',
      since: 'expires_at',
      where: 'expires_at is not null',
    });
    await retention(runner, 'files.uploads', { of: 'uploads', since: 'expires_at' });
    // Tenants for which something is due: objects to remove and, where asked, contents to inspect.
    await runner.query(`create function files.waiting(inspect boolean) returns table (tenant_id uuid)
      language sql stable security definer set search_path = pg_catalog as $$
      select distinct o.tenant_id from (
        (select due.tenant_id from files.objects due where due.remove_at <= kernel.now() order by due.remove_at limit 1000)
        union all
        (select due.tenant_id from files.blobs due where inspect and due.inspect_at <= kernel.now() order by due.inspect_at limit 1000)) o $$`);
    await runner.query(`revoke execute on function files.waiting(boolean) from public`);
    await runner.query(`grant execute on function files.waiting(boolean) to mainstay_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema files cascade');
  }
}
