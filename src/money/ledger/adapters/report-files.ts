import { DateTime } from 'luxon';
import { setImmediate as breathe } from 'node:timers/promises';
import { paperPdf, type PaperRow, type PaperTable } from '../../../kernel/documents/paper';
import { formatAmount, printAmount, type Money } from '../../../kernel/money/money';
import { csvFile } from '../../../kernel/tabular/csv-writer';
import { reportTooLong } from '../domain/ledger.errors';
import { FIGURES, keyColumns, TITLES, type Figure, type FigureColumn } from '../domain/report-table';
import type { FinanceReport, Grouped } from '../domain/reports';

/** Rows of a PDF; more is no reading for people. */
const MOST_ON_PAPER = 2_000;
const AT_ONCE = 500;

export interface Letterhead {
  name: string;
  color: string;
}

/** `profit-and-loss-2026-01-01-2026-01-31`: the days that it is about, the last one included. */
export function reportFileName({ report, from, to, timeZone }: FinanceReport): string {
  const end = DateTime.fromISO(to, { zone: timeZone }).minus({ milliseconds: 1 }).toISODate();
  const start = from === null ? null : DateTime.fromISO(from, { zone: timeZone }).toISODate();
  return [report, start, end].filter(Boolean).join('-');
}

/** A report as CSV: amounts in major units with a point, a currency in each row. */
export function reportCsv(report: FinanceReport): AsyncGenerator<string> {
  const { period, about } = keyColumns(report);
  const keys: { title: string; of: (row: Grouped) => string }[] = [
    ...(period ? [{ title: 'Period', of: (row: Grouped) => row.period ?? '' }] : []),
    ...(about ? [{ title: about.key, of: (row: Grouped) => row.key ?? '' }] : []),
    ...(about?.name ? [{ title: about.name, of: (row: Grouped) => row.name ?? '' }] : []),
    { title: 'Currency', of: (row: Grouped) => row.currency },
  ];
  const figures = FIGURES[report.report];
  async function* batches(): AsyncGenerator<string[][]> {
    const rows: readonly Grouped[] = report.data;
    for (let i = 0; i < rows.length; i += AT_ONCE) {
      yield rows
        .slice(i, i + AT_ONCE)
        .map((row) => [
          ...keys.map(({ of }) => of(row)),
          ...figures.map(({ name }) => textOf(figure(row, name), formatAmount)),
        ]);
      await breathe();
    }
  }
  return csvFile(
    [...keys, ...figures].map(({ title }) => title),
    batches(),
  );
}

/**
 * A report on paper: profit and loss that is not grouped as a statement, everything else as tables with their sum; each
 * currency by itself.
 * @throws AppError `ledger.report-too-long`
 */
export function reportPdf(report: FinanceReport, { name, color }: Letterhead): Promise<Buffer> {
  if (report.data.length > MOST_ON_PAPER) throw reportTooLong(MOST_ON_PAPER);
  const currencies = report.total.map(({ currency }) => currency);
  const statement = report.report === 'profit-and-loss' && report.groupBy.length === 0;
  const { shown, left } = figuresOf(report);
  const notes = [
    ...(report.data.length === 0 ? ['Nothing was posted.'] : []),
    ...(currencies.length > 1
      ? [`${currencies.join(', ')} each by itself: currencies are not converted into one another.`]
      : []),
    ...(!statement && left.length > 0
      ? [`Left out for want of room, and part of the sums: ${left.map(({ title }) => title.toLowerCase()).join(', ')}.`]
      : []),
  ];
  const tables = report.total.map((total) => (statement ? statementOf(total) : tableOf(report, shown, total)));
  return paperPdf({
    title: TITLES[report.report],
    number: reportFileName(report),
    from: { name, color, lines: [] },
    facts: [
      ['From', report.from && momentOf(report.from, report)],
      endOf(report),
      ['Time zone', report.timeZone],
      ['Grouped by', report.groupBy.join(', ')],
    ],
    tables: report.data.length === 0 ? [] : tables,
    note: notes.join('\n'),
    landscape: !statement && shown.length > 5,
  });
}

/** Figures of the statement that others are summed up to. */
const STRONG: ReadonlySet<string> = new Set(['netRevenue', 'grossProfit', 'netProfit']);
const TAKEN: ReadonlySet<string> = new Set([
  'discounts',
  'returns',
  'costOfGoods',
  'stockLosses',
  'paymentFees',
  'disputeLosses',
  'otherExpenses',
]);

