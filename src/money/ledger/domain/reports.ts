import { money, type Money } from '../../../kernel/money/money';
import { CODES, type AccountType } from './chart';
import { groupingInvalid } from './ledger.errors';
import { PERIODS, type Period } from './report-periods';

export const REPORTS = ['profit-and-loss', 'cash-flow', 'receivables', 'tax', 'stock-value', 'trial-balance'] as const;
export type ReportName = (typeof REPORTS)[number];

/** What each report tells apart besides periods. */
export const GROUPINGS = {
  'profit-and-loss': ['product', 'channel', 'country'],
  'cash-flow': ['purpose', 'provider'],
  receivables: ['customer', 'document'],
  tax: ['country', 'channel'],
  'stock-value': ['product'],
  'trial-balance': [],
} as const satisfies Record<ReportName, readonly string[]>;

/** A row of any report: what it is about. */
export interface Grouped {
  /** `2026-03-01`, `2026-W09`, `2026-03`, `2026-Q1`, `2026`; null where the report is not grouped by a period. */
  period: string | null;
  /** SKU, channel, country, purpose, provider, id of a customer or document, code of an account; null: none. */
  key: string | null;
  /** The product's name, the account's, the number of an order. */
  name: string | null;
  currency: string;
}

/** What reports are made of. */
interface Moved {
  n: number;
  account: string;
  accountName: string;
  type: AccountType;
  currency: string;
  purpose: string;
  key: string;
  name: string | null;
  debits: number;
  credits: number;
}

export interface ReportFrame {
  /** Labels of the periods by their place. */
  labels: (string | null)[];
  period?: Period;
}

/** A sum per row and one per currency, in the order of keys, periods and currencies. */
class Sheet<Sums extends object> {
  private readonly rows = new Map<string, Grouped & { n: number; sums: Sums }>();
  private readonly currencies = new Map<string, Sums>();

  constructor(
    private readonly frame: ReportFrame,
    private readonly fresh: () => Sums,
  ) {}

  /** Brings a cell to its row and to the total of its currency. */
  add({ n, key, name, currency }: Pick<Moved, 'n' | 'key' | 'name' | 'currency'>, bring: (sums: Sums) => void): void {
    const id = JSON.stringify([n, key, currency]);
    let row = this.rows.get(id);
    if (!row) {
      row = { n, period: this.frame.labels[n] ?? null, key: key || null, name: null, currency, sums: this.fresh() };
      this.rows.set(id, row);
    }
    row.name ??= name;
    bring(row.sums);
    this.total(currency, bring);
  }

  total(currency: string, bring: (sums: Sums) => void): void {
    let total = this.currencies.get(currency);
    if (!total) this.currencies.set(currency, (total = this.fresh()));
    bring(total);
  }

  data<Row>(view: (sums: Sums, currency: string) => Row): (Grouped & Row)[] {
    return [...this.rows.values()]
      .sort((a, b) => a.n - b.n || (a.key ?? '').localeCompare(b.key ?? '') || a.currency.localeCompare(b.currency))
      .map(({ period, key, name, currency, sums }) => ({ period, key, name, currency, ...view(sums, currency) }));
  }

  totals<Row>(view: (sums: Sums, currency: string) => Row): (Row & { currency: string })[] {
    return [...this.currencies]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([currency, sums]) => ({ currency, ...view(sums, currency) }));
  }
}

/** Figures of profit and loss; what reduces revenue, and costs, are positive numbers. */
export interface ProfitFigures {
  sales: Money;
  shipping: Money;
  otherRevenue: Money;
  discounts: Money;
  returns: Money;
  /** Sales + shipping + other revenue − discounts − returns. */
  netRevenue: Money;
  costOfGoods: Money;
  /** Net revenue − cost of goods. */
  grossProfit: Money;
  /** Gross profit of net revenue in hundredths of a percent; null without revenue. */
  grossMarginBasisPoints: number | null;
  stockLosses: Money;
  paymentFees: Money;
  disputeLosses: Money;
  otherExpenses: Money;
  netProfit: Money;
}

