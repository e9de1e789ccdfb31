import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { importNotFound } from '../domain/catalog.errors';
import type { ImportState, ImportView } from '../domain/product-import';

type Row = Omit<ImportView, 'problem'> & { problemCode: string | null; problemDetail: string | null };

const COLUMNS = `i.id, i.state, i.files, i.profile_name as profile, i.dry_run as "dryRun", i.accept_partial as "acceptPartial",
  i.rows_read as "rowsRead", i.rows_total as "rowsTotal", i.written, i.created, i.updated, i.unchanged, i.refused,
  i.stock_changed as "stockChanged", i.fault_count as "faultCount", i.warnings, i.problem_code as "problemCode",
  i.problem_detail as "problemDetail", i.created_at as "createdAt", i.updated_at as "updatedAt", i.ended_at as "endedAt"`;

const view = ({ problemCode, problemDetail, ...row }: Row): ImportView => ({
  ...row,
  problem: problemCode === null ? null : { code: problemCode, detail: problemDetail ?? '' },
});

/** One import with its faults, or null. Within a unit of work it sees what that has written. */
export async function findImport(database: Database, id: string): Promise<ImportView | null> {
  const rows = await database.read<Row>(
    `select ${COLUMNS}, i.faults from catalog.imports i where i.tenant_id = kernel.tenant_id() and i.id = $1`,
    [id],
  );
  return rows[0] ? view(rows[0]) : null;
}

/** One import with its faults. @throws AppError not-found `catalog.import-not-found` */
export class GetImportQuery extends Query<ImportView> {
  constructor(readonly importId: string) {
    super();
  }
}

@QueryHandler(GetImportQuery)
export class GetImportHandler implements IQueryHandler<GetImportQuery> {
  constructor(private readonly database: Database) {}

  async execute({ importId }: GetImportQuery): Promise<ImportView> {
    const found = await findImport(this.database, importId);
    if (!found) throw importNotFound();
    return found;
  }
}

/** A page of imports without their faults, latest first. */
export class ListImportsQuery extends Query<Page<ImportView>> {
  constructor(readonly query: ListQuery & { state?: ImportState[] }) {
    super();
  }
}

const IMPORTS = keyset({
  id: 'i.id',
  sorts: { createdAt: { sql: 'i.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: { state: { sql: 'i.state', type: 'text' } },
});

@QueryHandler(ListImportsQuery)
export class ListImportsHandler implements IQueryHandler<ListImportsQuery> {
  constructor(private readonly database: Database) {}

  execute({ query }: ListImportsQuery): Promise<Page<ImportView>> {
    return IMPORTS.run<Omit<Row, 'faults'> & { _id: string; _k0: string }, ImportView>(this.database, query, {
      select: COLUMNS,
      from: 'catalog.imports i',
      where: 'i.tenant_id = kernel.tenant_id()',
      map: ({ _id, _k0, ...row }) => view({ ...row, faults: [] }),
    });
  }
}
