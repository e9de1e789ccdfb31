import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { JOURNAL, JOURNAL_FROM, JournalReader, journalView, type JournalFacts, type JournalRow } from './journal-view';

/** A page of the journal, newest first. */
export class ListJournalsQuery extends Query<Page<JournalFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** A journal by id. @throws AppError not-found `ledger.journal-not-found` */
export class FindJournalQuery extends Query<JournalFacts> {
  constructor(readonly id: string) {
    super();
  }
}

const JOURNALS = keyset({
  id: 'j.id',
  sorts: { effectiveAt: { sql: 'j.effective_at', type: 'timestamptz' } },
  // Ids are made in the order of time.
  defaultSort: '-id',
  filters: {
    // The event that it was posted for, or what it is about: the order, the payment.
    sourceId: (value: string, place) => {
      const text = place(value, 'text');
      const payment = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
        ? ` or j.payment_id = ${place(value, 'uuid')}`
        : '';
      return `j.source_id = ${text} or j.document_id = ${text}${payment}`;
    },
    kind: { sql: 'j.kind', type: 'text' },
    purpose: { sql: 'j.purpose', type: 'text' },
    account: (value: string[], place) =>
      `exists (select 1 from ledger.postings p join ledger.accounts a on a.tenant_id = p.tenant_id and a.id = p.account_id
        where p.tenant_id = j.tenant_id and p.journal_id = j.id and a.code = any(${place(value, 'text[]')}))`,
    effectiveAt: { sql: 'j.effective_at', type: 'timestamptz' },
  },
});

@QueryHandler(ListJournalsQuery)
export class ListJournalsHandler implements IQueryHandler<ListJournalsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListJournalsQuery): Promise<Page<JournalFacts>> {
    return JOURNALS.run<JournalRow, JournalFacts>(this.database, list, {
      select: JOURNAL,
      from: JOURNAL_FROM,
      where: 'j.tenant_id = kernel.tenant_id()',
      map: journalView,
    });
  }
}

@QueryHandler(FindJournalQuery)
export class FindJournalHandler implements IQueryHandler<FindJournalQuery> {
  constructor(private readonly reader: JournalReader) {}

  execute({ id }: FindJournalQuery): Promise<JournalFacts> {
    return this.reader.find(id);
  }
}
