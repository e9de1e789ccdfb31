import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { money, type Money } from '../../../kernel/money/money';
import type { AccountType } from '../domain/chart';
import type { Side } from '../domain/journal-draft';
import { ReportCells } from './report-cells';

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

@QueryHandler(TrialBalanceQuery)
export class TrialBalanceHandler implements IQueryHandler<TrialBalanceQuery> {
  constructor(private readonly cells: ReportCells) {}

  async execute({ at }: TrialBalanceQuery): Promise<TrialBalance> {
    // What counts at the moment itself counts as well; the journal counts in milliseconds.
    const ends = new Date(at.getTime() + 1).toISOString();
    const rows = await this.cells.read({ stretches: [{ n: 0, starts: '-infinity', ends }], accounts: 'true' });
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
      data: rows.map(({ account, accountName: name, type, normalSide, currency, debits, credits }) => ({
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
