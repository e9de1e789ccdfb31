import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import type { BeyondTerms } from '../domain/stock.policy';
import type { WaitingPart } from '../domain/backorder.policy';

/** How far a SKU may be promised beyond its stock, as people set it. */
export interface BackorderTerms {
  sku: string;
  most: number | null;
  promisedAt: Date | null;
}

/** Pieces of a lot that a waiting part gets. The line's own level may be another than the lot's. */
export interface AllocatedShare {
  part: WaitingPart;
  levelId: string;
  lotId: string;
  quantity: number;
}

/** Terms of backorders, who waits, and what they get. */
@Injectable()
export class BackorderRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** The same SKUs with what people set for them. */
  async terms(modes: ReadonlyMap<string, BeyondTerms>): Promise<Map<string, BeyondTerms>> {
    const tx = this.uow.current();
    const rows = await tx.query<BackorderTerms>(
      `select sku, most, promised_at as "promisedAt" from inventory.backorder_terms where tenant_id = $1 and sku = any($2::text[])`,
      [tx.tenantId, [...modes.keys()]],
    );
    const set = new Map(rows.map((row) => [row.sku, row]));
    return new Map(
      [...modes].map(([sku, { mode }]) => {
        const { most = null, promisedAt = null } = set.get(sku) ?? {};
        return [sku, { mode, most, promisedAt }];
      }),
    );
  }

  async saveTerms(terms: readonly BackorderTerms[]): Promise<void> {
    const tx = this.uow.current();
    const rows = [...terms].sort((a, b) => (a.sku < b.sku ? -1 : 1)).map((row) => ({ id: newId(), ...row }));
    await tx.execute(
      `insert into inventory.backorder_terms (tenant_id, id, sku, most, promised_at, updated_at)
       select $1, x.id, x.sku, x.most, x."promisedAt", kernel.now()
       from json_to_recordset($2::json) as x(id uuid, sku text, most bigint, "promisedAt" timestamptz)
       on conflict on constraint backorder_terms_once do update set most = excluded.most, promised_at = excluded.promised_at,
         updated_at = excluded.updated_at`,
      [tx.tenantId, JSON.stringify(rows)],
    );
  }

  /** Those of these SKUs that somebody waits for. */
  async awaited(skus: readonly string[]): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ sku: string }>(
      `select distinct sku from inventory.stock_levels where tenant_id = $1 and sku = any($2::text[]) and backordered > 0`,
      [tx.tenantId, skus],
    );
    return rows.map((row) => row.sku);
  }

  /**
   * Holds that wait for these SKUs, first placed first, not locked. What a reference holds anew keeps its place in the queue.
   */
  async queue(skus: readonly string[], most: number): Promise<string[]> {
    const tx = this.uow.current();
    const rows = await tx.query<{ id: string }>(
      `select r.id from inventory.inventory_reservations r
         cross join lateral (select o.id from inventory.inventory_reservations o
           where o.tenant_id = r.tenant_id and o.reference_id = r.reference_id order by o.id limit 1) first
       where r.tenant_id = $1 and r.state in ('active', 'committed') and (r.state = 'committed' or r.lapsed_at is null and r.expires_at > kernel.now())
         and r.id in (select x.reservation_id from inventory.reservation_lines x
           where x.tenant_id = $1 and x.sku = any($2::text[]) and x.backordered > 0 and x.taken_over_at is null)
       order by first.id limit $3`,
      [tx.tenantId, skus, most],
    );
    return rows.map((row) => row.id);
  }

  /** Locks holds in id order; waits for those whom somebody else works on. */
  async lockHolds(ids: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    await tx.query(
      `select id from inventory.inventory_reservations where tenant_id = $1 and id = any($2::uuid[]) order by id for update`,
      [tx.tenantId, ids],
    );
  }

  /** What locked holds, that are still open, wait for of these SKUs. */
  waiting(holdIds: readonly string[], skus: readonly string[]): Promise<WaitingPart[]> {
    const tx = this.uow.current();
    return tx.query<WaitingPart>(
      `select x.id as "lineId", r.id as "holdId", r.reference_type as "referenceType", r.reference_id as "referenceId", r.need_by as "needBy",
         x.level_id as "levelId", x.sku, x.backordered as quantity
       from inventory.inventory_reservations r
         join inventory.reservation_lines x on x.tenant_id = r.tenant_id and x.reservation_id = r.id
       where r.tenant_id = $1 and r.id = any($2::uuid[]) and r.state in ('active', 'committed')
         and (r.state = 'committed' or r.lapsed_at is null and r.expires_at > kernel.now())
         and x.sku = any($3::text[]) and x.backordered > 0 and x.taken_over_at is null
       order by x.level_id`,
      [tx.tenantId, holdIds, skus],
    );
  }

  /**
   * Writes on lines of locked holds which lots they have instead of waiting. Levels and lots are changed by the caller. Pieces
   * that lie at another place than the one where they were waited for move to a line of that place.
   */
  async allocate(shares: readonly AllocatedShare[]): Promise<void> {
    const tx = this.uow.current();
    const rows = shares.map(({ part, levelId, lotId, quantity }) => ({
      id: newId(),
      lineId: part.lineId,
      holdId: part.holdId,
      levelId,
      moved: levelId !== part.levelId,
      lotId,
      quantity,
    }));
    const moves = JSON.stringify(rows);
    await tx.execute(
      `update inventory.reservation_lines x set backordered = x.backordered - s.quantity, quantity = x.quantity - s.moved
       from (select "lineId", sum(quantity)::bigint as quantity, coalesce(sum(quantity) filter (where moved), 0)::bigint as moved
             from json_to_recordset($2::json) as s("lineId" uuid, quantity bigint, moved boolean) group by 1) s
       where x.tenant_id = $1 and x.id = s."lineId"`,
      [tx.tenantId, moves],
    );
    if (rows.some(({ moved }) => moved))
      await tx.execute(
        `insert into inventory.reservation_lines (tenant_id, id, reservation_id, level_id, sku, quantity, beyond)
         select $1, (min(s.id::text))::uuid, s."holdId", s."levelId", x.sku, sum(s.quantity), x.beyond
         from json_to_recordset($2::json) as s(id uuid, "lineId" uuid, "holdId" uuid, "levelId" uuid, quantity bigint, moved boolean)
           join inventory.reservation_lines x on x.tenant_id = $1 and x.id = s."lineId"
         where s.moved group by s."holdId", s."levelId", x.sku, x.beyond
         on conflict (tenant_id, reservation_id, level_id) do update set quantity = reservation_lines.quantity + excluded.quantity`,
        [tx.tenantId, moves],
      );
    await tx.execute(
      `insert into inventory.reservation_allocations (tenant_id, id, reservation_id, line_id, level_id, lot_id, quantity)
       select $1, (min(s.id::text))::uuid, s."holdId", x.id, s."levelId", s."lotId", sum(s.quantity)
       from json_to_recordset($2::json) as s(id uuid, "holdId" uuid, "levelId" uuid, "lotId" uuid, quantity bigint)
         join inventory.reservation_lines x on x.tenant_id = $1 and x.reservation_id = s."holdId" and x.level_id = s."levelId"
       group by s."holdId", x.id, s."levelId", s."lotId"
       on conflict (tenant_id, reservation_id, lot_id) do update set quantity = reservation_allocations.quantity + excluded.quantity`,
      [tx.tenantId, moves],
    );
  }
}
