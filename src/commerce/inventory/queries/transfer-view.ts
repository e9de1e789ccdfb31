import { Injectable } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { transferNotFound } from '../domain/inventory.errors';
import type { TransferState } from '../domain/transfer';

interface Pieces {
  quantity: number;
  received: number;
  lost: number;
  returned: number;
}

export interface TransferRow {
  id: string;
  fromLocationId: string;
  toLocationId: string;
  state: TransferState;
  reference: string | null;
  reason: string | null;
  createdBy: string | null;
  createdAt: string;
  shippedAt: string | null;
  /** When its last piece arrived or was given up. */
  settledAt: string | null;
  lines: (Pieces & {
    id: string;
    sku: string;
    lotNumber: string | null;
    shipped: number;
    /** What left, once it left. */
    lots: (Pieces & { lotNumber: string | null; removeAt: string | null; unitCost: Money | null })[];
  })[];
}

/** One transfer with its lines and lots. @throws AppError not-found `inventory.transfer-not-found` */
export class FindTransferQuery extends Query<TransferRow> {
  constructor(readonly id: string) {
    super();
  }
}

/** A page of transfers, newest first. */
export class ListTransfersQuery extends Query<Page<TransferRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const LOTS = `(select coalesce(json_agg(json_build_object('lotNumber', t.number, 'removeAt', t.remove_at, 'quantity', t.quantity,
    'received', t.received, 'lost', t.lost, 'returned', t.returned, 'unitCost', case when t.unit_cost is not null then
    json_build_object('amount', t.unit_cost, 'currency', t.cost_currency) end) order by t.remove_at nulls last, t.id), '[]')
  from inventory.stock_transfer_lots t where t.tenant_id = x.tenant_id and t.line_id = x.id)`;
const TRANSFER = `r.id, r.from_location_id as "fromLocationId", r.to_location_id as "toLocationId", r.state, r.reference, r.reason,
  r.created_by as "createdBy", r.created_at as "createdAt", r.shipped_at as "shippedAt", r.settled_at as "settledAt",
  (select json_agg(json_build_object('id', x.id, 'sku', x.sku, 'lotNumber', x.lot_number, 'quantity', x.quantity, 'shipped', x.shipped,
      'received', x.received, 'lost', x.lost, 'returned', x.returned, 'lots', ${LOTS}) order by x.position)
   from inventory.stock_transfer_lines x where x.tenant_id = r.tenant_id and x.transfer_id = r.id) as lines`;

const LIST = keyset({
  id: 'r.id',
  sorts: {},
  defaultSort: '-id',
  filters: {
    state: { sql: 'r.state', type: 'text' },
    fromLocationId: { sql: 'r.from_location_id', type: 'uuid' },
    toLocationId: { sql: 'r.to_location_id', type: 'uuid' },
  },
});

type Dated = 'shippedAt' | 'settledAt';
type Row = Omit<TransferRow, Dated | 'createdAt'> & { createdAt: Date } & Record<Dated, Date | null>;

const viewOf = (row: Row): TransferRow => ({
  id: row.id,
  fromLocationId: row.fromLocationId,
  toLocationId: row.toLocationId,
  state: row.state,
  reference: row.reference,
  reason: row.reason,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  shippedAt: row.shippedAt?.toISOString() ?? null,
  settledAt: row.settledAt?.toISOString() ?? null,
  lines: row.lines.map((line) => ({
    ...line,
    lots: line.lots.map((lot) => ({ ...lot, removeAt: lot.removeAt && new Date(lot.removeAt).toISOString() })),
  })),
});

/** Transfers as people see them. */
@Injectable()
export class TransferViews {
  constructor(private readonly database: Database) {}

  /** @throws AppError not-found `inventory.transfer-not-found` */
  async find(id: string): Promise<TransferRow> {
    const [row] = await this.database.read<Row>(
      `select ${TRANSFER} from inventory.stock_transfers r where r.tenant_id = kernel.tenant_id() and r.id = $1`,
      [id],
    );
    if (!row) throw transferNotFound();
    return viewOf(row);
  }

  list(list: ListQuery): Promise<Page<TransferRow>> {
    return LIST.run<Row, TransferRow>(this.database, list, {
      select: TRANSFER,
      from: 'inventory.stock_transfers r',
      where: 'r.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindTransferQuery)
export class FindTransferHandler implements IQueryHandler<FindTransferQuery> {
  constructor(private readonly views: TransferViews) {}

  execute({ id }: FindTransferQuery): Promise<TransferRow> {
    return this.views.find(id);
  }
}

@QueryHandler(ListTransfersQuery)
export class ListTransfersHandler implements IQueryHandler<ListTransfersQuery> {
  constructor(private readonly views: TransferViews) {}

  execute({ list }: ListTransfersQuery): Promise<Page<TransferRow>> {
    return this.views.list(list);
  }
}
