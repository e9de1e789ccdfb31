import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { workOrderNotFound } from '../domain/maintenance.errors';
import { costsOf, type LineKind, type WorkOrderLine, type WorkOrderState } from '../domain/work-order';

export interface WorkOrderFacts {
  id: string;
  number: number;
  vehicleId: string;
  vehicleName: string;
  scheduleId: string | null;
  title: string;
  description: string | null;
  state: WorkOrderState;
  assignee: string | null;
  /** What the fleet pays, and what warranties pay. */
  cost: Money;
  covered: Money;
  lines: WorkOrderLine[];
  defects: {
    id: string;
    label: string;
    critical: boolean;
    state: 'open' | 'fixed' | 'dismissed';
    note: string | null;
  }[];
  openedAt: string;
  startedAt: string | null;
  closedAt: string | null;
  closingNote: string | null;
  odometerMetres: number | null;
  engineSeconds: number | null;
}

export class ListWorkOrdersQuery extends Query<Page<WorkOrderFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** @throws AppError not-found `fleet.work-order-not-found` */
export class FindWorkOrderQuery extends Query<WorkOrderFacts> {
  constructor(readonly workOrderId: string) {
    super();
  }
}

interface StoredLine {
  id: string;
  kind: LineKind;
  description: string;
  sku: string | null;
  quantity: number;
  amount: number;
  currency: string;
  warrantyId: string | null;
}

type Row = Omit<WorkOrderFacts, 'cost' | 'covered' | 'lines' | 'openedAt' | 'startedAt' | 'closedAt'> & {
  currency: string;
  lines: StoredLine[];
  openedAt: Date;
  startedAt: Date | null;
  closedAt: Date | null;
};

// Lines and defects come with their order: one statement for a page.
const COLUMNS = `o.id, o.number, o.vehicle_id as "vehicleId", v.name as "vehicleName", o.schedule_id as "scheduleId", o.title, o.description,
  o.state, o.currency, o.assignee, o.opened_at as "openedAt", o.started_at as "startedAt", o.closed_at as "closedAt",
  o.closing_note as "closingNote", o.odometer_metres::float8 as "odometerMetres", o.engine_seconds::float8 as "engineSeconds",
  (select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'kind', l.kind, 'description', l.description, 'sku', l.sku,
       'quantity', l.quantity, 'amount', l.amount, 'currency', l.currency, 'warrantyId', l.warranty_id) order by l.id), '[]')
     from fleet.work_order_lines l where l.tenant_id = kernel.tenant_id() and l.work_order_id = o.id) as lines,
  (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'label', d.label, 'critical', d.critical, 'state', d.state, 'note', d.note)
       order by d.id), '[]')
     from fleet.defects d where d.tenant_id = kernel.tenant_id() and d.work_order_id = o.id) as defects`;
const FROM = 'fleet.work_orders o join fleet.vehicles v on v.tenant_id = o.tenant_id and v.id = o.vehicle_id';
const ORDERS = keyset({
  id: 'o.id',
  sorts: { openedAt: { sql: 'o.opened_at', type: 'timestamptz' }, number: { sql: 'o.number', type: 'int' } },
  defaultSort: '-number',
  filters: {
    vehicleId: { sql: 'o.vehicle_id', type: 'uuid' },
    scheduleId: { sql: 'o.schedule_id', type: 'uuid' },
    state: { sql: 'o.state', type: 'text' },
    openedAt: { sql: 'o.opened_at', type: 'timestamptz' },
  },
});

function viewOf(row: Row): WorkOrderFacts {
  const lines = row.lines.map(({ id, kind, description, sku, quantity, amount, currency, warrantyId }) => ({
    ...{ id, kind, description, sku, quantity, warrantyId },
    total: { amount, currency },
  }));
  return {
    id: row.id,
    number: row.number,
    vehicleId: row.vehicleId,
    vehicleName: row.vehicleName,
    scheduleId: row.scheduleId,
    title: row.title,
    description: row.description,
    state: row.state,
    assignee: row.assignee,
    ...costsOf(lines, row.currency),
    lines,
    defects: row.defects,
    openedAt: row.openedAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    closedAt: row.closedAt?.toISOString() ?? null,
    closingNote: row.closingNote,
    odometerMetres: row.odometerMetres,
    engineSeconds: row.engineSeconds,
  };
}

@QueryHandler(ListWorkOrdersQuery)
export class ListWorkOrdersHandler implements IQueryHandler<ListWorkOrdersQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListWorkOrdersQuery): Promise<Page<WorkOrderFacts>> {
    return ORDERS.run<Row, WorkOrderFacts>(this.database, list, {
      select: COLUMNS,
      from: FROM,
      where: 'o.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindWorkOrderQuery)
export class FindWorkOrderHandler implements IQueryHandler<FindWorkOrderQuery> {
  constructor(private readonly database: Database) {}

  async execute({ workOrderId }: FindWorkOrderQuery): Promise<WorkOrderFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from ${FROM} where o.tenant_id = kernel.tenant_id() and o.id = $1`,
      [workOrderId],
    );
    if (!row) throw workOrderNotFound();
    return viewOf(row);
  }
}
