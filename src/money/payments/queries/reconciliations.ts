import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page, type TimeRange } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { reconciliationNotFound } from '../domain/payments.errors';
import type { ReconciliationState, RowKind, RowStatus } from '../domain/reconciliation';

/** A transfer of a provider to the bank. */
export interface PayoutView {
  id: string;
  gatewayId: string;
  provider: string;
  providerPayoutId: string | null;
  /** Negative where a transfer failed and came back. */
  amount: Money;
  at: string;
}

/** A provider's report of a period, compared. */
export interface ReconciliationView {
  id: string;
  gatewayId: string;
  provider: string;
  from: string;
  to: string;
  status: ReconciliationState;
  runs: number;
  error: string | null;
  matched: number;
  missingHere: number;
  missingThere: number;
  amountDiffers: number;
  /** Differences that nobody has resolved. */
  open: number;
  createdAt: string;
  finishedAt: string | null;
}

/** One thing on both sides. */
export interface ReconciliationRowView {
  id: string;
  status: RowStatus;
  kind: RowKind;
  paymentId: string | null;
  providerEntryId: string | null;
  providerObjectId: string | null;
  /** What is known here; negative for money that went out. */
  expected: Money | null;
  /** What the provider says. */
  reported: Money | null;
  at: string;
  note: string | null;
  resolvedAt: string | null;
}

/** Payouts, as providers report them. */
export class ListPayoutsQuery extends Query<Page<PayoutView>> {
  constructor(readonly list: ListQuery & { gatewayId?: string[]; at?: TimeRange }) {
    super();
  }
}

/** The shop's reconciliations. */
export class ListReconciliationsQuery extends Query<Page<ReconciliationView>> {
  constructor(readonly list: ListQuery & { gatewayId?: string[]; status?: ReconciliationState[]; from?: TimeRange }) {
    super();
  }
}

/** One reconciliation. @throws AppError not-found `payments.reconciliation-not-found` */
export class FindReconciliationQuery extends Query<ReconciliationView> {
  constructor(readonly id: string) {
    super();
  }
}

/** Rows of a reconciliation. @throws AppError not-found `payments.reconciliation-not-found` */
export class ListReconciliationRowsQuery extends Query<Page<ReconciliationRowView>> {
  constructor(
    readonly id: string,
    readonly list: ListQuery & { status?: RowStatus[]; kind?: RowKind[] },
  ) {
    super();
  }
}

const PAYOUTS = keyset({
  id: 'e.id',
  sorts: { at: { sql: 'e.at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: {
    gatewayId: { sql: 'e.gateway_id', type: 'uuid' },
    at: { sql: 'e.at', type: 'timestamptz' },
  },
});

const RECONCILIATIONS = keyset({
  id: 'c.id',
  sorts: { from: { sql: 'c.period_from', type: 'timestamptz' } },
  defaultSort: '-from',
  filters: {
    gatewayId: { sql: 'c.gateway_id', type: 'uuid' },
    status: { sql: 'c.state', type: 'text' },
    from: { sql: 'c.period_from', type: 'timestamptz' },
  },
});

const ROWS = keyset({
  id: 'r.id',
  sorts: { at: { sql: 'r.at', type: 'timestamptz' } },
  defaultSort: '-at',
  filters: { status: { sql: 'r.status', type: 'text' }, kind: { sql: 'r.kind', type: 'text' } },
});

const COLUMNS = `c.id, c.gateway_id as "gatewayId", g.provider, c.period_from as "from", c.period_to as "to", c.state as status, c.runs,
  c.last_error as error, n.matched, n."missingHere", n."missingThere", n."amountDiffers", n.open, c.created_at as "createdAt",
  c.finished_at as "finishedAt"`;
const FROM = `payments.reconciliations c join payments.gateways g on g.tenant_id = c.tenant_id and g.id = c.gateway_id
  join lateral (select count(*) filter (where r.status = 'matched')::int as matched,
    count(*) filter (where r.status = 'missing_here')::int as "missingHere",
    count(*) filter (where r.status = 'missing_there')::int as "missingThere",
    count(*) filter (where r.status = 'amount_differs')::int as "amountDiffers",
    count(*) filter (where r.status <> 'matched' and r.resolved_at is null)::int as open
    from payments.reconciliation_rows r where r.tenant_id = c.tenant_id and r.reconciliation_id = c.id) n on true`;

type Row = Omit<ReconciliationView, 'from' | 'to' | 'createdAt' | 'finishedAt'> & {
  from: Date;
  to: Date;
  createdAt: Date;
  finishedAt: Date | null;
};

const viewOf = (row: Row): ReconciliationView => ({
  id: row.id,
  gatewayId: row.gatewayId,
  provider: row.provider,
  from: row.from.toISOString(),
  to: row.to.toISOString(),
  status: row.status,
  runs: row.runs,
  error: row.error,
  matched: row.matched,
  missingHere: row.missingHere,
  missingThere: row.missingThere,
  amountDiffers: row.amountDiffers,
  open: row.open,
  createdAt: row.createdAt.toISOString(),
  finishedAt: row.finishedAt?.toISOString() ?? null,
});

interface PayoutRow {
  id: string;
  gateway_id: string;
  provider: string;
  object_id: string | null;
  amount: number;
  currency: string;
  at: Date;
}

@QueryHandler(ListPayoutsQuery)
export class ListPayoutsHandler implements IQueryHandler<ListPayoutsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListPayoutsQuery): Promise<Page<PayoutView>> {
    return PAYOUTS.run<PayoutRow, PayoutView>(this.database, list, {
      select: `e.id, e.gateway_id, g.provider, e.object_id, (-e.amount)::float8 as amount, e.currency, e.at`,
      from: `payments.settlement_entries e join payments.gateways g on g.tenant_id = e.tenant_id and g.id = e.gateway_id`,
      where: `e.tenant_id = $1 and e.type = 'payout'`,
      params: [currentContext().tenantId],
      map: (row) => ({
        id: row.id,
        gatewayId: row.gateway_id,
        provider: row.provider,
        providerPayoutId: row.object_id,
        amount: { amount: row.amount, currency: row.currency },
        at: row.at.toISOString(),
      }),
    });
  }
}

