import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { QUOTE_COLUMNS } from '../data/quote.repository';
import type { QuoteRecord, QuoteState } from '../domain/customer-quote';
import { quoteTokenHash } from '../domain/quote-link';
import { quoteViewOf, type QuoteView } from '../domain/quote-view';
import { quoteNotFound } from '../domain/quotes.errors';

/** A quote, for staff or for whoever has the token of its link. @throws AppError not-found `orders.quote-not-found` */
export class FindQuoteQuery extends Query<QuoteView> {
  constructor(
    readonly quoteId: string,
    /** Absent: staff asks. */
    readonly token?: string,
  ) {
    super();
  }
}

/** The quote that a mailed link opens; null for none. The caller has no tenant: the link names it. */
export class QuoteByLinkQuery extends Query<QuoteView | null> {
  constructor(
    readonly tenantId: string,
    readonly token: string,
  ) {
    super();
  }
}

export class ListQuotesQuery extends Query<Page<QuoteView>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** A quote whose time is over has ended, even where no job has come round yet. */
const shown = (row: QuoteRecord, now: Date): QuoteView => {
  const status: QuoteState = row.status === 'sent' && row.validUntil! <= now ? 'expired' : row.status;
  return quoteViewOf({ ...row, status });
};

@QueryHandler(FindQuoteQuery)
export class FindQuoteHandler implements IQueryHandler<FindQuoteQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ quoteId, token }: FindQuoteQuery): Promise<QuoteView> {
    const [row] = await this.database.read<QuoteRecord>(
      `select ${QUOTE_COLUMNS} from orders.quotes q
       where q.tenant_id = kernel.tenant_id() and q.id = $1 and ($2::bytea is null or q.token_hash = $2::bytea)`,
      [quoteId, token === undefined ? null : quoteTokenHash(token)],
    );
    if (!row) throw quoteNotFound();
    return shown(row, this.clock.now());
  }
}

@QueryHandler(QuoteByLinkQuery)
export class QuoteByLinkHandler implements IQueryHandler<QuoteByLinkQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ tenantId, token }: QuoteByLinkQuery): Promise<QuoteView | null> {
    const [row] = await this.database.readAs<QuoteRecord>(
      tenantId,
      `select ${QUOTE_COLUMNS} from orders.quotes q where q.tenant_id = kernel.tenant_id() and q.token_hash = $1`,
      [quoteTokenHash(token)],
    );
    return row ? shown(row, this.clock.now()) : null;
  }
}

const QUOTES = keyset({
  sorts: { createdAt: { sql: 'q.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  id: 'q.id',
  filters: {
    status: { sql: 'q.status', type: 'text' },
    email: { sql: 'q.email', type: 'text' },
  },
});

@QueryHandler(ListQuotesQuery)
export class ListQuotesHandler implements IQueryHandler<ListQuotesQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  execute({ list }: ListQuotesQuery): Promise<Page<QuoteView>> {
    const now = this.clock.now();
    return QUOTES.run<QuoteRecord, QuoteView>(this.database, list, {
      select: QUOTE_COLUMNS,
      from: 'orders.quotes q',
      where: 'q.tenant_id = kernel.tenant_id()',
      params: [],
      map: (row) => shown(row, now),
    });
  }
}

export const QUOTE_QUERIES = [FindQuoteHandler, QuoteByLinkHandler, ListQuotesHandler];
