import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { StoreName } from '../domain/stored-file';

/** An upload that comes in pieces. Its file will have its id. */
export interface Upload {
  id: string;
  name: string;
  declared: string | null;
  uploadedBy: string | null;
  kept: boolean;
  /** Bytes it will have, and those that came so far. */
  length: number;
  received: number;
  state: 'open' | 'complete';
  expiresAt: Date;
  /** Its time is over. */
  expired: boolean;
}

/** A piece that lies in the storage. */
export interface Piece {
  objectId: string;
  store: StoreName;
  key: string;
  start: number;
  sizeBytes: number;
}

const UPLOAD = `select id, name, declared_type as declared, uploaded_by as "uploadedBy", kept, length::float8 as length,
  received::float8 as received, state, expires_at as "expiresAt", expires_at <= kernel.now() as expired
  from files.uploads where tenant_id = $1 and id = $2 and uploaded_by is not distinct from $3::uuid`;

/** Uploads in pieces. Only who began one sees it. */
@Injectable()
export class UploadRepository {
  async insert(
    tx: Transaction,
    upload: Pick<Upload, 'id' | 'name' | 'declared' | 'uploadedBy' | 'kept' | 'length'>,
    hours: number,
  ): Promise<void> {
    await tx.execute(
      `insert into files.uploads (tenant_id, id, name, declared_type, uploaded_by, kept, length, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, kernel.now(), kernel.now() + make_interval(hours => $8))`,
      [tx.tenantId, upload.id, upload.name, upload.declared, upload.uploadedBy, upload.kept, upload.length, hours],
    );
  }

  async find(tx: Transaction, id: string, uploadedBy: string | null, lock = false): Promise<Upload | null> {
    const [row] = await tx.query<Upload>(`${UPLOAD}${lock ? ' for update' : ''}`, [tx.tenantId, id, uploadedBy]);
    return row ?? null;
  }

  pieces(tx: Transaction, uploadId: string): Promise<Piece[]> {
    return tx.query<Piece>(
      `select p.object_id as "objectId", o.store, o.key, p.start::float8 as start, p.size_bytes::float8 as "sizeBytes"
       from files.pieces p join files.objects o on o.tenant_id = p.tenant_id and o.id = p.object_id
       where p.tenant_id = $1 and p.upload_id = $2 order by p.start`,
      [tx.tenantId, uploadId],
    );
  }

  /** Adds pieces at the end. @returns false where the end is another by now */
  async append(tx: Transaction, uploadId: string, start: number, pieces: readonly Piece[]): Promise<boolean> {
    const bytes = pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const moved = await tx.execute(
      `update files.uploads set received = received + $4
       where tenant_id = $1 and id = $2 and received = $3 and state = 'open' and expires_at > kernel.now()`,
      [tx.tenantId, uploadId, start, bytes],
    );
    if (moved !== 1) return false;
    await tx.execute(
      `insert into files.pieces (tenant_id, id, upload_id, object_id, start, size_bytes)
       select $1, x.id, $2, x.object_id, x.start, x.size_bytes
       from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[]) as x(id, object_id, start, size_bytes)`,
      [
        tx.tenantId,
        uploadId,
        pieces.map(() => newId()),
        pieces.map(({ objectId }) => objectId),
        pieces.map((piece) => piece.start),
        pieces.map(({ sizeBytes }) => sizeBytes),
      ],
    );
    return true;
  }

  /** All of it came, and is a file. */
  async complete(tx: Transaction, uploadId: string): Promise<void> {
    await tx.execute(
      `update files.uploads set state = 'complete', received = length where tenant_id = $1 and id = $2 and state = 'open'`,
      [tx.tenantId, uploadId],
    );
    await tx.execute('delete from files.pieces where tenant_id = $1 and upload_id = $2', [tx.tenantId, uploadId]);
  }

  async remove(tx: Transaction, uploadId: string): Promise<void> {
    await tx.execute('delete from files.uploads where tenant_id = $1 and id = $2', [tx.tenantId, uploadId]);
  }
}
