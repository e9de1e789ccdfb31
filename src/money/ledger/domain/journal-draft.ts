import { money, type Money } from '../../../kernel/money/money';
import { unbalanced, tooFewLines, tooManyLines } from './ledger.errors';

export type Side = 'debit' | 'credit';

/**
 * `posted` counts at once; `pending` only reserves; `post` makes a pending one count, up to its amounts; `void` lets it
 * go. Source: the two-phase transfers of TigerBeetle's data model.
 */
export type JournalKind = 'posted' | 'pending' | 'post' | 'void';

/** What a posting is about, so that reports can tell products and channels apart. All optional. */
export interface Dimensions {
  sku?: string;
  channel?: string;
  /** Payment provider. */
  provider?: string;
  /** Country of the tax, ISO 3166-1 alpha-2. */
  country?: string;
  customer?: string;
  /** Whom goods were bought of, by id. */
  supplier?: string;
  /** Name of the product as it was sold. */
  product?: string;
}

export interface Line {
  /** Code of the account. */
  account: string;
  /** Minor units; debit positive, credit negative, never zero. */
  amount: Money;
  dimensions?: Dimensions;
}

/** A journal as it is asked for. */
export interface JournalDraft {
  kind: JournalKind;
  /** What kind of business it is, e.g. `payment-captured`, `manual`. */
  purpose: string;
  description: string;
  /** What it was posted for; `event` with the id of the event, or `manual` with the journal's own. */
  source: { type: string; id: string };
  /** What it is about: the order, the stock document. */
  document?: { type: string; id: string };
  paymentId?: string;
  /** A second journal with the same key is not posted. */
  idempotencyKey: string;
  effectiveAt: Date;
  lines: Line[];
  resolvesId?: string;
  reversesId?: string;
  actorId?: string | null;
}

/** Lines of a journal by hand. */
export const MOST_LINES = 1_000;
/** A statement carries all lines at once; the largest journals are those of orders with many lines. */
const MOST_LINES_AT_ALL = 20_000;

/** A debit, where there is something to debit. */
export const debit = (account: string, amount: Money, dimensions?: Dimensions): Line[] =>
  amount.amount === 0 ? [] : [{ account, amount, dimensions }];

/** A credit, where there is something to credit. A negative amount is a debit. */
export const credit = (account: string, amount: Money, dimensions?: Dimensions): Line[] =>
  amount.amount === 0 ? [] : [{ account, amount: money(-amount.amount, amount.currency), dimensions }];

/** Debits less credits per currency; all zero in a balanced journal. Exact, whatever the size. */
export function sums(lines: readonly Line[]): Map<string, bigint> {
  const totals = new Map<string, bigint>();
  for (const { amount } of lines)
    totals.set(amount.currency, (totals.get(amount.currency) ?? 0n) + BigInt(amount.amount));
  return totals;
}

/**
 * Debits equal credits in each currency, and there are at least two lines (none for a void). The database says so
 * again at the commit.
 * @throws AppError invalid `ledger.unbalanced`, `ledger.too-few-lines`, `ledger.too-many-lines`
 */
export function checkDraft(draft: Pick<JournalDraft, 'kind' | 'lines'>): void {
  const { kind, lines } = draft;
  if (kind === 'void') {
    if (lines.length > 0) throw new Error('A void has no lines.');
    return;
  }
  if (lines.length < 2) throw tooFewLines();
  if (lines.length > MOST_LINES_AT_ALL) throw tooManyLines(MOST_LINES_AT_ALL);
  for (const line of lines) if (line.amount.amount === 0) throw new Error('A posting is never zero.');
  for (const [currency, total] of sums(lines)) if (total !== 0n) throw unbalanced(currency, total);
}