const PROFIT = {
  sales: 0,
  shipping: 0,
  otherRevenue: 0,
  discounts: 0,
  returns: 0,
  costOfGoods: 0,
  stockLosses: 0,
  paymentFees: 0,
  disputeLosses: 0,
  otherExpenses: 0,
};
type ProfitSums = typeof PROFIT;

const FIGURE_OF: Record<string, keyof ProfitSums> = {
  [CODES.sales]: 'sales',
  [CODES.shipping]: 'shipping',
  [CODES.discounts]: 'discounts',
  [CODES.returns]: 'returns',
  [CODES.costOfGoods]: 'costOfGoods',
  [CODES.stockAdjustments]: 'stockLosses',
  [CODES.scrap]: 'stockLosses',
  [CODES.paymentFees]: 'paymentFees',
  [CODES.disputeLosses]: 'disputeLosses',
};
const EARNED: ReadonlySet<string> = new Set(['sales', 'shipping', 'otherRevenue']);

/** Revenue and cost of what counts in the period, margin and result. `cells`: accounts of revenue and expense. */
export function profitAndLoss(cells: readonly Moved[], frame: ReportFrame) {
  const sheet = new Sheet(frame, (): ProfitSums => ({ ...PROFIT }));
  for (const cell of cells) {
    const figure = FIGURE_OF[cell.account] ?? (cell.type === 'revenue' ? 'otherRevenue' : 'otherExpenses');
    const amount = EARNED.has(figure) ? cell.credits - cell.debits : cell.debits - cell.credits;
    sheet.add(cell, (sums) => {
      sums[figure] += amount;
    });
  }
  return { data: sheet.data(profitFigures), total: sheet.totals(profitFigures) };
}

function profitFigures(sums: ProfitSums, currency: string): ProfitFigures {
  const of = (amount: number): Money => money(amount, currency);
  const netRevenue = sums.sales + sums.shipping + sums.otherRevenue - sums.discounts - sums.returns;
  const grossProfit = netRevenue - sums.costOfGoods;
  const costs = sums.stockLosses + sums.paymentFees + sums.disputeLosses + sums.otherExpenses;
  return {
    sales: of(sums.sales),
    shipping: of(sums.shipping),
    otherRevenue: of(sums.otherRevenue),
    discounts: of(sums.discounts),
    returns: of(sums.returns),
    netRevenue: of(netRevenue),
    costOfGoods: of(sums.costOfGoods),
    grossProfit: of(grossProfit),
    grossMarginBasisPoints: netRevenue > 0 ? Math.round((grossProfit / netRevenue) * 10_000) : null,
    stockLosses: of(sums.stockLosses),
    paymentFees: of(sums.paymentFees),
    disputeLosses: of(sums.disputeLosses),
    otherExpenses: of(sums.otherExpenses),
    netProfit: of(grossProfit - costs),
  };
}

export interface CashFigures {
  inflow: Money;
  outflow: Money;
  /** Inflow − outflow. */
  net: Money;
}

/** A payout moves money from the provider to the bank: both are cash. */
const WITHIN = 'payout';

/**
 * What came in and went out of bank and payments in transit, by the direct method (IAS 7.18). `cells`: accounts of cash
 * with their purposes, what stood there before the period as n = −1; `byPurpose` makes the purpose the rows' key.
 */
export function cashFlow(cells: readonly Moved[], frame: ReportFrame, byPurpose: boolean) {
  const sheet = new Sheet(frame, () => ({ inflow: 0, outflow: 0 }));
  const opening = new Map<string, number>();
  const inner = new Map<string, { cell: Moved; debits: number; credits: number }>();
  const rowOf = (cell: Moved): Moved => (byPurpose ? { ...cell, key: cell.purpose } : cell);
  for (const cell of cells) {
    const { n, currency, debits, credits } = cell;
    if (n < 0) opening.set(currency, (opening.get(currency) ?? 0) + debits - credits);
    else if (cell.purpose === WITHIN) {
      const id = JSON.stringify([n, currency, cell.key]);
      const known = inner.get(id) ?? { cell, debits: 0, credits: 0 };
      inner.set(id, { cell, debits: known.debits + debits, credits: known.credits + credits });
    } else
      sheet.add(rowOf(cell), (sums) => {
        sums.inflow += debits;
        sums.outflow += credits;
      });
  }
  for (const { cell, debits, credits } of inner.values()) {
    if (debits === credits) continue;
    sheet.add(rowOf(cell), (sums) => {
      sums.inflow += Math.max(0, debits - credits);
      sums.outflow += Math.max(0, credits - debits);
    });
  }
  for (const currency of opening.keys()) sheet.total(currency, () => undefined);
  const figures = ({ inflow, outflow }: { inflow: number; outflow: number }, currency: string): CashFigures => ({
    inflow: money(inflow, currency),
    outflow: money(outflow, currency),
    net: money(inflow - outflow, currency),
  });
  return {
    data: sheet.data(figures),
    total: sheet.totals((sums, currency) => {
      const stood = opening.get(currency) ?? 0;
      return {
        opening: money(stood, currency),
        ...figures(sums, currency),
        closing: money(stood + sums.inflow - sums.outflow, currency),
      };
    }),
  };
}

