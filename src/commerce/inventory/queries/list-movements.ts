import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';

export interface MovementRow {
  id: string;
  sku: string;
  locationId: string;
  lotId: string;
  lotNumber: string | null;
  kind: string;
  quantity: number;
  onHandAfter: number;
  unitCost: Money | null;
  document: { type: string; id: string };
  reason: string;
  actorId: string | null;
  at: string;
}

/** A page of the journal of movements, newest first. */
export class ListMovementsQuery extends Query<Page<MovementRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const MOVEMENTS = keyset({
  id: 'm.id',
  sorts: {},
  // Ids are made in the order of time.
  defaultSort: '-id',
  filters: {
    sku: { sql: 'm.sku', type: 'text' },
    kind: { sql: 'm.kind', type: 'text' },
    documentType: { sql: 'm.document_type', type: 'text' },
    documentId: { sql: 'm.document_id', type: 'text' },
    locationId: { sql: 'm.location_id', type: 'uuid' },
    at: { sql: 'm.at', type: 'timestamptz' },
  },
});

type Row = Omit<MovementRow, 'document' | 'at' | 'unitCost'> & {
  documentType: string;
  documentId: string;
  at: Date;
  unitCost: number | null;
  costCurrency: string | null;
};

@QueryHandler(ListMovementsQuery)
export class ListMovementsHandler implements IQueryHandler<ListMovementsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListMovementsQuery): Promise<Page<MovementRow>> {
    return MOVEMENTS.run<Row, MovementRow>(this.database, list, {
      select: `m.id, m.sku, m.location_id as "locationId", m.kind, m.quantity, m.on_hand_after as "onHandAfter", m.lot_id as "lotId", t.number as "lotNumber",
        m.unit_cost as "unitCost", m.cost_currency as "costCurrency",
        m.document_type as "documentType", m.document_id as "documentId", m.reason, m.actor_id as "actorId", m.at`,
      from: 'inventory.stock_movements m join inventory.stock_lots t on t.tenant_id = m.tenant_id and t.id = m.lot_id',
      where: 'm.tenant_id = kernel.tenant_id()',
      map: (row) => ({
        id: row.id,
        sku: row.sku,
        locationId: row.locationId,
        lotId: row.lotId,
        lotNumber: row.lotNumber,
        kind: row.kind,
        quantity: row.quantity,
        onHandAfter: row.onHandAfter,
        unitCost: row.unitCost === null ? null : { amount: row.unitCost, currency: row.costCurrency! },
        document: { type: row.documentType, id: row.documentId },
        reason: row.reason,
        actorId: row.actorId,
        at: row.at.toISOString(),
      }),
    });
  }
}
