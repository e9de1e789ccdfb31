import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { FileOwner } from '../contracts/files';
import type { FileState, Rendition, StoreName, Verdict } from '../domain/stored-file';
import { reachParams, withinReach, type Reach } from './reach';

/** The bytes of a tenant's files: the same ones are kept once. */
export interface Blob {
  id: string;
  objectId: string;
  mediaType: string;
  sizeBytes: number;
  state: FileState;
  scanned: boolean;
  reason: string | null;
  signature: string | null;
  width: number | null;
  height: number | null;
  tries: number;
  store: StoreName;
  key: string;
}

export interface NewBlob {
  sha256: Buffer;
  objectId: string;
  mediaType: string;
  sizeBytes: number;
}

export interface NewFile {
  id: string;
  blobId: string;
  name: string;
  uploadedBy: string | null;
  kept: boolean;
  /** Days after which it goes when nothing uses it. */
  days: number;
}

/** A file as the events tell it. */
export interface NamedFile {
  id: string;
  name: string;
  uploadedBy: string | null;
}

const BLOB = `select b.id, b.object_id as "objectId", b.media_type as "mediaType", b.size_bytes::float8 as "sizeBytes", b.state, b.scanned,
  b.reason, b.signature, b.width, b.height, b.tries, o.store, o.key
  from files.blobs b join files.objects o on o.tenant_id = b.tenant_id and o.id = b.object_id where b.tenant_id = $1`;

/** Files and their bytes. Blobs are locked before files, files before objects. */
@Injectable()
export class FileRepository {
  /** Bytes that are here already, locked so that they stay. */
  async lockBytes(tx: Transaction, sha256: Buffer): Promise<Blob | null> {
    const [row] = await tx.query<Blob>(`${BLOB} and b.sha256 = $2 for update of b`, [tx.tenantId, sha256]);
    return row ?? null;
  }

  async findBlob(tx: Transaction, blobId: string, lock: boolean): Promise<Blob | null> {
    const [row] = await tx.query<Blob>(`${BLOB} and b.id = $2${lock ? ' for update of b' : ''}`, [tx.tenantId, blobId]);
    return row ?? null;
  }

  /** @returns id of the blob, null where another transaction stored the same bytes meanwhile */
  async insertBlob(tx: Transaction, blob: NewBlob): Promise<string | null> {
    const id = newId();
    const inserted = await tx.execute(
      `insert into files.blobs (tenant_id, id, sha256, object_id, media_type, received_bytes, size_bytes, created_at, inspect_at)
       values ($1, $2, $3, $4, $5, $6, $6, kernel.now(), kernel.now() + interval '15 minutes')
       on conflict (tenant_id, sha256) do nothing`,
      [tx.tenantId, id, blob.sha256, blob.objectId, blob.mediaType, blob.sizeBytes],
    );
    return inserted === 1 ? id : null;
  }

  async insertFile(tx: Transaction, file: NewFile): Promise<void> {
    await tx.execute(
      `insert into files.files (tenant_id, id, blob_id, name, uploaded_by, kept, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, kernel.now(), case when $6 then null else kernel.now() + make_interval(days => $7) end)`,
      [tx.tenantId, file.id, file.blobId, file.name, file.uploadedBy, file.kept, file.days],
    );
  }

  filesOf(tx: Transaction, blobId: string): Promise<NamedFile[]> {
    return tx.query<NamedFile>(
      `select id, name, uploaded_by as "uploadedBy" from files.files where tenant_id = $1 and blob_id = $2 order by id`,
      [tx.tenantId, blobId],
    );
  }

  /** Locks files. @param uploadedBy those of this user alone; null: anybody's */
  lockFiles(
    tx: Transaction,
    ids: readonly string[],
    reach: Reach,
  ): Promise<{ id: string; state: FileState; reason: string | null }[]> {
    return tx.query(
      `select f.id, b.state, b.reason from files.files f join files.blobs b on b.tenant_id = f.tenant_id and b.id = f.blob_id
       where f.tenant_id = $1 and f.id = any($2) and ${withinReach(3)} order by f.id for update of f`,
      [tx.tenantId, ids, ...reachParams(reach)],
    );
  }

  /** What uses a file; without what is out of use. */
  async attachmentsOf(tx: Transaction, fileId: string): Promise<{ kind: string; id: string }[]> {
    return tx.query(
      `select owner_kind as kind, owner_id as id from files.attachments where tenant_id = $1 and file_id = $2
         and owner_kind not like 'former-%' order by attached_at, id limit 10`,
      [tx.tenantId, fileId],
    );
  }

