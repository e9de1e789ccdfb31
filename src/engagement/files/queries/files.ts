import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { FindFilesQuery, type FileFacts } from '../contracts/files';
import { fileNotFound } from '../domain/files.errors';
import type { FileState, Rendition } from '../domain/stored-file';
import { reachOf, reachParams, withinReach } from '../data/reach';

export interface FileDetails extends FileFacts {
  /** Of the bytes as they were uploaded, in hexadecimal. */
  sha256: string;
  scanned: boolean;
  reason: string | null;
  uploadedBy: string | null;
  createdAt: string;
  /** When it goes unless something comes to use it; null while something does, and for those that are kept. */
  expiresAt: string | null;
  attachedTo: { kind: string; id: string }[];
}

export class ListFilesQuery extends Query<Page<FileDetails>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `files.file-not-found`, also for files of others that the caller may not reach */
export class FindFileQuery extends Query<FileDetails> {
  constructor(readonly fileId: string) {
    super();
  }
}

const RENDITIONS = `(select coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'mediaType', r.media_type, 'width', r.width,
    'height', r.height, 'sizeBytes', r.size_bytes) order by r.width, r.media_type desc), '[]')
  from files.renditions r where r.tenant_id = f.tenant_id and r.blob_id = f.blob_id) as renditions`;
const FACTS = `f.id, f.name, b.media_type, b.size_bytes::float8 as size_bytes, b.state, b.width, b.height, ${RENDITIONS}`;
const COLUMNS = `${FACTS}, encode(b.sha256, 'hex') as sha256, b.scanned, coalesce(b.signature, b.reason) as reason, f.uploaded_by,
  f.created_at, f.expires_at,
  (select coalesce(jsonb_agg(jsonb_build_object('kind', a.owner_kind, 'id', a.owner_id) order by a.attached_at, a.id), '[]')
     from (select * from files.attachments a where a.tenant_id = f.tenant_id and a.file_id = f.id order by a.attached_at, a.id limit 10) a)
    as attached_to`;
const FROM = 'files.files f join files.blobs b on b.tenant_id = f.tenant_id and b.id = f.blob_id';

interface FactsRow {
  id: string;
  name: string;
  media_type: string;
  size_bytes: number;
  state: FileState;
  width: number | null;
  height: number | null;
  renditions: Rendition[];
}

interface Row extends FactsRow {
  sha256: string;
  scanned: boolean;
  reason: string | null;
  uploaded_by: string | null;
  created_at: Date;
  expires_at: Date | null;
  attached_to: { kind: string; id: string }[];
}

const factsOf = (row: FactsRow): FileFacts => ({
  id: row.id,
  name: row.name,
  mediaType: row.media_type,
  sizeBytes: row.size_bytes,
  state: row.state,
  width: row.width,
  height: row.height,
  renditions: row.renditions,
});

const detailsOf = (row: Row): FileDetails => ({
  ...factsOf(row),
  sha256: row.sha256,
  scanned: row.scanned,
  reason: row.reason,
  uploadedBy: row.uploaded_by,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  attachedTo: row.attached_to,
});

const FILES = keyset({
  id: 'f.id',
  sorts: { createdAt: { sql: 'f.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    state: { sql: 'b.state', type: 'text' },
    mediaType: { sql: 'b.media_type', type: 'text' },
    uploadedBy: { sql: 'f.uploaded_by', type: 'uuid' },
    createdAt: { sql: 'f.created_at', type: 'timestamptz' },
    sha256: (value: string, place) => `b.sha256 = decode(${place(value, 'text')}, 'hex')`,
    ownerKind: (value: string, place) =>
      `exists (select 1 from files.attachments a where a.tenant_id = f.tenant_id and a.file_id = f.id and a.owner_kind = ${place(value, 'text')})`,
    ownerId: (value: string, place) =>
      `exists (select 1 from files.attachments a where a.tenant_id = f.tenant_id and a.file_id = f.id and a.owner_id = ${place(value, 'text')})`,
  },
});

@QueryHandler(ListFilesQuery)
export class ListFilesHandler implements IQueryHandler<ListFilesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListFilesQuery): Promise<Page<FileDetails>> {
    const reach = reachOf(currentContext().principal, 'files:read');
    // What one brought itself is found by its index.
    const ownAlone = reach !== null && !reach.others;
    return FILES.run<Row, FileDetails>(this.database, list, {
      select: COLUMNS,
      from: FROM,
      where: `f.tenant_id = kernel.tenant_id() and ${ownAlone ? 'f.uploaded_by = $1' : withinReach(1)}`,
      params: ownAlone ? [reach.uploadedBy] : reachParams(reach),
      map: detailsOf,
    });
  }
}

@QueryHandler(FindFileQuery)
export class FindFileHandler implements IQueryHandler<FindFileQuery> {
  constructor(private readonly database: Database) {}

  async execute({ fileId }: FindFileQuery): Promise<FileDetails> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from ${FROM} where f.tenant_id = kernel.tenant_id() and f.id = $1 and ${withinReach(2)}`,
      [fileId, ...reachParams(reachOf(currentContext().principal, 'files:read'))],
    );
    if (!row) throw fileNotFound();
    return detailsOf(row);
  }
}

@QueryHandler(FindFilesQuery)
export class FindFilesHandler implements IQueryHandler<FindFilesQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { ids, seenByCaller = false } }: FindFilesQuery): Promise<FileFacts[]> {
    if (ids.length === 0) return [];
    const rows = await this.database.read<FactsRow>(
      `select ${FACTS} from ${FROM} where f.tenant_id = kernel.tenant_id() and f.id = any($1::uuid[]) and ${withinReach(2)}`,
      [ids, ...reachParams(seenByCaller ? reachOf(currentContext().principal, 'files:read') : null)],
    );
    return rows.map(factsOf);
  }
}
