import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, ListQuery } from '../../../kernel/http/pagination';
import { csvFile, type CsvCell } from '../../../kernel/tabular/csv-writer';
import { SubjectKeys } from '../data/subject-keys';
import { reversedPeriod } from '../domain/audit.errors';
import { ExportEntriesQuery, type EntryFilters } from '../contracts/export-entries';
import { entryFilters, withDigests } from './entry-filters';
import { type AuditEntry, ENTRY_FROM, ENTRY_SELECT, type EntryRow, entryView } from './entry-view';

const BATCH = 500;
const ENTRIES = keyset({ id: 'e.id', sorts: {}, defaultSort: 'id', filters: entryFilters });

@QueryHandler(ExportEntriesQuery)
export class ExportEntriesHandler implements IQueryHandler<ExportEntriesQuery> {
  constructor(
    private readonly database: Database,
    private readonly keys: SubjectKeys,
  ) {}

  async execute({ format, filters }: ExportEntriesQuery): Promise<AsyncIterable<string>> {
    if (Date.parse(filters.from ?? '') >= Date.parse(filters.to ?? '')) throw reversedPeriod();
    // The pieces are pulled by a socket later, outside of this request's context: the tenant is taken along.
    const tenantId = currentContext().tenantId ?? PLATFORM_TENANT;
    const first = await this.page(tenantId, filters, null);
    const pages = this.pages(tenantId, filters, first);
    return format === 'csv' ? csvFile(HEADER, rowsOf(pages)) : linesOf(pages);
  }

  private async *pages(tenantId: string, filters: EntryFilters, first: AuditEntry[]): AsyncGenerator<AuditEntry[]> {
    for (let page = first; page.length > 0;) {
      yield page;
      if (page.length < BATCH) return;
      page = await this.page(tenantId, filters, page[page.length - 1].id);
    }
  }

  private async page(tenantId: string, filters: EntryFilters, after: string | null): Promise<AuditEntry[]> {
    const asked = withDigests(Object.assign(new ListQuery(), filters), (kind, value) =>
      this.keys.digests(tenantId, kind, value),
    );
    const { where, params } = ENTRIES.list(asked).filtered;
    const place = `$${params.length + 1}`;
    const rows = await this.database.readAs<EntryRow>(
      tenantId,
      `select ${ENTRY_SELECT} from ${ENTRY_FROM} where e.tenant_id = kernel.tenant_id()${where}
         and e.id > greatest(${place}::uuid, '00000000-0000-0000-0000-000000000000') order by e.id limit ${BATCH}`,
      [...params, after],
    );
    const pii = await this.keys.open(tenantId, rows);
    return rows.map((row) => entryView(row, pii.get(row.id) ?? null));
  }
}

const COLUMNS: readonly [string, (entry: AuditEntry) => CsvCell][] = [
  ['seq', (e) => e.seq],
  ['id', (e) => e.id],
  ['at', (e) => e.at.toISOString()],
  ['action', (e) => e.action],
  ['category', (e) => e.category],
  ['says', (e) => e.says],
  ['actorKind', (e) => e.actor.kind],
  ['actorId', (e) => e.actor.id],
  ['onBehalfOf', (e) => e.onBehalfOf],
  ['sessionId', (e) => e.sessionId],
  ['ip', (e) => e.ip],
  ['userAgent', (e) => e.userAgent],
  ['email', (e) => e.email],
  ['target', (e) => JSON.stringify(e.target)],
  ['result', (e) => e.result],
  ['reason', (e) => e.reason],
  ['steps', (e) => e.steps.join(' ')],
  ['changes', (e) => JSON.stringify(e.changes)],
  ['continues', (e) => e.continues],
  ['repeats', (e) => e.repeats],
  ['requestId', (e) => e.requestId],
  ['traceId', (e) => e.traceId],
];
const HEADER = COLUMNS.map(([name]) => name);

async function* rowsOf(pages: AsyncIterable<AuditEntry[]>): AsyncGenerator<CsvCell[][]> {
  for await (const page of pages) yield page.map((entry) => COLUMNS.map(([, cell]) => cell(entry)));
}

async function* linesOf(pages: AsyncIterable<AuditEntry[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}
