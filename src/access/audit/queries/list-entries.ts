import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { SubjectKeys } from '../data/subject-keys';
import { type AuditEntry, ENTRY_FROM, ENTRY_SELECT, type EntryRow, entryView } from './entry-view';
import { entryFilters, withDigests } from './entry-filters';

const ENTRIES = keyset({
  id: 'e.id',
  sorts: { at: { sql: 'e.at', type: 'timestamptz' } },
  defaultSort: '-id',
  filters: entryFilters,
});

/** Entries of the context's tenant, newest first (operators' own: of the platform's). */
export class ListAuditEntriesQuery extends Query<Page<AuditEntry>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

@QueryHandler(ListAuditEntriesQuery)
export class ListAuditEntriesHandler implements IQueryHandler<ListAuditEntriesQuery> {
  constructor(
    private readonly database: Database,
    private readonly keys: SubjectKeys,
  ) {}

  async execute({ list }: ListAuditEntriesQuery): Promise<Page<AuditEntry>> {
    const tenantId = currentContext().tenantId!;
    const { data, page } = await ENTRIES.run<EntryRow, EntryRow>(
      this.database,
      withDigests(list, (kind, value) => this.keys.digests(tenantId, kind, value)),
      { select: ENTRY_SELECT, from: ENTRY_FROM, where: 'e.tenant_id = kernel.tenant_id()', map: (row) => row },
    );
    const pii = await this.keys.open(tenantId, data);
    return { data: data.map((row) => entryView(row, pii.get(row.id) ?? null)), page };
  }
}
