import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';

export interface LotView {
  id: string;
  sku: string;
  locationId: string;
  number: string | null;
  receivedAt: string;
  bestBeforeAt: string | null;
  expiresAt: string | null;
  removeAt: string | null;
  alertAt: string | null;
  expired: boolean;
  onHand: number;
  reserved: number;
  unavailable: number;
  available: number;
  unitCost: Money | null;
}

/** A page of lots, in the order in which they are given out. */
export class ListLotsQuery extends Query<Page<LotView>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const LOTS = keyset({
  id: 't.id',
  sorts: {
    removeAt: { sql: 't.remove_at', type: 'timestamptz', nullable: true },
    receivedAt: { sql: 't.received_at', type: 'timestamptz' },
    sku: { sql: 't.sku', type: 'text' },
  },
  defaultSort: 'removeAt,receivedAt',
  filters: {
    sku: { sql: 't.sku', type: 'text' },
    number: { sql: 't.number', type: 'text' },
    locationId: { sql: 't.location_id', type: 'uuid' },
    removeAt: { sql: 't.remove_at', type: 'timestamptz' },
    onHand: { sql: 't.on_hand', type: 'bigint' },
  },
});

type Dated = 'receivedAt' | 'bestBeforeAt' | 'expiresAt' | 'removeAt' | 'alertAt';
type Row = Omit<LotView, Dated | 'unitCost'> & { receivedAt: Date } & Record<
    Exclude<Dated, 'receivedAt'>,
    Date | null
  > & {
    unitCost: number | null;
    costCurrency: string | null;
  };

@QueryHandler(ListLotsQuery)
export class ListLotsHandler implements IQueryHandler<ListLotsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListLotsQuery): Promise<Page<LotView>> {
    return LOTS.run<Row, LotView>(this.database, list, {
      select: `t.id, t.sku, t.location_id as "locationId", t.number, t.received_at as "receivedAt", t.best_before_at as "bestBeforeAt",
        t.expires_at as "expiresAt", t.remove_at as "removeAt", t.alert_at as "alertAt", coalesce(t.remove_at <= kernel.now(), false) as expired,
        t.on_hand as "onHand", t.reserved, t.unavailable, t.unit_cost as "unitCost", t.cost_currency as "costCurrency",
        case when t.remove_at <= kernel.now() then 0 else t.on_hand - t.unavailable - t.reserved end as available`,
      from: 'inventory.stock_lots t',
      // Nameless lots are there from the beginning; they are of interest while something lies in them.
      where: 't.tenant_id = kernel.tenant_id() and (t.number is not null or t.on_hand > 0)',
      map: (row) => ({
        id: row.id,
        sku: row.sku,
        locationId: row.locationId,
        number: row.number,
        receivedAt: row.receivedAt.toISOString(),
        bestBeforeAt: row.bestBeforeAt?.toISOString() ?? null,
        expiresAt: row.expiresAt?.toISOString() ?? null,
        removeAt: row.removeAt?.toISOString() ?? null,
        alertAt: row.alertAt?.toISOString() ?? null,
        expired: row.expired,
        onHand: row.onHand,
        reserved: row.reserved,
        unavailable: row.unavailable,
        available: row.available,
        unitCost: row.unitCost === null ? null : { amount: row.unitCost, currency: row.costCurrency! },
      }),
    });
  }
}