  /**
   * Confidential is what its uploader brings for a confidential owner: not what was uploaded to be kept, nor what is used openly.
   * @param by the user who does so
   */
  async attach(tx: Transaction, fileIds: readonly string[], owner: FileOwner, by: string | null): Promise<void> {
    await tx.execute(
      `insert into files.attachments (tenant_id, id, file_id, owner_kind, owner_id, attached_at)
       select $1, x.id, x.file_id, $4, $5, kernel.now() from unnest($2::uuid[], $3::uuid[]) as x(id, file_id)
       on conflict (tenant_id, file_id, owner_kind, owner_id) do nothing`,
      [tx.tenantId, fileIds.map(() => newId()), fileIds, owner.kind, owner.id],
    );
    await tx.execute(
      `update files.files f set expires_at = null, confidential = $3 and (f.confidential or f.uploaded_by = $6 and not f.kept and not exists (
           select from files.attachments a where a.tenant_id = f.tenant_id and a.file_id = f.id and not (a.owner_kind = $4 and a.owner_id = $5)))
       where tenant_id = $1 and id = any($2)`,
      [tx.tenantId, fileIds, owner.confidential ?? false, owner.kind, owner.id, by],
    );
  }

  /** The files are locked first, as by whoever deletes one of them at this moment. */
  async renameOwner(tx: Transaction, owner: { kind: string; id: string }, kind: string): Promise<void> {
    const files = await tx.query<{ id: string }>(
      `select id from files.files where tenant_id = $1 and id in (
         select file_id from files.attachments where tenant_id = $1 and owner_kind = $2 and owner_id = $3)
       order by id for update`,
      [tx.tenantId, owner.kind, owner.id],
    );
    const ids = files.map(({ id }) => id);
    if (ids.length === 0) return;
    await this.attach(tx, ids, { kind, id: owner.id }, null);
    await tx.execute(
      `delete from files.attachments where tenant_id = $1 and owner_kind = $2 and owner_id = $3 and file_id = any($4)`,
      [tx.tenantId, owner.kind, owner.id, ids],
    );
  }

  /** @param days after which files go that nothing uses any more */
  async detach(
    tx: Transaction,
    owner: { kind: string; id: string },
    fileIds: readonly string[] | null,
    days: number,
  ): Promise<void> {
    const gone = await tx.query<{ id: string }>(
      `delete from files.attachments where tenant_id = $1 and owner_kind = $2 and owner_id = $3
         and ($4::uuid[] is null or file_id = any($4)) returning file_id as id`,
      [tx.tenantId, owner.kind, owner.id, fileIds],
    );
    if (gone.length === 0) return;
    const ids = gone.map(({ id }) => id);
    // Locked first: one who attaches them at this moment is waited for, and then seen.
    await tx.query(`select id from files.files where tenant_id = $1 and id = any($2) order by id for update`, [
      tx.tenantId,
      ids,
    ]);
    await tx.execute(
      `update files.files f set expires_at = kernel.now() + make_interval(days => $3)
       where f.tenant_id = $1 and f.id = any($2) and not f.kept
         and not exists (select 1 from files.attachments a where a.tenant_id = f.tenant_id and a.file_id = f.id)`,
      [tx.tenantId, ids, days],
    );
  }

  /** Lets go of it what still names it; its bytes go with the last file that has them (a trigger). */
  async removeFile(tx: Transaction, fileId: string): Promise<void> {
    await tx.execute(`delete from files.attachments where tenant_id = $1 and file_id = $2`, [tx.tenantId, fileId]);
    await tx.execute(`delete from files.files where tenant_id = $1 and id = $2`, [tx.tenantId, fileId]);
  }

  /** What was found of pending bytes, or of clean ones that nobody had scanned. */
  async settle(
    tx: Transaction,
    blobId: string,
    { state, scanned, reason, signature }: Verdict,
    more: { objectId: string; sizeBytes: number; width: number | null; height: number | null },
  ): Promise<void> {
    await tx.execute(
      `update files.blobs set state = $3, scanned = $4, reason = $5, signature = $6, object_id = $7, size_bytes = $8, width = $9,
         height = $10, inspect_at = null, settled_at = coalesce(settled_at, kernel.now())
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, blobId, state, scanned, reason, signature, more.objectId, more.sizeBytes, more.width, more.height],
    );
  }

  async insertRenditions(
    tx: Transaction,
    blobId: string,
    renditions: readonly (Rendition & { objectId: string })[],
  ): Promise<void> {
    for (const it of renditions)
      tx.later(
        `insert into files.renditions (tenant_id, id, blob_id, object_id, name, media_type, width, height, size_bytes)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [tx.tenantId, newId(), blobId, it.objectId, it.name, it.mediaType, it.width, it.height, it.sizeBytes],
      );
  }

  /** Still nothing known: notes why, and when somebody should look after it at the latest. */
  async putOff(tx: Transaction, blobId: string, reason: string, seconds: number): Promise<void> {
    await tx.execute(
      `update files.blobs set reason = $3, tries = tries + 1, inspect_at = kernel.now() + make_interval(secs => $4)
       where tenant_id = $1 and id = $2 and state = 'pending'`,
      [tx.tenantId, blobId, reason, seconds],
    );
  }

  /** Bytes that nobody looked after in time; each is given a quarter of an hour more. */
  overdue(tx: Transaction, atOnce: number): Promise<{ id: string }[]> {
    return tx.query(
      `update files.blobs set inspect_at = kernel.now() + interval '15 minutes' where (tenant_id, id) in (
         select tenant_id, id from files.blobs where tenant_id = $1 and inspect_at <= kernel.now()
         order by inspect_at limit ${atOnce} for update skip locked) returning id`,
      [tx.tenantId],
    );
  }
}
