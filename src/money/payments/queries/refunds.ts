import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page, type TimeRange } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { REFUND_LINES, type RefundLineRow } from '../data/refund.repository';
import { refundNotFound } from '../domain/payments.errors';
import type { RefundState } from '../domain/refund';

/** Money that goes back, for the shop's staff. */
export interface RefundView {
  id: string;
  paymentId: string;
  payable: { type: string; id: string };
  status: RefundState;
  amount: Money;
  /** Tax in it, as far as it was asked for by line; null where it was not. */
  tax: Money | null;
  /** Freight that goes back; null: none. */
  shipping: { amount: Money; tax: Money } | null;
  lines: {
    lineId: string;
    quantity: number;
    amount: Money;
    tax: Money;
    /** Pieces that go back on the shelf, or stay there, once the money is back. */
    restocked: number;
  }[];
  /** A word of ours: `staff`, `fraud`, `return`, `lines_cancelled`, `provider` (made at the provider's own console), ... */
  cause: string;
  /** What a person said. */
  reason: string | null;
  gatewayId: string;
  provider: string;
  providerRefundId: string | null;
  error: { code: string; message: string } | null;
  createdAt: string;
  settledAt: string | null;
}

interface Row {
  id: string;
  intent_id: string;
  payable_type: string;
  payable_id: string;
  state: RefundState;
  amount: number;
  currency: string;
  reason: string;
  note: string | null;
  shipping: number;
  shipping_tax: number;
  lines: RefundLineRow[];
  gateway_id: string;
  provider: string;
  provider_refund_id: string | null;
  error_code: string | null;
  error_message: string | null;
  created_at: Date;
  settled_at: Date | null;
}

const COLUMNS = `r.id, r.intent_id, i.payable_type, i.payable_id, r.state, r.amount::float8 as amount, r.currency, r.reason, r.note,
  r.shipping::float8 as shipping, r.shipping_tax::float8 as shipping_tax, ${REFUND_LINES} as lines, a.gateway_id, a.provider,
  r.provider_refund_id, r.error_code, r.error_message, r.created_at, r.settled_at`;
const FROM = `payments.refunds r join payments.intents i on i.tenant_id = r.tenant_id and i.id = r.intent_id
  join payments.attempts a on a.tenant_id = r.tenant_id and a.id = r.attempt_id`;

const REFUNDS = keyset({
  id: 'r.id',
  sorts: {
    createdAt: { sql: 'r.created_at', type: 'timestamptz' },
    amount: { sql: 'r.amount', type: 'bigint' },
  },
  defaultSort: '-createdAt',
  filters: {
    status: { sql: 'r.state', type: 'text' },
    paymentId: { sql: 'r.intent_id', type: 'uuid' },
    payableId: { sql: 'i.payable_id', type: 'uuid' },
    gatewayId: { sql: 'a.gateway_id', type: 'uuid' },
    createdAt: { sql: 'r.created_at', type: 'timestamptz' },
  },
});

/** The shop's refunds. */
export class ListRefundsQuery extends Query<Page<RefundView>> {
  constructor(
    readonly list: ListQuery & {
      status?: RefundState[];
      paymentId?: string[];
      payableId?: string[];
      gatewayId?: string[];
      createdAt?: TimeRange;
    },
  ) {
    super();
  }
}

/** One refund. @throws AppError not-found `payments.refund-not-found` */
export class FindRefundQuery extends Query<RefundView> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(ListRefundsQuery)
export class ListRefundsHandler implements IQueryHandler<ListRefundsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListRefundsQuery): Promise<Page<RefundView>> {
    return REFUNDS.run<Row, RefundView>(this.database, list, {
      select: COLUMNS,
      from: FROM,
      where: 'r.tenant_id = $1',
      params: [currentContext().tenantId],
      map: viewOf,
    });
  }
}

@QueryHandler(FindRefundQuery)
export class FindRefundHandler implements IQueryHandler<FindRefundQuery> {
  constructor(private readonly database: Database) {}

  async execute({ id }: FindRefundQuery): Promise<RefundView> {
    const [row] = await this.database.read<Row>(`select ${COLUMNS} from ${FROM} where r.tenant_id = $1 and r.id = $2`, [
      currentContext().tenantId,
      id,
    ]);
    if (!row) throw refundNotFound();
    return viewOf(row);
  }
}

function viewOf(row: Row): RefundView {
  const money = (amount: number): Money => ({ amount, currency: row.currency });
  const byLine = row.lines.length > 0 || row.shipping > 0;
  const tax = row.lines.reduce((sum, line) => sum + line.tax, row.shipping_tax);
  return {
    id: row.id,
    paymentId: row.intent_id,
    payable: { type: row.payable_type, id: row.payable_id },
    status: row.state,
    amount: money(row.amount),
    tax: byLine ? money(tax) : null,
    shipping: row.shipping > 0 ? { amount: money(row.shipping), tax: money(row.shipping_tax) } : null,
    lines: row.lines.map((line) => ({
      lineId: line.lineId,
      quantity: line.quantity,
      amount: money(line.amount),
      tax: money(line.tax),
      restocked: line.takeBack + line.giveUp,
    })),
    cause: row.reason,
    reason: row.note,
    gatewayId: row.gateway_id,
    provider: row.provider,
    providerRefundId: row.provider_refund_id,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? '' },
    createdAt: row.created_at.toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
  };
}
