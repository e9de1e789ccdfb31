import { ApiPropertyOptional } from '@nestjs/swagger';
import { Matches, IsIn, IsString, MaxLength, ValidateBy } from 'class-validator';
import { IANAZone } from 'luxon';
import { AnyOf } from '../../../kernel/http/pagination';
import { isCurrency } from '../../../kernel/money/money';
import { PERIODS } from '../domain/report-periods';
import {
  GROUPINGS,
  type BalanceFigures,
  type CashFigures,
  type Grouped,
  type OwedFigures,
  type ProfitFigures,
  type ReportName,
  type StockFigures,
  type TaxFigures,
} from '../domain/reports';
import { LedgerMoneyView } from './ledger.dto';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

export const FORMATS = ['json', 'csv', 'pdf'] as const;
export type Format = (typeof FORMATS)[number];

const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;
const IsMoment = (): PropertyDecorator =>
  Matches(MOMENT, { message: ({ property }) => `${property} must be a date or a time such as 2026-03-01T12:00:00Z` });

/** A time zone of the IANA database. */
export const IsTimeZone = (): PropertyDecorator =>
  ValidateBy({
    name: 'isTimeZone',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && IANAZone.isValidZone(value),
      defaultMessage: () => 'timeZone must be a time zone such as Europe/Vienna',
    },
  });

/** What every report is asked for by. */
export class ReportParams {
  /**
   * The first day, or moment, that counts; a date begins with its midnight in `timeZone`. Default: the month of `to`.
   * @example "2026-03-01"
   */
  @MayBeAbsent()
  @IsMoment()
  from?: string;

  /**
   * The first day, or moment, that does not count any more. Default: now.
   * @example "2026-04-01"
   */
  @MayBeAbsent()
  @IsMoment()
  to?: string;

  /**
   * IANA name; default the organization's time zone, else UTC.
   * @example "Europe/Vienna"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(64)
  @IsTimeZone()
  timeZone?: string;

  /** One currency alone (ISO 4217); default all, each by itself. */
  @MayBeAbsent()
  @ValidateBy({
    name: 'isCurrency',
    validator: { validate: isCurrency, defaultMessage: () => 'currency must be an ISO 4217 code such as EUR' },
  })
  currency?: string;

  /** Default: what `Accept` prefers of JSON, CSV and PDF. */
  @ApiPropertyOptional({ enum: FORMATS })
  @MayBeAbsent()
  @IsIn(FORMATS)
  format?: Format;
}

const GroupBy = (report: ReportName): PropertyDecorator =>
  AnyOf([...GROUPINGS[report], ...(report === 'receivables' ? [] : PERIODS)]);

export class ProfitAndLossParams extends ReportParams {
  @GroupBy('profit-and-loss')
  groupBy?: string[];
}
export class CashFlowParams extends ReportParams {
  @GroupBy('cash-flow')
  groupBy?: string[];
}
export class ReceivablesParams extends ReportParams {
  @GroupBy('receivables')
  groupBy?: string[];
}
export class TaxReportParams extends ReportParams {
  @GroupBy('tax')
  groupBy?: string[];
}
export class StockValueParams extends ReportParams {
  @GroupBy('stock-value')
  groupBy?: string[];
}
export class TrialBalanceReportParams extends ReportParams {
  @GroupBy('trial-balance')
  groupBy?: string[];
}

/** What every row says of itself. */
export class FinanceRowView implements Grouped {
  /**
   * `2026-03-01`, `2026-W09`, `2026-03`, `2026-Q1`, `2026`; null where the report is not grouped by a period.
   * @example "2026-03"
   */
  period: string | null;
  /**
   * What it is about: SKU, channel, country, purpose, provider, customer or document by id, code of an account; null where
   * it has none.
   * @example "TEA-100"
   */
  key: string | null;
  /**
   * Name of the product or account, number of the order.
   * @example "Darjeeling"
   */
  name: string | null;
  /** @example "EUR" */
  currency: string;
}

export class FinanceTotalView {
  /** @example "EUR" */
  currency: string;
}

/** The frame of every report. */
export class FinanceFrameView {
  /**
   * RFC 3339; null: from the beginning.
   * @example "2026-03-01T00:00:00.000Z"
   */
  from: string | null;
  /** @example "2026-04-01T00:00:00.000Z" */
  to: string;
  /** @example "UTC" */
  timeZone: string;
  /** @example ["product"] */
  groupBy: string[];
}

/** Revenue, costs, margin. Sums that reduce revenue, and costs, are positive. */
export class ProfitRowView extends FinanceRowView implements ProfitFigures {
  sales: LedgerMoneyView;
  shipping: LedgerMoneyView;
  otherRevenue: LedgerMoneyView;
  discounts: LedgerMoneyView;
  returns: LedgerMoneyView;
  /** Sales + shipping + other revenue − discounts − returns, without tax. */
  netRevenue: LedgerMoneyView;
  /** At the cost of the lots that left. */
  costOfGoods: LedgerMoneyView;
  grossProfit: LedgerMoneyView;
  /**
   * Gross profit in hundredths of a percent of net revenue; null without revenue.
   * @example 4250
   */
  grossMarginBasisPoints: number | null;
  stockLosses: LedgerMoneyView;
  paymentFees: LedgerMoneyView;
  disputeLosses: LedgerMoneyView;
  otherExpenses: LedgerMoneyView;
  netProfit: LedgerMoneyView;
}

