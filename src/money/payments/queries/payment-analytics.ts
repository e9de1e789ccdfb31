import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import type { Money } from '../../../kernel/money/money';
import { periodInvalid } from '../domain/payments.errors';

export const PAYMENT_GROUPS = ['gateway', 'provider', 'method', 'currency', 'decline_code', 'month'] as const;
export type PaymentGroup = (typeof PAYMENT_GROUPS)[number];

/** Figures over tries in one currency. Rates are shares between 0 and 1, null where there is nothing to share. */
export interface PaymentFigures {
  currency: string;
  /** Tries that were begun. */
  attempts: number;
  /** Of these, charged or reserved. */
  succeeded: number;
  failed: number;
  /** Succeeded of those that succeeded or failed; what is open or was let go counts neither way. */
  successRate: number | null;
  captured: Money;
  refunded: Money;
  /** Refunded of captured, by amount. */
  refundRate: number | null;
  /** Charges that are or were disputed, inquiries left out. */
  disputes: number;
  /** Disputed of all charges, by number. */
  disputeRate: number | null;
  /** What providers kept of charges and took for disputes, as far as they told it in this currency. */
  fees: Money;
}

export interface PaymentReport {
  from: string;
  to: string;
  data: (PaymentFigures & { key: string })[];
  /** One for each currency: amounts of several are never added up. */
  total: PaymentFigures[];
}

/**
 * How tries went that were begun from `from` to just before `to` (default: the last thirty days), with what became of
 * their money since. @throws AppError invalid `payments.period-invalid`
 */
export class PaymentAnalyticsQuery extends Query<PaymentReport> {
  constructor(readonly request: { from?: string; to?: string; groupBy: PaymentGroup; currency?: string }) {
    super();
  }
}

const DEFAULT_DAYS = 30;
const MOST_DAYS = 732;
const DAY_MS = 86_400_000;

const KEYS: Record<PaymentGroup, string> = {
  gateway: 'a.gateway_id::text',
  provider: 'a.provider',
  method: 'a.method_type',
  currency: 'a.currency',
  decline_code: `case when a.state = 'failed' then coalesce(a.error_code, 'unknown') else 'none' end`,
  month: `to_char(a.created_at at time zone 'UTC', 'YYYY-MM')`,
};

/** Reads the tries of the period by index, and the disputes of just these. */
export const analyticsSql = (groupBy: PaymentGroup): string => `with tries as (
    select a.tenant_id, a.id, ${KEYS[groupBy]} as key, a.currency, a.state, a.captured, a.refunded,
      case when a.fee_currency = a.currency then a.fee else 0 end as fee
    from payments.attempts a where a.tenant_id = $1 and a.created_at >= $2 and a.created_at < $3
      and ($4::text is null or a.currency = $4))
  select t.key, t.currency, grouping(t.key) = 1 as total, count(*)::int as attempts,
    count(*) filter (where t.state in ('charged', 'authorized', 'capture_started'))::int as succeeded,
    count(*) filter (where t.state = 'failed')::int as failed, count(*) filter (where t.captured > 0)::int as charges,
    sum(t.captured)::float8 as captured, sum(t.refunded)::float8 as refunded, (sum(t.fee) + sum(d.fees))::float8 as fees,
    sum(d.disputed)::int as disputes
  from tries t cross join lateral (
    select (count(x.id) > 0)::int as disputed, coalesce(sum(m.fees), 0) as fees
    from payments.disputes x left join lateral (select sum(y.fee) as fees from payments.dispute_movements y
      where y.tenant_id = x.tenant_id and y.dispute_id = x.id and y.currency = t.currency) m on true
    where x.tenant_id = t.tenant_id and x.attempt_id = t.id and t.captured > 0 and x.state not like 'warning%') d
  group by grouping sets ((t.key, t.currency), (t.currency)) order by t.key nulls last, t.currency limit 2000`;

interface Row {
  key: string | null;
  currency: string;
  total: boolean;
  attempts: number;
  succeeded: number;
  failed: number;
  charges: number;
  captured: number;
  refunded: number;
  fees: number;
  disputes: number;
}

@QueryHandler(PaymentAnalyticsQuery)
export class PaymentAnalyticsHandler implements IQueryHandler<PaymentAnalyticsQuery> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ request }: PaymentAnalyticsQuery): Promise<PaymentReport> {
    const to = request.to === undefined ? this.clock.now() : new Date(request.to);
    const from = request.from === undefined ? new Date(to.getTime() - DEFAULT_DAYS * DAY_MS) : new Date(request.from);
    if (!(from < to) || to.getTime() - from.getTime() > MOST_DAYS * DAY_MS) throw periodInvalid(MOST_DAYS);
    const rows = await this.database.read<Row>(analyticsSql(request.groupBy), [
      currentContext().tenantId,
      from,
      to,
      request.currency ?? null,
    ]);
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      data: rows.filter(({ total }) => !total).map((row) => ({ key: row.key!, ...figuresOf(row) })),
      total: rows.filter(({ total }) => total).map(figuresOf),
    };
  }
}

/** Four digits behind the point. */
const rate = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;

function figuresOf(row: Row): PaymentFigures {
  const { currency, attempts, succeeded, failed, charges, disputes } = row;
  const money = (amount: number): Money => ({ amount, currency });
  return {
    currency,
    attempts,
    succeeded,
    failed,
    successRate: rate(succeeded, succeeded + failed),
    captured: money(row.captured),
    refunded: money(row.refunded),
    refundRate: rate(row.refunded, row.captured),
    disputes,
    disputeRate: rate(disputes, charges),
    fees: money(row.fees),
  };
}
