import { Injectable } from '@nestjs/common';
import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { serialNotFound } from '../domain/inventory.errors';
import type { ItemSettings, SerialEventKind, SerialState } from '../domain/serial';
import type { StockState } from '../domain/stock-state';

export interface SerialRow {
  id: string;
  sku: string;
  serial: string;
  /** Nobody read the number on the goods yet. */
  provisional: boolean;
  state: SerialState;
  condition: StockState;
  /** Where it is, or was last. */
  locationId: string;
  lotId: string;
  lotNumber: string | null;
  unitCost: Money | null;
  receivedAt: string;
  shippedAt: string | null;
  /** Whom it was shipped for. */
  reference: { type: string; id: string } | null;
  /** End of the warranty that began with the shipment. */
  warrantyUntil: string | null;
  underWarranty: boolean;
}

export interface SerialEventRow {
  id: string;
  kind: SerialEventKind;
  locationId: string;
  lotId: string;
  condition: StockState;
  document: { type: string; id: string } | null;
  reason: string | null;
  actorId: string | null;
  at: string;
}

/** One piece. @throws AppError not-found `inventory.serial-not-found` */
export class FindSerialQuery extends Query<SerialRow> {
  constructor(readonly id: string) {
    super();
  }
}

/** A page of pieces with serial numbers: by number, article, state, place, or whom they were shipped for. */
export class ListSerialsQuery extends Query<Page<SerialRow>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** A page of what happened to a piece, newest first. @throws AppError not-found `inventory.serial-not-found` */
export class ListSerialEventsQuery extends Query<Page<SerialEventRow>> {
  constructor(
    readonly id: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/** A page of what was said of how articles are kept. */
export class ListItemSettingsQuery extends Query<Page<ItemSettings>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const SELECT = `s.id, s.sku, s.serial, s.provisional, s.state, s.condition, l.location_id as "locationId", s.lot_id as "lotId",
  t.number as "lotNumber", t.unit_cost as "unitCost", t.cost_currency as "costCurrency", s.received_at as "receivedAt",
  s.shipped_at as "shippedAt", s.reference_type as "referenceType", s.reference_id as "referenceId",
  s.warranty_until as "warrantyUntil", s.state = 'shipped' and coalesce(s.warranty_until > kernel.now(), false) as "underWarranty"`;
const FROM = `inventory.serials s
  join inventory.stock_levels l on l.tenant_id = s.tenant_id and l.id = s.level_id
  join inventory.stock_lots t on t.tenant_id = s.tenant_id and t.id = s.lot_id`;

const SERIALS = keyset({
  id: 's.id',
  sorts: { serial: { sql: 's.serial', type: 'text' } },
  defaultSort: 'serial',
  filters: {
    serial: { sql: 's.serial', type: 'text' },
    sku: { sql: 's.sku', type: 'text' },
    state: { sql: 's.state', type: 'text' },
    locationId: { sql: 'l.location_id', type: 'uuid' },
    reference: { sql: 's.reference_id', type: 'uuid' },
  },
});
const EVENTS = keyset({ id: 'e.id', sorts: {}, defaultSort: '-id' });
const ITEMS = keyset({
  id: 'i.id',
  sorts: { sku: { sql: 'i.sku', type: 'text' } },
  defaultSort: 'sku',
  filters: { sku: { sql: 'i.sku', type: 'text' } },
});

type Row = Omit<SerialRow, 'unitCost' | 'receivedAt' | 'shippedAt' | 'reference' | 'warrantyUntil'> & {
  unitCost: number | null;
  costCurrency: string | null;
  receivedAt: Date;
  shippedAt: Date | null;
  referenceType: string | null;
  referenceId: string | null;
  warrantyUntil: Date | null;
};

const viewOf = (row: Row): SerialRow => ({
  id: row.id,
  sku: row.sku,
  serial: row.serial,
  provisional: row.provisional,
  state: row.state,
  condition: row.condition,
  locationId: row.locationId,
  lotId: row.lotId,
  lotNumber: row.lotNumber,
  unitCost: row.unitCost === null ? null : { amount: row.unitCost, currency: row.costCurrency! },
  receivedAt: row.receivedAt.toISOString(),
  shippedAt: row.shippedAt?.toISOString() ?? null,
  reference: row.referenceId === null ? null : { type: row.referenceType!, id: row.referenceId },
  warrantyUntil: row.warrantyUntil?.toISOString() ?? null,
  underWarranty: row.underWarranty,
});

/** Pieces as people see them. */
@Injectable()
export class SerialViews {
  constructor(private readonly database: Database) {}

  /** @throws AppError not-found `inventory.serial-not-found` */
  async find(id: string): Promise<SerialRow> {
    const [row] = await this.database.read<Row>(
      `select ${SELECT} from ${FROM} where s.tenant_id = kernel.tenant_id() and s.id = $1`,
      [id],
    );
    if (!row) throw serialNotFound();
    return viewOf(row);
  }

  list(list: ListQuery): Promise<Page<SerialRow>> {
    return SERIALS.run<Row, SerialRow>(this.database, list, {
      select: SELECT,
      from: FROM,
      where: 's.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

@QueryHandler(FindSerialQuery)
export class FindSerialHandler implements IQueryHandler<FindSerialQuery> {
  constructor(private readonly views: SerialViews) {}

  execute({ id }: FindSerialQuery): Promise<SerialRow> {
    return this.views.find(id);
  }
}

@QueryHandler(ListSerialsQuery)
export class ListSerialsHandler implements IQueryHandler<ListSerialsQuery> {
  constructor(private readonly views: SerialViews) {}

  execute({ list }: ListSerialsQuery): Promise<Page<SerialRow>> {
    return this.views.list(list);
  }
}

@QueryHandler(ListSerialEventsQuery)
export class ListSerialEventsHandler implements IQueryHandler<ListSerialEventsQuery> {
  constructor(
    private readonly database: Database,
    private readonly views: SerialViews,
  ) {}

  async execute({ id, list }: ListSerialEventsQuery): Promise<Page<SerialEventRow>> {
    await this.views.find(id);
    type EventRow = Omit<SerialEventRow, 'document' | 'at'> & {
      documentType: string | null;
      documentId: string | null;
      at: Date;
    };
    return EVENTS.run<EventRow, SerialEventRow>(this.database, list, {
      select: `e.id, e.kind, e.location_id as "locationId", e.lot_id as "lotId", e.condition, e.document_type as "documentType",
        e.document_id as "documentId", e.reason, e.actor_id as "actorId", e.at`,
      from: 'inventory.serial_events e',
      where: 'e.tenant_id = kernel.tenant_id() and e.serial_id = $1',
      params: [id],
      map: (row) => ({
        id: row.id,
        kind: row.kind,
        locationId: row.locationId,
        lotId: row.lotId,
        condition: row.condition,
        document: row.documentId === null ? null : { type: row.documentType!, id: row.documentId },
        reason: row.reason,
        actorId: row.actorId,
        at: row.at.toISOString(),
      }),
    });
  }
}

@QueryHandler(ListItemSettingsQuery)
export class ListItemSettingsHandler implements IQueryHandler<ListItemSettingsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListItemSettingsQuery): Promise<Page<ItemSettings>> {
    return ITEMS.run<ItemSettings & object, ItemSettings>(this.database, list, {
      select: `i.sku, i.serials, i.warranty_months as "warrantyMonths"`,
      from: 'inventory.item_settings i',
      where: 'i.tenant_id = kernel.tenant_id()',
      map: ({ sku, serials, warrantyMonths }) => ({ sku, serials, warrantyMonths }),
    });
  }
}
