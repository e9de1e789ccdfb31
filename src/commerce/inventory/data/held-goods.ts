import type { AllocatedLine, HeldGoods, WaitingLine } from '../contracts/hold-stock';

/** A row of `goodsOf`. */
export interface HeldRow {
  lines: AllocatedLine[] | null;
  waiting: WaitingLine[] | null;
}

/** What the hold `r` has that a statement changes, in the same statement. */
export const goodsOf = (...statement: Parameters<typeof String.raw>): string => `with r as (
    ${String.raw(...statement)} returning r.tenant_id, r.id
  )
  select (select json_agg(json_build_object('sku', g.sku, 'lotNumber', g.number, 'quantity', g.quantity) order by g.sku, g.day nulls last, g.number)
    from (select t.sku, t.number, sum(a.quantity) as quantity, min(t.remove_at) as day
      from inventory.reservation_allocations a join inventory.stock_lots t on t.tenant_id = a.tenant_id and t.id = a.lot_id
      where a.tenant_id = r.tenant_id and a.reservation_id = r.id and a.quantity > 0 and t.number is not null
      group by t.sku, t.number) g) as lines,
    (select json_agg(json_build_object('sku', w.sku, 'quantity', w.quantity, 'promisedAt', w.at) order by w.sku)
     from (select x.sku, sum(x.backordered) as quantity, max(x.promised_at) as at from inventory.reservation_lines x
       where x.tenant_id = r.tenant_id and x.reservation_id = r.id and x.backordered > 0 group by x.sku) w) as waiting
  from r`;

/** What such a row says; null without one. */
export function heldIn(row: HeldRow | undefined): HeldGoods | null {
  if (!row) return null;
  const waiting = (row.waiting ?? []).map(({ promisedAt, ...line }) => {
    return { ...line, promisedAt: promisedAt && new Date(promisedAt).toISOString() };
  });
  return { lines: row.lines ?? [], waiting };
}
