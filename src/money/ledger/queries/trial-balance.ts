import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { money, type Money } from '../../../kernel/money/money';
import type { AccountType } from '../domain/chart';
import type { Side } from '../domain/journal-draft';

export interface TrialBalanceLine {
  /** Code of the account. */
  account: string;
  name: string;
  type: AccountType;
  normalSide: Side;
  currency: string;
  debits: Money;
  credits: Money;
  /** Debits less credits. */
  balance: Money;
}

export interface TrialBalance {
  /** RFC 3339: what counts up to and at this moment. */
  at: string;
  data: TrialBalanceLine[];
  /** One for each currency; balance is zero. */
  total: { currency: string; debits: Money; credits: Money; balance: Money }[];
}

/** Debits and credits of every account at a moment, from the journal alone. */
export class TrialBalanceQuery extends Query<TrialBalance> {
  constructor(readonly at: Date) {
    super();
  }
}

interface Row {
  account: string;
  name: string;
  type: AccountType;
  normalSide: Side;
  currency: string;
  debits: number;
  credits: number;
}

@QueryHandler(TrialBalanceQuery)
export class TrialBalanceHandler implements IQueryHandler<TrialBalanceQuery> {
  constructor(private readonly database: Database) {}

  async execute({ at }: TrialBalanceQuery): Promise<TrialBalance> {
    const rows = await this.database.read<Row>(
      `select a.code as account, a.name, a.type, a.normal_side as "normalSide", a.currency, x.debits, x.credits
       from (select p.account_id, sum(greatest(p.amount, 0))::bigint as debits, sum(greatest(-p.amount, 0))::bigint as credits
         from ledger.journals j join ledger.postings p on p.tenant_id = j.tenant_id and p.journal_id = j.id
         where j.tenant_id = kernel.tenant_id() and j.effective_at <= $1 and j.kind in ('posted', 'post')
         group by p.account_id) x
       join ledger.accounts a on a.tenant_id = kernel.tenant_id() and a.id = x.account_id
       order by a.code, a.currency`,
      [at],
    );
    const totals = new Map<string, { debits: number; credits: number }>();
    for (const { currency, debits, credits } of rows) {
      const total = totals.get(currency) ?? { debits: 0, credits: 0 };
      totals.set(currency, { debits: total.debits + debits, credits: total.credits + credits });
    }
    const sides = (currency: string, debits: number, credits: number) => ({
      currency,
      debits: money(debits, currency),
      credits: money(credits, currency),
      balance: money(debits - credits, currency),
    });
    return {
      at: at.toISOString(),
      data: rows.map(({ account, name, type, normalSide, currency, debits, credits }) => ({
        account,
        name,
        type,
        normalSide,
        ...sides(currency, debits, credits),
      })),
      total: [...totals]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([currency, { debits, credits }]) => sides(currency, debits, credits)),
    };
  }
}
