import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { Money } from '../../../kernel/money/money';
import type { Level } from '../domain/stock.policy';
import { stockMoved } from '../domain/valued-movements';

export type MovementKind = 'receipt' | 'shipment' | 'count' | 'adjustment' | 'return' | 'scrap' | 'transfer';

/** One change of the on-hand quantity of a lot, with the paper it rests on. */
export interface Movement {
  /** The level as it is after all movements of the operation. */
  level: Level;
  lotId: string;
  quantity: number;
  /** What a piece cost; null: not known. */
  unitCost: Money | null;
  kind: MovementKind;
  document: { type: string; id: string };
  /** Whom the goods were bought of, where that is known. */
  supplierId?: string;
  reason: string;
  /** Unique in the shop: the same movement cannot be written twice. */
  idempotencyKey: string;
}

/** The append-only journal of movements. */
@Injectable()
export class JournalRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Writes the movements of one operation, and says `inventory.stock-moved.v1` where their cost is known. */
  async write(movements: readonly Movement[]): Promise<void> {
    if (movements.length === 0) return;
    const tx = this.uow.current();
    const moved = stockMoved(movements);
    if (moved) tx.record(moved);
    // Several movements of one level follow each other: each says what was there after it.
    const ahead = new Map<string, number>();
    const rows = [...movements].reverse().map(({ level, lotId, quantity, unitCost, ...movement }) => {
      const later = ahead.get(level.id) ?? 0;
      ahead.set(level.id, later + quantity);
      return {
        level_id: level.id,
        lot_id: lotId,
        sku: level.sku,
        location_id: level.locationId,
        kind: movement.kind,
        quantity,
        on_hand_after: level.onHand - later,
        unit_cost: unitCost?.amount ?? null,
        cost_currency: unitCost?.currency ?? null,
        document_type: movement.document.type,
        document_id: movement.document.id,
        reason: movement.reason,
        idempotency_key: movement.idempotencyKey,
      };
    });
    const numbered = rows.reverse().map((row) => ({ id: newId(), ...row }));
    await tx.execute(
      `insert into inventory.stock_movements (tenant_id, actor_id, at, id, level_id, lot_id, sku, location_id, kind, quantity,
         on_hand_after, unit_cost, cost_currency, document_type, document_id, reason, idempotency_key)
       select $1, $2, kernel.now(), x.* from json_to_recordset($3::json) as x(id uuid, level_id uuid, lot_id uuid, sku text, location_id uuid,
         kind text, quantity bigint, on_hand_after bigint, unit_cost bigint, cost_currency text, document_type text, document_id text, reason text, idempotency_key text)`,
      [tx.tenantId, currentContext().principal.userId, JSON.stringify(numbered)],
    );
  }
}
