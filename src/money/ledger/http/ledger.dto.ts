import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsDefined,
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import {
  AnyOf,
  AnyOfNames,
  IsTime,
  ListQuery,
  pageOf,
  TimeRange,
  TimeRangeFilter,
} from '../../../kernel/http/pagination';
import { isCurrency } from '../../../kernel/money/money';
import { ACCOUNT_TYPES, type AccountType } from '../domain/chart';
import { MOST_LINES, type JournalKind, type Side } from '../domain/journal-draft';
import type { AccountFacts } from '../queries/account-view';
import type { JournalFacts } from '../queries/journal-view';
import type { TrialBalance, TrialBalanceLine } from '../queries/trial-balance';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

const SIDES: readonly Side[] = ['debit', 'credit'];
const KINDS: readonly JournalKind[] = ['posted', 'pending', 'post', 'void'];
const CODE = /^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$/;

const IsCurrency = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  });

/** Money of the ledger. */
export class LedgerMoneyView {
  /**
   * Integer minor units.
   * @example 1250
   */
  amount: number;
  /**
   * ISO 4217.
   * @example "EUR"
   */
  currency: string;
}

/** A positive amount of money. */
export class LedgerMoneyBody {
  /**
   * Integer minor units.
   * @example 1250
   */
  @IsInt()
  @Min(1)
  @Max(1e15)
  amount: number;

  /**
   * ISO 4217.
   * @example "EUR"
   */
  @IsCurrency()
  currency: string;
}

/** One side of a journal. */
export class JournalLineBody {
  /**
   * Code of the account.
   * @example "1000"
   */
  @Matches(CODE)
  account: string;

  /** @example "debit" */
  @IsIn(SIDES)
  side: Side;

  @IsDefined()
  @ValidateNested()
  @Type(() => LedgerMoneyBody)
  amount: LedgerMoneyBody;

  /**
   * Channel that reports count it under.
   * @example "web"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 40)
  channel?: string;
}

/** What a journal is about. */
export class JournalDocumentBody {
  /** @example "contract" */
  @IsString()
  @Length(1, 40)
  type: string;

  /** @example "C-2026-17" */
  @IsString()
  @Length(1, 100)
  id: string;
}

/** What a movement was that a provider reports. */
export class ResolveSuspenseBody {
  /**
   * Code of the account that it belongs on.
   * @example "5200"
   */
  @Matches(CODE)
  account: string;

  /** @example "Monthly price of the terminal" */
  @IsString()
  @Length(1, 500)
  description: string;
}

export class ListSuspenseParams extends ListQuery {
  /** `resolved` lists what was explained; default `open`, what waits. */
  @ApiPropertyOptional({ enum: ['open', 'resolved'], example: 'open' })
  @MayBeAbsent()
  @IsIn(['open', 'resolved'])
  state?: 'open' | 'resolved';
}

/** A journal by hand. */
export class PostJournalBody {
  /** @example "Opening balance of the bank account" */
  @IsString()
  @Length(1, 500)
  description: string;

  /**
   * When it counts; default now.
   * @example "2026-01-01T00:00:00Z"
   */
  @MayBeAbsent()
  @IsTime()
  effectiveAt?: string;

  /** Only reserves, to be posted or voided later; default false. */
  @MayBeAbsent()
  @IsBoolean()
  pending?: boolean;

  @MayBeAbsent()
  @ValidateNested()
  @Type(() => JournalDocumentBody)
  document?: JournalDocumentBody;

  /**
   * Debits and credits, equal in each currency.
   * @example [{ "account": "1000", "side": "debit", "amount": { "amount": 125000, "currency": "EUR" } }, { "account": "3900", "side": "credit", "amount": { "amount": 125000, "currency": "EUR" } }]
   */
  @IsArray()
  @ArrayMinSize(2)
  @ArrayMaxSize(MOST_LINES)
  @ValidateNested({ each: true })
  @Type(() => JournalLineBody)
  lines: JournalLineBody[];
}

/** How a pending journal is posted. */
export class PostPendingBody {
  /** @example "Delivered in part" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  description?: string;

  /** When it counts; default now. */
  @MayBeAbsent()
  @IsTime()
  effectiveAt?: string;

  /**
   * Smaller amounts on the same accounts and sides; default all of it.
   * @example [{ "account": "1000", "side": "debit", "amount": { "amount": 125000, "currency": "EUR" } }, { "account": "3900", "side": "credit", "amount": { "amount": 125000, "currency": "EUR" } }]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(2)
  @ArrayMaxSize(MOST_LINES)
  @ValidateNested({ each: true })
  @Type(() => JournalLineBody)
  lines?: JournalLineBody[];
}

/** Why a pending journal is let go, or a posted one reversed. */
export class JournalNoteBody {
  /** @example "Entered twice" */
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  description?: string;
}

/** A further account. */
export class OpenLedgerAccountBody {
  /** @example "6100" */
  @Matches(CODE)
  code: string;

  /** @example "EUR" */
  @IsCurrency()
  currency: string;

  /** @example "Rent" */
  @IsString()
  @Length(1, 100)
  name: string;

  /** @example "expense" */
  @IsIn(ACCOUNT_TYPES)
  type: AccountType;

