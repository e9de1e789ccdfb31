import type { Money } from '../../../kernel/money/money';
import { PERIODS } from './report-periods';
import type { FinanceReport, ReportName } from './reports';

export const TITLES: Record<ReportName, string> = {
  'profit-and-loss': 'Profit and loss',
  'cash-flow': 'Cash flow',
  receivables: 'Aged receivables',
  tax: 'Tax due',
  'stock-value': 'Stock value',
  'trial-balance': 'Trial balance',
};

/** What a figure is: money, hundredths of a percent, a moment. */
export type Figure = Money | number | string | null;

export interface FigureColumn {
  name: string;
  title: string;
}

const named = (...columns: [name: string, title: string][]): FigureColumn[] =>
  columns.map(([name, title]) => ({ name, title }));

/** The figures of each report in the order of its columns. */
export const FIGURES: Record<ReportName, FigureColumn[]> = {
  'profit-and-loss': named(
    ['sales', 'Sales'],
    ['shipping', 'Shipping charged'],
    ['otherRevenue', 'Other revenue'],
    ['discounts', 'Discounts'],
    ['returns', 'Returns'],
    ['netRevenue', 'Net revenue'],
    ['costOfGoods', 'Cost of goods'],
    ['grossProfit', 'Gross profit'],
    ['grossMarginBasisPoints', 'Gross margin %'],
    ['stockLosses', 'Stock losses'],
    ['paymentFees', 'Payment fees'],
    ['disputeLosses', 'Lost disputes'],
    ['otherExpenses', 'Other expenses'],
    ['netProfit', 'Net profit'],
  ),
  'cash-flow': named(['inflow', 'Came in'], ['outflow', 'Went out'], ['net', 'Net']),
  receivables: named(
    ['owed', 'Owed'],
    ['days30', 'Up to 30 days'],
    ['days60', '31 to 60'],
    ['days90', '61 to 90'],
    ['older', 'Over 90'],
    ['oldestAt', 'Oldest'],
  ),
  tax: named(
    ['opening', 'Due before'],
    ['charged', 'Charged'],
    ['givenBack', 'Given back'],
    ['settled', 'Posted by hand'],
    ['closing', 'Due'],
  ),
  'stock-value': named(
    ['opening', 'Before'],
    ['received', 'Received'],
    ['issued', 'Issued'],
    ['adjusted', 'Posted by hand'],
    ['closing', 'Value'],
  ),
  'trial-balance': named(['opening', 'Before'], ['debits', 'Debits'], ['credits', 'Credits'], ['closing', 'Balance']),
};

/** `none` is said on paper of rows that have none. */
const KEYS: Record<string, { key: string; name?: string; none: string }> = {
  product: { key: 'SKU', name: 'Product', none: 'Without product' },
  channel: { key: 'Channel', none: 'Without channel' },
  country: { key: 'Country', none: 'Without country' },
  purpose: { key: 'Purpose', none: '' },
  provider: { key: 'Provider', none: 'Without provider' },
  customer: { key: 'Customer', none: 'Without customer' },
  document: { key: 'Document', name: 'Number', none: 'Without document' },
  account: { key: 'Account', name: 'Name', none: '' },
};

/** What tells the rows of a report apart: whether a period does, and what else. */
export function keyColumns({ report, groupBy }: FinanceReport): {
  period: boolean;
  about: { key: string; name?: string; none: string } | null;
} {
  const other = groupBy.find((name) => !(PERIODS as readonly string[]).includes(name));
  const always = report === 'trial-balance' ? 'account' : report === 'receivables' ? 'customer' : undefined;
  return { period: groupBy.some((name) => name !== other), about: KEYS[other ?? always ?? ''] ?? null };
}