function statementOf(total: object & { currency: string }): PaperTable {
  return {
    columns: [{ title: '' }, { title: total.currency, width: 120, align: 'right' }],
    rows: FIGURES['profit-and-loss'].map(({ name, title }): PaperRow => {
      const value = figure(total, name);
      const taken = TAKEN.has(name) && value !== null && typeof value === 'object' && value.amount !== 0;
      const shown = taken ? { ...value, amount: -value.amount } : value;
      const cells = [title, textOf(shown, printAmount)];
      return STRONG.has(name) ? { cells, strong: true } : cells;
    }),
  };
}

/** What a page in landscape has room for. */
const MOST_FIGURES = 9;
/** Figures that others sum up, in the order in which they give way. */
const DETAILS = ['otherRevenue', 'stockLosses', 'disputeLosses', 'otherExpenses', 'shipping', 'paymentFees', 'returns'];

/** On paper what is nothing in every row takes no room, and details give way to sums. */
function figuresOf(report: FinanceReport): { shown: FigureColumn[]; left: FigureColumn[] } {
  const filled = FIGURES[report.report].filter(({ name }) =>
    (report.data as readonly object[]).some((row) => {
      const value = figure(row, name);
      return value !== null && (typeof value !== 'object' || value.amount !== 0);
    }),
  );
  const gone = DETAILS.filter((name) => filled.some((column) => column.name === name)).slice(
    0,
    Math.max(0, filled.length - MOST_FIGURES),
  );
  return {
    shown: filled.filter(({ name }) => !gone.includes(name)),
    left: filled.filter(({ name }) => gone.includes(name)),
  };
}

function tableOf(
  report: FinanceReport,
  figures: readonly FigureColumn[],
  total: object & { currency: string },
): PaperTable {
  const { period, about } = keyColumns(report);
  const rows = (report.data as readonly Grouped[]).filter(({ currency }) => currency === total.currency);
  const figureCells = (of: object): string[] => figures.map(({ name }) => textOf(figure(of, name), printAmount));
  const aboutOf = (row: Grouped): string =>
    about ? [row.name, row.key ?? about.none].filter(Boolean).join('\n') : period ? '' : 'All';
  return {
    heading: report.total.length > 1 ? total.currency : undefined,
    columns: [
      ...(period ? [{ title: 'Period', width: 56 }] : []),
      { title: about ? (about.name ?? about.key) : '' },
      ...figures.map(({ name, title }) => ({
        title: PLAIN.has(name) ? title : `${title}\n${total.currency}`,
        width: PLAIN.has(name) ? 52 : figures.length > 5 ? 58 : 70,
        align: 'right' as const,
      })),
    ],
    rows: [
      ...rows.map((row) => [...(period ? [row.period ?? ''] : []), aboutOf(row), ...figureCells(row)]),
      { cells: [...(period ? ['Total', ''] : ['Total']), ...figureCells(total)], strong: true },
    ],
  };
}

/** Figures that are no money. */
const PLAIN: ReadonlySet<string> = new Set(['grossMarginBasisPoints', 'oldestAt']);

const figure = (row: object, name: string): Figure => (row as Record<string, Figure>)[name] ?? null;

/** Money as the reader wants it, basis points as percent, moments as days. */
function textOf(value: Figure, moneyText: (amount: Money) => string): string {
  if (value === null) return '';
  if (typeof value === 'number') return (value / 100).toFixed(2);
  return typeof value === 'string' ? value.slice(0, 10) : moneyText(value);
}

/** A day where it begins, else with its time. */
function momentOf(at: string, { timeZone }: FinanceReport): string {
  const moment = DateTime.fromISO(at, { zone: timeZone });
  return moment.equals(moment.startOf('day')) ? moment.toISODate()! : moment.toFormat('yyyy-MM-dd HH:mm');
}

/** The last day that counts; a time where it does not end with a day. */
function endOf(report: FinanceReport): [string, string] {
  const moment = DateTime.fromISO(report.to, { zone: report.timeZone });
  if (!moment.equals(moment.startOf('day'))) return [report.from ? 'Before' : 'At', momentOf(report.to, report)];
  const last = moment.minus({ days: 1 }).toISODate()!;
  return report.from ? ['To', last] : ['At the end of', last];
}