  /** Default: debit for assets and expenses, else credit. */
  @MayBeAbsent()
  @IsIn(SIDES)
  normalSide?: Side;

  /** Whether its balance may be below zero; default true. One that may not refuses what it cannot cover. */
  @MayBeAbsent()
  @IsBoolean()
  mayGoNegative?: boolean;
}

/** What pending journals would add. */
export class PendingSumsView {
  debits: LedgerMoneyView;
  credits: LedgerMoneyView;
}

/** An account with its balance of now. */
export class LedgerAccountView implements AccountFacts {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /** @example "1100" */
  code: string;
  /** @example "EUR" */
  currency: string;
  /** @example "Payments in transit" */
  name: string;
  /** @example "asset" */
  type: AccountType;
  /** @example "debit" */
  normalSide: Side;
  /** @example true */
  mayGoNegative: boolean;
  /**
   * Part of the standard chart.
   * @example true
   */
  standard: boolean;
  debits: LedgerMoneyView;
  credits: LedgerMoneyView;
  /** In the account's normal direction. */
  balance: LedgerMoneyView;
  pending: PendingSumsView;
}

export class LedgerAccountPage extends pageOf(LedgerAccountView) {}

/** Filters of the chart of accounts. */
export class ListLedgerAccountsParams extends ListQuery {
  /** Codes. */
  @AnyOfNames(CODE, '1100')
  code?: string[];

  /** ISO 4217. */
  @AnyOfNames(/^[A-Z]{3}$/, 'EUR')
  currency?: string[];

  @AnyOf(ACCOUNT_TYPES)
  type?: AccountType[];
}

/** What a journal is about, or was posted for. */
export class JournalReferenceView {
  /** @example "contract" */
  type: string;
  /**
   * Mostly a UUID; of journals by hand what was written there.
   * @example "C-2026-17"
   */
  id: string;
}

/** Place of a journal in the hash chain of its organization. */
export class JournalSealView {
  /** @example 42 */
  seq: number;
  /**
   * SHA-256 in hexadecimal.
   * @example "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
   */
  hash: string;
}

/** One line of a journal. */
export class PostingView {
  /** @example "1100" */
  account: string;
  /** @example "Payments in transit" */
  accountName: string;
  /** @example "debit" */
  side: Side;
  amount: LedgerMoneyView;
  /**
   * What it is about: `sku`, `product`, `channel`, `provider`, `country`, `customer`, `supplier`.
   * @example { "channel": "web" }
   */
  dimensions: Record<string, string>;
}

/** A journal with its lines. It never changes; what became of it is told by the journals that point at it. */
export class JournalView implements JournalFacts {
  /** @example "019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c" */
  id: string;
  /**
   * `posted` counts, `pending` only reserves; `post` and `void` end a pending one.
   * @example "posted"
   */
  kind: JournalKind;
  /** @example "payment-captured" */
  purpose: string;
  /** @example "Payment captured" */
  description: string;
  source: JournalReferenceView;
  document: JournalReferenceView | null;
  /** @example null */
  paymentId: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  effectiveAt: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  postedAt: string;
  /** @example null */
  actorId: string | null;
  /** @example null */
  resolvesId: string | null;
  /** @example null */
  resolvedById: string | null;
  /** @example null */
  reversesId: string | null;
  /** @example null */
  reversedById: string | null;
  /** Null until it is sealed, within seconds. */
  seal: JournalSealView | null;
  lines: PostingView[];
}

export class JournalPage extends pageOf(JournalView) {}

/** Filters of the journal. */
export class ListJournalsParams extends ListQuery {
  /** Id of the event it was posted for, or of the order, stock document or payment that it is about. */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  sourceId?: string;

  @AnyOf(KINDS)
  kind?: JournalKind[];

  /** Such as `payment-captured`. */
  @AnyOfNames(/^[a-z][a-z-]{0,59}$/, 'payment-captured')
  purpose?: string[];

  /** Codes of accounts, any of which it touches. */
  @AnyOfNames(CODE, '1100')
  account?: string[];

  @TimeRangeFilter()
  effectiveAt?: TimeRange;
}

/** Moment of a trial balance. */
export class TrialBalanceParams {
  /** What counts up to and at this moment; default now. */
  @MayBeAbsent()
  @IsTime()
  at?: string;
}

/** One account in the trial balance. */
export class TrialBalanceLineView implements TrialBalanceLine {
  /** @example "1100" */
  account: string;
  /** @example "Payments in transit" */
  name: string;
  /** @example "asset" */
  type: AccountType;
  /** @example "debit" */
  normalSide: Side;
  /** @example "EUR" */
  currency: string;
  debits: LedgerMoneyView;
  credits: LedgerMoneyView;
  /** Debits less credits. */
  balance: LedgerMoneyView;
}

/** Sums of one currency; the balance is zero. */
export class TrialBalanceTotalView {
  /** @example "EUR" */
  currency: string;
  debits: LedgerMoneyView;
  credits: LedgerMoneyView;
  balance: LedgerMoneyView;
}

/** Debits and credits of every account. */
export class TrialBalanceView implements TrialBalance {
  /** @example "2026-03-01T12:00:00.000Z" */
  at: string;
  data: TrialBalanceLineView[];
  /** One for each currency. */
  total: TrialBalanceTotalView[];
}
