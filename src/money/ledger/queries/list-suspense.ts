import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { IN_SUSPENSE } from '../domain/chart';
import { JOURNAL, JOURNAL_FROM, journalView, type JournalFacts, type JournalRow } from './journal-view';

/** Movements that wait for an explanation, newest first; with the state `resolved` those that have one. */
export class ListSuspenseQuery extends Query<Page<JournalFacts>> {
  constructor(readonly list: ListQuery & { state?: 'open' | 'resolved' }) {
    super();
  }
}

const explained = `exists (select from ledger.journals x where x.tenant_id = j.tenant_id and x.idempotency_key = 'suspense:' || j.id)`;
const WAITING = keyset({
  id: 'j.id',
  sorts: {},
  defaultSort: '-id',
  filters: { state: (value: string, place) => `${explained} = (${place(value, 'text')} = 'resolved')` },
});

@QueryHandler(ListSuspenseQuery)
export class ListSuspenseHandler implements IQueryHandler<ListSuspenseQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListSuspenseQuery): Promise<Page<JournalFacts>> {
    return WAITING.run<JournalRow, JournalFacts>(this.database, { ...list, state: list.state ?? 'open' } as never, {
      select: JOURNAL,
      from: JOURNAL_FROM,
      where: 'j.tenant_id = kernel.tenant_id() and j.purpose = $1',
      params: [IN_SUSPENSE],
      map: journalView,
    });
  }
}
