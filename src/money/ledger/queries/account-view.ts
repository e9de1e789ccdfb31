import { money, type Money } from '../../../kernel/money/money';
import type { AccountType } from '../domain/chart';
import type { Side } from '../domain/journal-draft';

/** An account with its balance of now. */
export interface AccountFacts {
  id: string;
  code: string;
  currency: string;
  name: string;
  type: AccountType;
  normalSide: Side;
  mayGoNegative: boolean;
  standard: boolean;
  debits: Money;
  credits: Money;
  /** In the account's normal direction. */
  balance: Money;
  /** What pending journals would add. */
  pending: { debits: Money; credits: Money };
}

export interface AccountRowWithSums extends Omit<AccountFacts, 'debits' | 'credits' | 'balance' | 'pending'> {
  debits: number;
  credits: number;
  debitsPending: number;
  creditsPending: number;
}

export function accountView(row: AccountRowWithSums): AccountFacts {
  const of = (amount: number): Money => money(amount, row.currency);
  const balance = row.debits - row.credits;
  return {
    id: row.id,
    code: row.code,
    currency: row.currency,
    name: row.name,
    type: row.type,
    normalSide: row.normalSide,
    mayGoNegative: row.mayGoNegative,
    standard: row.standard,
    debits: of(row.debits),
    credits: of(row.credits),
    balance: of(row.normalSide === 'debit' ? balance : -balance),
    pending: { debits: of(row.debitsPending), credits: of(row.creditsPending) },
  };
}
