import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { entryNotFound } from '../domain/fraud.errors';
import { normalEntry, type EntryKind, type ListName } from '../domain/list-entry';

export interface ListEntryFacts {
  id: string;
  list: ListName;
  kind: EntryKind;
  value: string;
  note: string | null;
  /** RFC 3339; from then on it counts no more. */
  expiresAt: string | null;
  createdBy: string | null;
  createdAt: string;
}

export class ListEntriesQuery extends Query<Page<ListEntryFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fraud.list-entry-not-found` */
export class FindListEntryQuery extends Query<ListEntryFacts> {
  constructor(readonly entryId: string) {
    super();
  }
}

const COLUMNS = 'e.id, e.list, e.kind, e.value, e.note, e.expires_at, e.created_by as "createdBy", e.created_at';

type Row = Omit<ListEntryFacts, 'expiresAt' | 'createdAt'> & { expires_at: Date | null; created_at: Date };

const viewOf = ({ expires_at: expiresAt, created_at: createdAt, ...row }: Row): ListEntryFacts => ({
  ...row,
  expiresAt: expiresAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
});

const KINDS: readonly EntryKind[] = ['email', 'domain', 'ip', 'card', 'country', 'account', 'device'];

const ENTRIES = keyset({
  id: 'e.id',
  sorts: { createdAt: { sql: 'e.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    list: { sql: 'e.list', type: 'text' },
    kind: { sql: 'e.kind', type: 'text' },
    // The value as it may be kept under each kind.
    value: (value: string, place) => {
      const forms = KINDS.map((kind) => [kind, normalEntry(kind, value)]).filter(([, form]) => form !== null);
      return `e.entry = any(${place(
        forms.map(([kind, form]) => `${kind}:${form}`),
        'text[]',
      )})`;
    },
  },
});

@QueryHandler(ListEntriesQuery)
export class ListEntriesHandler implements IQueryHandler<ListEntriesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListEntriesQuery): Promise<Page<ListEntryFacts>> {
    return ENTRIES.run<Row, ListEntryFacts>(this.database, list, {
      select: COLUMNS,
      from: 'fraud.list_entries e',
      where: 'e.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindListEntryQuery)
export class FindListEntryHandler implements IQueryHandler<FindListEntryQuery> {
  constructor(private readonly database: Database) {}

  async execute({ entryId }: FindListEntryQuery): Promise<ListEntryFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from fraud.list_entries e where e.tenant_id = kernel.tenant_id() and e.id = $1`,
      [entryId],
    );
    if (!row) throw entryNotFound();
    return viewOf(row);
  }
}