@QueryHandler(ListReconciliationsQuery)
export class ListReconciliationsHandler implements IQueryHandler<ListReconciliationsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListReconciliationsQuery): Promise<Page<ReconciliationView>> {
    return RECONCILIATIONS.run<Row, ReconciliationView>(this.database, list, {
      select: COLUMNS,
      from: FROM,
      where: 'c.tenant_id = $1',
      params: [currentContext().tenantId],
      map: viewOf,
    });
  }
}

@QueryHandler(FindReconciliationQuery)
export class FindReconciliationHandler implements IQueryHandler<FindReconciliationQuery> {
  constructor(private readonly database: Database) {}

  async execute({ id }: FindReconciliationQuery): Promise<ReconciliationView> {
    const [row] = await this.database.read<Row>(`select ${COLUMNS} from ${FROM} where c.tenant_id = $1 and c.id = $2`, [
      currentContext().tenantId,
      id,
    ]);
    if (!row) throw reconciliationNotFound();
    return viewOf(row);
  }
}

interface DifferenceRow {
  id: string;
  status: RowStatus;
  kind: RowKind;
  intent_id: string | null;
  provider_entry_id: string | null;
  provider_object_id: string | null;
  expected: number | null;
  reported: number | null;
  currency: string;
  at: Date;
  note: string | null;
  resolved_at: Date | null;
}

@QueryHandler(ListReconciliationRowsQuery)
export class ListReconciliationRowsHandler implements IQueryHandler<ListReconciliationRowsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ id, list }: ListReconciliationRowsQuery): Promise<Page<ReconciliationRowView>> {
    const { tenantId } = currentContext();
    const known = await this.database.read(`select 1 from payments.reconciliations where tenant_id = $1 and id = $2`, [
      tenantId,
      id,
    ]);
    if (known.length === 0) throw reconciliationNotFound();
    return ROWS.run<DifferenceRow, ReconciliationRowView>(this.database, list, {
      select: `r.id, r.status, r.kind, r.intent_id, r.provider_entry_id, r.provider_object_id, r.expected::float8 as expected,
        r.reported::float8 as reported, r.currency, r.at, r.note, r.resolved_at`,
      from: 'payments.reconciliation_rows r',
      where: 'r.tenant_id = $1 and r.reconciliation_id = $2',
      params: [tenantId, id],
      map: (row) => {
        const money = (amount: number | null): Money | null =>
          amount === null ? null : { amount, currency: row.currency };
        return {
          id: row.id,
          status: row.status,
          kind: row.kind,
          paymentId: row.intent_id,
          providerEntryId: row.provider_entry_id,
          providerObjectId: row.provider_object_id,
          expected: money(row.expected),
          reported: money(row.reported),
          at: row.at.toISOString(),
          note: row.note,
          resolvedAt: row.resolved_at?.toISOString() ?? null,
        };
      },
    });
  }
}
