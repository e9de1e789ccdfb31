import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { accountView, type AccountFacts, type AccountRowWithSums } from './account-view';

/** A page of the chart of accounts with balances, by code. */
export class ListAccountsQuery extends Query<Page<AccountFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const ACCOUNTS = keyset({
  id: 'a.id',
  sorts: { code: { sql: 'a.code', type: 'text' } },
  defaultSort: 'code',
  filters: {
    code: { sql: 'a.code', type: 'text' },
    currency: { sql: 'a.currency', type: 'text' },
    type: { sql: 'a.type', type: 'text' },
  },
});

@QueryHandler(ListAccountsQuery)
export class ListAccountsHandler implements IQueryHandler<ListAccountsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListAccountsQuery): Promise<Page<AccountFacts>> {
    return ACCOUNTS.run<AccountRowWithSums, AccountFacts>(this.database, list, {
      select: `a.id, a.code, a.currency, a.name, a.type, a.normal_side as "normalSide", a.may_go_negative as "mayGoNegative", a.standard,
        s.debits, s.credits, s.debits_pending as "debitsPending", s.credits_pending as "creditsPending"`,
      from: `ledger.accounts a cross join lateral (
        select coalesce(sum(b.debits), 0)::bigint as debits, coalesce(sum(b.credits), 0)::bigint as credits,
          coalesce(sum(b.debits_pending), 0)::bigint as debits_pending, coalesce(sum(b.credits_pending), 0)::bigint as credits_pending
        from ledger.balances b where b.tenant_id = a.tenant_id and b.account_id = a.id) s`,
      where: 'a.tenant_id = kernel.tenant_id()',
      map: accountView,
    });
  }
}
