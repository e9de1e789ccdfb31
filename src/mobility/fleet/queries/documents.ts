import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { DocumentType } from '../domain/document';
import { documentNotFound } from '../domain/fleet.errors';

export interface DocumentFacts {
  id: string;
  vehicleId: string | null;
  driverId: string | null;
  type: DocumentType;
  number: string | null;
  /** Days, `2026-03-01`. */
  issuedOn: string | null;
  expiresOn: string | null;
  warnDays: number;
  state: 'valid' | 'expiring' | 'expired';
  fileId: string | null;
  note: string | null;
  createdAt: string;
}

export class ListDocumentsQuery extends Query<Page<DocumentFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.document-not-found` */
export class FindDocumentQuery extends Query<DocumentFacts> {
  constructor(readonly documentId: string) {
    super();
  }
}

type Row = Omit<DocumentFacts, 'createdAt'> & { createdAt: Date };
const TODAY = `(kernel.now() at time zone 'UTC')::date`;
const STATE = `case when t.expires_on < ${TODAY} then 'expired' when t.expires_on - t.warn_days <= ${TODAY} then 'expiring' else 'valid' end`;
const COLUMNS = `t.id, t.vehicle_id as "vehicleId", t.driver_id as "driverId", t.type, t.number, t.issued_on::text as "issuedOn",
  t.expires_on::text as "expiresOn", t.warn_days as "warnDays", ${STATE} as state, t.file_id as "fileId", t.note, t.created_at as "createdAt"`;
const viewOf = (row: Row): DocumentFacts => ({
  id: row.id,
  vehicleId: row.vehicleId,
  driverId: row.driverId,
  type: row.type,
  number: row.number,
  issuedOn: row.issuedOn,
  expiresOn: row.expiresOn,
  warnDays: row.warnDays,
  state: row.state,
  fileId: row.fileId,
  note: row.note,
  createdAt: row.createdAt.toISOString(),
});
const DOCUMENTS = keyset({
  id: 't.id',
  sorts: {
    expiresOn: { sql: 't.expires_on', type: 'date', nullable: true },
    createdAt: { sql: 't.created_at', type: 'timestamptz' },
  },
  defaultSort: 'expiresOn',
  filters: {
    vehicleId: { sql: 't.vehicle_id', type: 'uuid' },
    driverId: { sql: 't.driver_id', type: 'uuid' },
    type: { sql: 't.type', type: 'text' },
    state: (states: string[], place) => `(${STATE}) = any(${place(states, 'text[]')})`,
  },
});

@QueryHandler(ListDocumentsQuery)
export class ListDocumentsHandler implements IQueryHandler<ListDocumentsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListDocumentsQuery): Promise<Page<DocumentFacts>> {
    return DOCUMENTS.run<Row, DocumentFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fleet.documents t',
      where: 't.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindDocumentQuery)
export class FindDocumentHandler implements IQueryHandler<FindDocumentQuery> {
  constructor(private readonly database: Database) {}

  async execute({ documentId }: FindDocumentQuery): Promise<DocumentFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fleet.documents t where t.tenant_id = kernel.tenant_id() and t.id = $1`,
      [documentId],
    );
    if (!row) throw documentNotFound();
    return viewOf(row);
  }
}
