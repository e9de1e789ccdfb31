import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { TimeZoneQuery } from '../../../access/organizations/contracts/time-zone';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { FoldedDimension } from '../data/day-totals';
import { CODES } from '../domain/chart';
import { reportTooLong } from '../domain/ledger.errors';
import { before, spanOf, stretchesOf, type Span } from '../domain/report-periods';
import {
  balanceReport,
  cashFlow,
  groupingOf,
  profitAndLoss,
  receivables,
  stockReport,
  taxReport,
  type FinanceReport,
  type Grouping,
  type MadeReport,
  type Owed,
  type ReportName,
  type ReportOf,
} from '../domain/reports';
import { ReportCells } from './report-cells';

export interface ReportRequest {
  /** A date or RFC 3339; see `spanOf`. */
  from?: string;
  to?: string;
  /** IANA; default that of the organization, else UTC. */
  timeZone?: string;
  /** One of the report's groupings and one period at most. */
  groupBy?: readonly string[];
  /** ISO 4217; default all, each by itself. */
  currency?: string;
}

/** Rows that a report may have. */
export const MOST_ROWS = 50_000;

const DIMENSIONS: Record<string, FoldedDimension> = {
  product: 'sku',
  channel: 'channel',
  country: 'country',
  provider: 'provider',
};
/** Bank and payments in transit, and what the tenant opened beside them. */
const CASH = `a.type = 'asset' and (a.code like '10%' or a.code like '11%')`;

/**
 * A financial report of the context's tenant, from the journal alone.
 * @throws AppError `ledger.period-invalid`, `ledger.grouping-invalid`, `ledger.report-too-long`
 */
export class FinanceReportQuery<Name extends ReportName = ReportName> extends Query<ReportOf<Name>> {
  constructor(
    readonly report: Name,
    readonly request: ReportRequest = {},
  ) {
    super();
  }
}

@QueryHandler(FinanceReportQuery)
export class FinanceReportHandler implements IQueryHandler<FinanceReportQuery> {
  constructor(
    private readonly cells: ReportCells,
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ report, request }: FinanceReportQuery): Promise<FinanceReport> {
    const { groupBy = [], timeZone = await this.queries.execute(new TimeZoneQuery(currentContext().tenantId!)) } =
      request;
    const grouping = groupingOf(report, groupBy);
    const span = spanOf(request, timeZone, clock.now(), { empty: report === 'receivables' });
    const made = await this.make(report, span, grouping, request.currency);
    if (made.data.length > MOST_ROWS) throw reportTooLong(MOST_ROWS);
    const from = report === 'receivables' ? null : span.from.toUTC().toISO();
    return { ...made, from, to: span.to.toUTC().toISO()!, timeZone, groupBy: [...groupBy] };
  }

  private async make(report: ReportName, span: Span, grouping: Grouping, currency?: string): Promise<MadeReport> {
    const { period, other } = grouping;
    if (report === 'receivables') return { report, ...receivables(await this.owed(span, other, currency)) };
    const within = stretchesOf(span, period);
    const frame = { labels: within.map(({ label }) => label), period };
    const groupBy = other === undefined ? undefined : DIMENSIONS[other];
    const upTo = [before(span), ...within];
    const account = (code: string) => ({ accounts: 'a.code = $8', params: [code], currency, groupBy });
    switch (report) {
      case 'profit-and-loss': {
        const accounts = `a.type in ('revenue', 'expense')`;
        return {
          report,
          ...profitAndLoss(await this.cells.read({ stretches: within, accounts, currency, groupBy }), frame),
        };
      }
      case 'cash-flow': {
        const cells = await this.cells.read({ stretches: upTo, accounts: CASH, currency, groupBy, byPurpose: true });
        return { report, ...cashFlow(cells, frame, other === 'purpose') };
      }
      case 'tax': {
        const cells = await this.cells.read({ ...account(CODES.tax), stretches: upTo, byPurpose: true });
        return { report, ...taxReport(cells, frame) };
      }
      case 'stock-value': {
        const cells = await this.cells.read({ ...account(CODES.inventory), stretches: upTo, byPurpose: true });
        return { report, ...stockReport(cells, frame) };
      }
      case 'trial-balance': {
        const cells = await this.cells.read({ stretches: upTo, accounts: 'true', currency });
        return { report, ...balanceReport(cells, frame) };
      }
    }
  }

  /**
   * What is open of the receivables at the end of the span. Within a document (an order) the oldest debit is settled
   * first; what is credited beyond all debits lessens what is newest. Days are those of the time zone.
   */
  private owed({ to, timeZone }: Span, by = 'customer', currency: string | null = null): Promise<Owed[]> {
    const key = by === 'document' ? 'document' : 'customer';
    return this.database.read<Owed>(
      `with lines as (
          select coalesce(j.document_id, '') as document, coalesce(p.dimensions->>'customer', '') as customer, p.currency, p.amount, j.effective_at, p.id,
            coalesce(sum(p.amount) filter (where p.amount > 0) over (partition by j.document_id, p.dimensions->>'customer', p.currency
              order by j.effective_at, p.id), 0) as debited,
            coalesce(-sum(p.amount) filter (where p.amount < 0) over (partition by j.document_id, p.dimensions->>'customer', p.currency), 0) as credited
          from ledger.accounts a
            join ledger.postings p on p.tenant_id = a.tenant_id and p.account_id = a.id
            join ledger.journals j on j.tenant_id = p.tenant_id and j.id = p.journal_id
          where a.tenant_id = kernel.tenant_id() and a.code = '${CODES.receivables}' and ($3::text is null or a.currency = $3)
            and j.effective_at < $1 and j.kind in ('posted', 'post')),
        parts as (
          select ${key} as key, document, currency, effective_at, least(amount, greatest(0, debited - credited)) as part,
            ($1::timestamptz at time zone $2)::date - (effective_at at time zone $2)::date as days
          from lines where amount > 0
          union all
          select ${key}, document, currency, null, min(debited_all - credited), 0 from (
            select *, sum(greatest(amount, 0)) over (partition by document, customer, currency) as debited_all from lines) x
          group by ${key}, document, customer, currency having min(debited_all - credited) < 0)
        select p.key, ${by === 'document' ? `max(s.state->'sold'->>'number')` : 'null'} as name, p.currency,
          sum(p.part)::bigint as owed,
          coalesce(sum(p.part) filter (where p.days <= 30), 0)::bigint as "days30",
          coalesce(sum(p.part) filter (where p.days between 31 and 60), 0)::bigint as "days60",
          coalesce(sum(p.part) filter (where p.days between 61 and 90), 0)::bigint as "days90",
          coalesce(sum(p.part) filter (where p.days > 90), 0)::bigint as older,
          min(p.effective_at) filter (where p.part > 0) as "oldestAt"
        from parts p ${by === 'document' ? `left join ledger.sales s on s.tenant_id = kernel.tenant_id() and s.id::text = p.document` : ''}
        where p.part <> 0 group by p.key, p.currency
        order by "oldestAt" nulls last, p.key, p.currency limit ${MOST_ROWS + 1}`,
      [to.toUTC().toISO(), timeZone, currency],
    );
  }
}