export class ProfitTotalView extends FinanceTotalView implements ProfitFigures {
  sales: LedgerMoneyView;
  shipping: LedgerMoneyView;
  otherRevenue: LedgerMoneyView;
  discounts: LedgerMoneyView;
  returns: LedgerMoneyView;
  netRevenue: LedgerMoneyView;
  costOfGoods: LedgerMoneyView;
  grossProfit: LedgerMoneyView;
  /** @example 4250 */
  grossMarginBasisPoints: number | null;
  stockLosses: LedgerMoneyView;
  paymentFees: LedgerMoneyView;
  disputeLosses: LedgerMoneyView;
  otherExpenses: LedgerMoneyView;
  netProfit: LedgerMoneyView;
}

/** Profit and loss. */
export class ProfitAndLossView extends FinanceFrameView {
  /** @example "profit-and-loss" */
  report: 'profit-and-loss';
  data: ProfitRowView[];
  total: ProfitTotalView[];
}

export class CashRowView extends FinanceRowView implements CashFigures {
  inflow: LedgerMoneyView;
  outflow: LedgerMoneyView;
  net: LedgerMoneyView;
}

export class CashTotalView extends FinanceTotalView implements CashFigures {
  opening: LedgerMoneyView;
  inflow: LedgerMoneyView;
  outflow: LedgerMoneyView;
  net: LedgerMoneyView;
  closing: LedgerMoneyView;
}

/** Cash flow of bank and payments in transit, by the direct method. */
export class CashFlowView extends FinanceFrameView {
  /** @example "cash-flow" */
  report: 'cash-flow';
  data: CashRowView[];
  total: CashTotalView[];
}

export class ReceivablesRowView extends FinanceRowView implements OwedFigures {
  owed: LedgerMoneyView;
  /** Of at most 30 days. */
  days30: LedgerMoneyView;
  /** 31 to 60. */
  days60: LedgerMoneyView;
  /** 61 to 90. */
  days90: LedgerMoneyView;
  older: LedgerMoneyView;
  /**
   * When the oldest open part arose.
   * @example "2026-03-01T12:00:00.000Z"
   */
  oldestAt: string | null;
}

export class ReceivablesTotalView extends FinanceTotalView implements OwedFigures {
  owed: LedgerMoneyView;
  days30: LedgerMoneyView;
  days60: LedgerMoneyView;
  days90: LedgerMoneyView;
  older: LedgerMoneyView;
}

/** What is owed, by how long ago it arose; what was paid settles the oldest first. */
export class ReceivablesView extends FinanceFrameView {
  /** @example "receivables" */
  report: 'receivables';
  data: ReceivablesRowView[];
  total: ReceivablesTotalView[];
}

export class TaxRowView extends FinanceRowView implements TaxFigures {
  /** Due before the period. */
  opening: LedgerMoneyView;
  charged: LedgerMoneyView;
  /** Of what was given back or up. */
  givenBack: LedgerMoneyView;
  /** Posted by hand: handed over to the authority, corrected. */
  settled: LedgerMoneyView;
  /** Due at its end. */
  closing: LedgerMoneyView;
}

export class TaxTotalView extends FinanceTotalView implements TaxFigures {
  opening: LedgerMoneyView;
  charged: LedgerMoneyView;
  givenBack: LedgerMoneyView;
  settled: LedgerMoneyView;
  closing: LedgerMoneyView;
}

/** Tax due. */
export class TaxReportView extends FinanceFrameView {
  /** @example "tax" */
  report: 'tax';
  data: TaxRowView[];
  total: TaxTotalView[];
}

export class StockValueRowView extends FinanceRowView implements StockFigures {
  opening: LedgerMoneyView;
  received: LedgerMoneyView;
  issued: LedgerMoneyView;
  /** Posted by hand. */
  adjusted: LedgerMoneyView;
  closing: LedgerMoneyView;
}

export class StockValueTotalView extends FinanceTotalView implements StockFigures {
  opening: LedgerMoneyView;
  received: LedgerMoneyView;
  issued: LedgerMoneyView;
  adjusted: LedgerMoneyView;
  closing: LedgerMoneyView;
}

/** Stock at the cost of its lots: the inventory account. */
export class StockValueView extends FinanceFrameView {
  /** @example "stock-value" */
  report: 'stock-value';
  data: StockValueRowView[];
  total: StockValueTotalView[];
}

export class BalanceRowView extends FinanceRowView implements BalanceFigures {
  /** Debits less credits before the period. */
  opening: LedgerMoneyView;
  debits: LedgerMoneyView;
  credits: LedgerMoneyView;
  /** Debits less credits at its end. */
  closing: LedgerMoneyView;
}

export class BalanceTotalView extends FinanceTotalView implements BalanceFigures {
  opening: LedgerMoneyView;
  debits: LedgerMoneyView;
  credits: LedgerMoneyView;
  closing: LedgerMoneyView;
}

/** Every account with what it moved; opening and closing of each currency sum to zero. */
export class TrialBalanceReportView extends FinanceFrameView {
  /** @example "trial-balance" */
  report: 'trial-balance';
  data: BalanceRowView[];
  total: BalanceTotalView[];
}