interface Turnover {
  opening: number;
  debits: number;
  credits: number;
  /** Debits less credits of journals by hand. */
  manual: number;
}

/** Turnover of each row with what stood there before it: what a period closes with, the next one opens with. */
function turnovers<Figures>(
  cells: readonly Moved[],
  { labels }: ReportFrame,
  figures: (turnover: Turnover, currency: string) => Figures,
) {
  const fresh = (): Turnover => ({ opening: 0, debits: 0, credits: 0, manual: 0 });
  const lines = new Map<string, { key: string; name: string | null; currency: string; periods: Turnover[] }>();
  const totals = new Map<string, Turnover>();
  for (const { n, key, name, currency, purpose, debits, credits } of cells) {
    const id = JSON.stringify([key, currency]);
    let line = lines.get(id);
    if (!line) lines.set(id, (line = { key, name, currency, periods: labels.map(fresh) }));
    line.name ??= name;
    let total = totals.get(currency);
    if (!total) totals.set(currency, (total = fresh()));
    for (const sums of [line.periods[Math.max(n, 0)], total]) {
      if (n < 0) sums.opening += debits - credits;
      else if (purpose === 'manual') sums.manual += debits - credits;
      else {
        sums.debits += debits;
        sums.credits += credits;
      }
    }
  }
  const data: (Grouped & Figures & { n: number })[] = [];
  for (const { key, name, currency, periods } of lines.values()) {
    let stood = 0;
    periods.forEach((sums, n) => {
      const opening = sums.opening + stood;
      stood = opening + sums.debits - sums.credits + sums.manual;
      if (opening === 0 && sums.debits === 0 && sums.credits === 0 && sums.manual === 0) return;
      const row = { n, period: labels[n], key: key || null, name, currency };
      data.push({ ...row, ...figures({ ...sums, opening }, currency) });
    });
  }
  data.sort((a, b) => a.n - b.n || (a.key ?? '').localeCompare(b.key ?? '') || a.currency.localeCompare(b.currency));
  return {
    data: data.map(({ n: _n, ...row }) => row as unknown as Grouped & Figures),
    total: [...totals]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([currency, sums]) => ({ currency, ...figures(sums, currency) })),
  };
}

export interface TaxFigures {
  /** What was due before the period. */
  opening: Money;
  charged: Money;
  /** Tax of what was given back or up. */
  givenBack: Money;
  /** Posted by hand: handed over to the authority, corrected. */
  settled: Money;
  /** What is due at its end. */
  closing: Money;
}

/** Tax due: the account of tax payable. */
export const taxReport = (cells: readonly Moved[], frame: ReportFrame) =>
  turnovers(cells, frame, ({ opening, debits, credits, manual }, currency): TaxFigures => ({
    opening: money(-opening, currency),
    charged: money(credits, currency),
    givenBack: money(debits, currency),
    settled: money(manual, currency),
    closing: money(-opening - debits + credits - manual, currency),
  }));

export interface StockFigures {
  opening: Money;
  received: Money;
  issued: Money;
  /** Posted by hand. */
  adjusted: Money;
  closing: Money;
}

/** Stock at cost: the inventory account. */
export const stockReport = (cells: readonly Moved[], frame: ReportFrame) =>
  turnovers(cells, frame, ({ opening, debits, credits, manual }, currency): StockFigures => ({
    opening: money(opening, currency),
    received: money(debits, currency),
    issued: money(credits, currency),
    adjusted: money(manual, currency),
    closing: money(opening + debits - credits + manual, currency),
  }));

