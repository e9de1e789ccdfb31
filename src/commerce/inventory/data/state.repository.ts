import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { StateMove, UnavailableState } from '../domain/stock-state';

/** Pieces of lots that cannot be sold, by state, and the log of it. Levels are locked by the caller. */
@Injectable()
export class StateRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** What these lots have in which state. */
  of(lotIds: readonly string[]): Promise<{ lotId: string; state: UnavailableState; quantity: number }[]> {
    const tx = this.uow.current();
    return tx.query(
      `select lot_id as "lotId", state, quantity from inventory.unavailable_stock
       where tenant_id = $1 and lot_id = any($2::uuid[]) and quantity > 0`,
      [tx.tenantId, lotIds],
    );
  }

  /** Writes the moves of one operation, and what the lots have in each state after them. */
  async move(operation: string, moves: readonly (StateMove & { reason: string })[]): Promise<void> {
    const tx = this.uow.current();
    const changes = moves.flatMap(({ lotId, from, to, quantity }) => [
      { id: newId(), lotId, state: from, quantity: -quantity },
      { id: newId(), lotId, state: to, quantity },
    ]);
    const states = changes.filter(({ state }) => state !== 'available' && state !== 'written_off');
    // Sums first: a row that is made and lowered in one operation is never below zero.
    await tx.execute(
      `insert into inventory.unavailable_stock as s (tenant_id, id, level_id, lot_id, sku, location_id, state, quantity, updated_at)
       select $1, x.id, t.level_id, t.id, t.sku, t.location_id, x.state, x.quantity, kernel.now()
       from (select min(id::text)::uuid as id, "lotId", state, sum(quantity)::bigint as quantity
             from json_to_recordset($2::json) as c(id uuid, "lotId" uuid, state text, quantity bigint) group by "lotId", state
             having sum(quantity) > 0) x
         join inventory.stock_lots t on t.tenant_id = $1 and t.id = x."lotId"
       on conflict (tenant_id, lot_id, state) do update set quantity = s.quantity + excluded.quantity, updated_at = kernel.now()`,
      [tx.tenantId, JSON.stringify(states)],
    );
    await tx.execute(
      `update inventory.unavailable_stock s set quantity = s.quantity + x.quantity, updated_at = kernel.now()
       from (select "lotId", state, sum(quantity)::bigint as quantity
             from json_to_recordset($2::json) as c("lotId" uuid, state text, quantity bigint) group by 1, 2 having sum(quantity) < 0) x
       where s.tenant_id = $1 and s.lot_id = x."lotId" and s.state = x.state`,
      [tx.tenantId, JSON.stringify(states)],
    );
    const log = moves.map(({ lotId, from, to, quantity, reason }) => ({
      id: newId(),
      lotId,
      from,
      to,
      quantity,
      reason,
    }));
    await tx.execute(
      `insert into inventory.stock_state_changes (tenant_id, id, operation_id, level_id, lot_id, sku, location_id, from_state, to_state,
         quantity, reason, actor_id, at)
       select $1, x.id, $2, t.level_id, t.id, t.sku, t.location_id, x."from", x."to", x.quantity, x.reason, $4, kernel.now()
       from json_to_recordset($3::json) as x(id uuid, "lotId" uuid, "from" text, "to" text, quantity bigint, reason text)
         join inventory.stock_lots t on t.tenant_id = $1 and t.id = x."lotId"`,
      [tx.tenantId, operation, JSON.stringify(log), currentContext().principal.userId],
    );
  }
}
