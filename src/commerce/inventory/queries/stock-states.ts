import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import type { StockState, UnavailableState } from '../domain/stock-state';

/** Pieces of one lot in one state in which they cannot be sold. */
export interface UnavailableRow {
  id: string;
  sku: string;
  locationId: string;
  lotId: string;
  lotNumber: string | null;
  state: UnavailableState;
  quantity: number;
  unitCost: Money | null;
  updatedAt: string;
}

/** How pieces came from one state into another. */
export interface StateChangeRow {
  id: string;
  operationId: string;
  sku: string;
  locationId: string;
  lotId: string;
  lotNumber: string | null;
  from: StockState;
  to: StockState | 'written_off';
  quantity: number;
  reason: string;
  actorId: string | null;
  at: string;
}

/** A page of what lies there and cannot be sold. */
export class ListUnavailableQuery extends Query<Page<UnavailableRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** A page of changes of state, newest first. */
export class ListStateChangesQuery extends Query<Page<StateChangeRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const UNAVAILABLE = keyset({
  id: 's.id',
  sorts: { sku: { sql: 's.sku', type: 'text' } },
  defaultSort: 'sku',
  filters: {
    sku: { sql: 's.sku', type: 'text' },
    state: { sql: 's.state', type: 'text' },
    locationId: { sql: 's.location_id', type: 'uuid' },
  },
});
const CHANGES = keyset({
  id: 'c.id',
  sorts: {},
  defaultSort: '-id',
  filters: {
    sku: { sql: 'c.sku', type: 'text' },
    to: { sql: 'c.to_state', type: 'text' },
    locationId: { sql: 'c.location_id', type: 'uuid' },
    at: { sql: 'c.at', type: 'timestamptz' },
  },
});

@QueryHandler(ListUnavailableQuery)
export class ListUnavailableHandler implements IQueryHandler<ListUnavailableQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListUnavailableQuery): Promise<Page<UnavailableRow>> {
    type Row = Omit<UnavailableRow, 'updatedAt' | 'unitCost'> & {
      updatedAt: Date;
      unitCost: number | null;
      costCurrency: string | null;
    };
    return UNAVAILABLE.run<Row, UnavailableRow>(this.database, list, {
      select: `s.id, s.sku, s.location_id as "locationId", s.lot_id as "lotId", t.number as "lotNumber", s.state, s.quantity,
        t.unit_cost as "unitCost", t.cost_currency as "costCurrency", s.updated_at as "updatedAt"`,
      from: 'inventory.unavailable_stock s join inventory.stock_lots t on t.tenant_id = s.tenant_id and t.id = s.lot_id',
      where: 's.tenant_id = kernel.tenant_id() and s.quantity > 0',
      map: ({ id, sku, locationId, lotId, lotNumber, state, quantity, unitCost, costCurrency, updatedAt }) => ({
        id,
        sku,
        locationId,
        lotId,
        lotNumber,
        state,
        quantity,
        unitCost: unitCost === null ? null : { amount: unitCost, currency: costCurrency! },
        updatedAt: updatedAt.toISOString(),
      }),
    });
  }
}

@QueryHandler(ListStateChangesQuery)
export class ListStateChangesHandler implements IQueryHandler<ListStateChangesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListStateChangesQuery): Promise<Page<StateChangeRow>> {
    type Row = Omit<StateChangeRow, 'at'> & { at: Date };
    return CHANGES.run<Row, StateChangeRow>(this.database, list, {
      select: `c.id, c.operation_id as "operationId", c.sku, c.location_id as "locationId", c.lot_id as "lotId", t.number as "lotNumber",
        c.from_state as "from", c.to_state as "to", c.quantity, c.reason, c.actor_id as "actorId", c.at`,
      from: 'inventory.stock_state_changes c join inventory.stock_lots t on t.tenant_id = c.tenant_id and t.id = c.lot_id',
      where: 'c.tenant_id = kernel.tenant_id()',
      map: ({ id, operationId, sku, locationId, lotId, lotNumber, from, to, quantity, reason, actorId, at }) => ({
        id,
        operationId,
        sku,
        locationId,
        lotId,
        lotNumber,
        from,
        to,
        quantity,
        reason,
        actorId,
        at: at.toISOString(),
      }),
    });
  }
}