export interface BalanceFigures {
  /** Debits less credits before the period. */
  opening: Money;
  debits: Money;
  credits: Money;
  /** Debits less credits at its end. */
  closing: Money;
}

/** Every account: its code is the key of its row. `cells` without purposes. */
export const balanceReport = (cells: readonly Moved[], frame: ReportFrame) =>
  turnovers(
    cells.map((cell) => ({ ...cell, key: cell.account, name: cell.accountName })),
    frame,
    ({ opening, debits, credits }, currency): BalanceFigures => ({
      opening: money(opening, currency),
      debits: money(debits, currency),
      credits: money(credits, currency),
      closing: money(opening + debits - credits, currency),
    }),
  );

/** What somebody owes, by how long ago it arose; payments settle the oldest first. */
export interface OwedFigures {
  owed: Money;
  /** At most 30 days. */
  days30: Money;
  /** 31 to 60. */
  days60: Money;
  /** 61 to 90. */
  days90: Money;
  older: Money;
}

export interface Owed {
  key: string;
  name: string | null;
  currency: string;
  owed: number;
  days30: number;
  days60: number;
  days90: number;
  older: number;
  /** When the oldest open part arose. */
  oldestAt: Date | null;
}

export function receivables(rows: readonly Owed[]) {
  const figures = (sums: Omit<Owed, 'key' | 'name' | 'currency' | 'oldestAt'>, currency: string): OwedFigures => ({
    owed: money(sums.owed, currency),
    days30: money(sums.days30, currency),
    days60: money(sums.days60, currency),
    days90: money(sums.days90, currency),
    older: money(sums.older, currency),
  });
  const totals = new Map<string, Omit<Owed, 'key' | 'name' | 'currency' | 'oldestAt'>>();
  for (const row of rows) {
    const total = totals.get(row.currency) ?? { owed: 0, days30: 0, days60: 0, days90: 0, older: 0 };
    for (const name of ['owed', 'days30', 'days60', 'days90', 'older'] as const) total[name] += row[name];
    totals.set(row.currency, total);
  }
  return {
    data: rows.map((row) => ({
      period: null,
      key: row.key || null,
      name: row.name,
      currency: row.currency,
      ...figures(row, row.currency),
      oldestAt: row.oldestAt?.toISOString() ?? null,
    })),
    total: [...totals]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([currency, sums]) => ({ currency, ...figures(sums, currency) })),
  };
}

/** Rows and totals of a report. Currencies are never added up: each has rows and a total of its own. */
export type MadeReport =
  | ({ report: 'profit-and-loss' } & ReturnType<typeof profitAndLoss>)
  | ({ report: 'cash-flow' } & ReturnType<typeof cashFlow>)
  | ({ report: 'receivables' } & ReturnType<typeof receivables>)
  | ({ report: 'tax' } & ReturnType<typeof taxReport>)
  | ({ report: 'stock-value' } & ReturnType<typeof stockReport>)
  | ({ report: 'trial-balance' } & ReturnType<typeof balanceReport>);

/** Any report, as it is answered: `from` and `to` as RFC 3339, `from` null where it is from the beginning. */
export type FinanceReport = MadeReport & { from: string | null; to: string; timeZone: string; groupBy: string[] };
export type ReportOf<Name extends ReportName> = Extract<FinanceReport, { report: Name }>;

/** What a report is grouped by. */
export interface Grouping {
  period?: Period;
  other?: string;
}

/** @throws AppError `ledger.grouping-invalid` */
export function groupingOf(report: ReportName, groupBy: readonly string[]): Grouping {
  const periods = report === 'receivables' ? [] : PERIODS;
  const others: readonly string[] = GROUPINGS[report];
  const isPeriod = (name: string): name is Period => (periods as readonly string[]).includes(name);
  const period = groupBy.filter(isPeriod);
  const other = groupBy.filter((name) => others.includes(name));
  if (period.length > 1 || other.length > 1 || period.length + other.length !== groupBy.length)
    throw groupingInvalid([...others, ...periods]);
  return { period: period[0], other: other[0] };
}
