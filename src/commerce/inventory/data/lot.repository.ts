import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { LotRow } from './stock.repository';

/** What makes a lot one of its own beside its level: batch number and cost. */
export type LotKey = Pick<LotRow, 'id' | 'levelId' | 'number' | 'unitCost' | 'costCurrency'>;

/** A lot with the dates that people set. */
export interface BatchRow extends LotRow {
  bestBeforeAt: Date | null;
  alertAt: Date | null;
}

/** Finds and makes batches. Their levels are locked by the caller. */
@Injectable()
export class LotRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The lots of these numbers on these levels, first received first; null: those without a number but with a cost. */
  named(levelIds: readonly string[], numbers: readonly (string | null)[]): Promise<BatchRow[]> {
    const tx = this.uow.current();
    return tx.query<BatchRow>(
      `select t.id, t.level_id as "levelId", t.number, t.received_at as "receivedAt", t.best_before_at as "bestBeforeAt",
         t.expires_at as "expiresAt", t.remove_at as "removeAt", t.alert_at as "alertAt", t.on_hand as "onHand", t.reserved, t.unavailable,
         t.unit_cost as "unitCost", t.cost_currency as "costCurrency"
       from inventory.stock_lots t
       where t.tenant_id = $1 and t.level_id = any($2::uuid[]) and (t.number = any($3::text[]) or $4 and t.number is null and t.unit_cost is not null)
       order by t.received_at, t.id`,
      [tx.tenantId, levelIds, numbers.filter((number) => number !== null), numbers.includes(null)],
    );
  }

  /** Makes lots, empty. */
  async insert(lots: readonly (Omit<BatchRow, 'receivedAt'> & { sku: string; locationId: string })[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into inventory.stock_lots (tenant_id, id, level_id, sku, location_id, number, received_at, best_before_at, expires_at,
         remove_at, alert_at, unit_cost, cost_currency)
       select $1, x.id, x."levelId", x.sku, x."locationId", x.number, kernel.now(), x."bestBeforeAt", x."expiresAt", x."removeAt", x."alertAt",
         x."unitCost", x."costCurrency"
       from json_to_recordset($2::json) as x(id uuid, "levelId" uuid, sku text, "locationId" uuid, number text, "bestBeforeAt" timestamptz,
         "expiresAt" timestamptz, "removeAt" timestamptz, "alertAt" timestamptz, "unitCost" bigint, "costCurrency" text)`,
      [tx.tenantId, JSON.stringify(lots)],
    );
  }
}
