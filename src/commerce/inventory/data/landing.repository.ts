import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { lotConflict } from '../domain/inventory.errors';
import type { Level } from '../domain/stock.policy';
import type { TravellingLot } from '../domain/transfer';

/** Finds or makes the lots that travelling goods go into. */
@Injectable()
export class LandingRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /**
   * The lot of each, at its locked level: of the same batch and cost, with the dates and the age that it travelled with.
   * @returns in the order given; `made` where it was not there before
   * @throws AppError conflict `inventory.lot-conflict` where the batch lies there with another day of removal
   */
  async land(lots: readonly { lot: TravellingLot; level: Level }[]): Promise<{ lotId: string; made: boolean }[]> {
    const tx = this.uow.current();
    const rows = lots.map(({ lot, level }, at) => ({
      at,
      id: newId(),
      levelId: level.id,
      sku: level.sku,
      locationId: level.locationId,
      travelling: lot.id,
    }));
    const landed = await tx.query<{ at: number; lotId: string; made: boolean; differs: boolean }>(
      `with wanted as (
         select x.*, t.number, t.received_at as "receivedAt", t.best_before_at as "bestBeforeAt", t.expires_at as "expiresAt",
           t.remove_at as "removeAt", t.alert_at as "alertAt", t.unit_cost as "unitCost", t.cost_currency as "costCurrency"
         from json_to_recordset($2::json) as x(at int, id uuid, "levelId" uuid, sku text, "locationId" uuid, travelling uuid)
           join inventory.stock_transfer_lots t on t.tenant_id = $1 and t.id = x.travelling
       ), made as (
         insert into inventory.stock_lots (tenant_id, id, level_id, sku, location_id, number, received_at, best_before_at, expires_at,
           remove_at, alert_at, unit_cost, cost_currency)
         select distinct on (w."levelId", w.number, w."unitCost", w."costCurrency") $1, w.id, w."levelId", w.sku, w."locationId", w.number,
           w."receivedAt", w."bestBeforeAt", w."expiresAt", w."removeAt", w."alertAt", w."unitCost", w."costCurrency"
         from wanted w order by w."levelId", w.number, w."unitCost", w."costCurrency", w.at
         on conflict (tenant_id, level_id, number, unit_cost, cost_currency) do nothing
         returning id, level_id, number, unit_cost, cost_currency, remove_at
       )
       select w.at, coalesce(m.id, t.id) as "lotId", m.id is not null as made,
         coalesce(m.remove_at, t.remove_at) is distinct from w."removeAt" as differs
       from wanted w
         left join made m on m.level_id = w."levelId" and (m.number, m.unit_cost, m.cost_currency) is not distinct from (w.number, w."unitCost", w."costCurrency")
         left join inventory.stock_lots t on t.tenant_id = $1 and t.level_id = w."levelId"
           and (t.number, t.unit_cost, t.cost_currency) is not distinct from (w.number, w."unitCost", w."costCurrency")
       order by w.at`,
      [tx.tenantId, JSON.stringify(rows)],
    );
    const wrong = landed.find((lot) => lot.differs);
    if (wrong) throw lotConflict(lots[wrong.at].lot.number ?? '', lots[wrong.at].level.sku);
    return landed.map(({ lotId, made }) => ({ lotId, made }));
  }
}
