import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';

export interface AlertRow {
  id: string;
  sku: string;
  locationId: string;
  kind: string;
  state: string;
  available: number;
  reorderLevel: number;
  raisedAt: string;
  resolvedAt: string | null;
}

/** A page of stock alerts, newest first. */
export class ListAlertsQuery extends Query<Page<AlertRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const ALERTS = keyset({
  id: 'a.id',
  sorts: {},
  defaultSort: '-id',
  filters: { state: { sql: 'a.state', type: 'text' }, sku: { sql: 'a.sku', type: 'text' } },
});

type Row = Omit<AlertRow, 'raisedAt' | 'resolvedAt'> & { raisedAt: Date; resolvedAt: Date | null };

@QueryHandler(ListAlertsQuery)
export class ListAlertsHandler implements IQueryHandler<ListAlertsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListAlertsQuery): Promise<Page<AlertRow>> {
    return ALERTS.run<Row, AlertRow>(this.database, list, {
      select: `a.id, a.sku, a.location_id as "locationId", a.kind, a.state, a.available, a.reorder_level as "reorderLevel",
        a.raised_at as "raisedAt", a.resolved_at as "resolvedAt"`,
      from: 'inventory.stock_alerts a',
      where: 'a.tenant_id = kernel.tenant_id()',
      map: (row) => ({
        id: row.id,
        sku: row.sku,
        locationId: row.locationId,
        kind: row.kind,
        state: row.state,
        available: row.available,
        reorderLevel: row.reorderLevel,
        raisedAt: row.raisedAt.toISOString(),
        resolvedAt: row.resolvedAt?.toISOString() ?? null,
      }),
    });
  }
}
