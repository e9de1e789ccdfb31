import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { AlertKind } from '../domain/stock-alert';

export interface AlertRow {
  id: string;
  sku: string;
  locationId: string;
  kind: AlertKind;
  /** `acknowledged`: it still holds, and somebody looks after it. */
  state: 'open' | 'acknowledged' | 'resolved';
  available: number;
  onHand: number | null;
  reorderLevel: number | null;
  overstockLevel: number | null;
  lotId: string | null;
  lotNumber: string | null;
  removeAt: string | null;
  raisedAt: string;
  resolvedAt: string | null;
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
  note: string | null;
}

type Dated = 'removeAt' | 'resolvedAt' | 'acknowledgedAt';
export type AlertRecord = Omit<AlertRow, Dated | 'raisedAt'> & { raisedAt: Date } & Record<Dated, Date | null>;

export const ALERT_STATE = `case when a.state = 'resolved' then 'resolved' when a.acknowledged_at is not null then 'acknowledged' else 'open' end`;
export const ALERT = `a.id, a.sku, a.location_id as "locationId", a.kind, ${ALERT_STATE} as state, a.available, a.on_hand as "onHand",
  a.reorder_level as "reorderLevel", a.overstock_level as "overstockLevel", a.lot_id as "lotId", t.number as "lotNumber",
  a.remove_at as "removeAt", a.raised_at as "raisedAt", a.resolved_at as "resolvedAt", a.acknowledged_at as "acknowledgedAt",
  a.acknowledged_by as "acknowledgedBy", a.note`;
export const ALERTS = `inventory.stock_alerts a left join inventory.stock_lots t on t.tenant_id = a.tenant_id and t.id = a.lot_id`;

export const alertOf = (row: AlertRecord): AlertRow => ({
  id: row.id,
  sku: row.sku,
  locationId: row.locationId,
  kind: row.kind,
  state: row.state,
  available: row.available,
  onHand: row.onHand,
  reorderLevel: row.reorderLevel,
  overstockLevel: row.overstockLevel,
  lotId: row.lotId,
  lotNumber: row.lotNumber,
  removeAt: row.removeAt?.toISOString() ?? null,
  raisedAt: row.raisedAt.toISOString(),
  resolvedAt: row.resolvedAt?.toISOString() ?? null,
  acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
  acknowledgedBy: row.acknowledgedBy,
  note: row.note,
});

/** One alert as people see it. */
@Injectable()
export class AlertView {
  constructor(private readonly database: Database) {}

  /** An alert that is known to be there. */
  async find(id: string): Promise<AlertRow> {
    const [row] = await this.database.read<AlertRecord>(
      `select ${ALERT} from ${ALERTS} where a.tenant_id = kernel.tenant_id() and a.id = $1`,
      [id],
    );
    return alertOf(row);
  }
}
