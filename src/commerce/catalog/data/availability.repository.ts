import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';

/** What inventory says of SKUs, copied, and what follows of it for products and bundles. */
@Injectable()
export class AvailabilityRepository {
  /**
   * Of these levels the SKUs whose copy must be looked at: those that came or ran out, that are not known yet, or that
   * are part of a bundle, where every piece may count. One statement, which most changes of stock end with.
   */
  async affected(tx: Transaction, levels: readonly { sku: string; was?: number; now: number }[]): Promise<string[]> {
    const rows = await tx.query<{ sku: string }>(
      `select distinct g.sku from unnest($2::text[], $3::bigint[], $4::bigint[]) as g(sku, was, now)
       left join catalog.sku_stock s on s.tenant_id = $1 and s.sku = g.sku
       where s.sku is null or g.was is null or (g.was > 0) <> (g.now > 0) or (s.available <= 0 and g.now > 0)
         or exists (select from catalog.variants v join catalog.bundle_components b on b.tenant_id = v.tenant_id and b.component_id = v.id
           where v.tenant_id = $1 and v.sku = g.sku)`,
      [tx.tenantId, levels.map((it) => it.sku), levels.map((it) => it.was ?? null), levels.map((it) => it.now)],
    );
    return rows.map(({ sku }) => sku);
  }

  /** Locks the copies of these SKUs: whoever reads the stock after it reads what is true at least until it commits. */
  async lock(tx: Transaction, skus: readonly string[]): Promise<void> {
    await tx.execute(
      `insert into catalog.sku_stock (tenant_id, id, sku, available, updated_at)
       select $1, x.id, x.sku, 0, $4 from unnest($2::uuid[], $3::text[]) as x(id, sku) order by x.sku
       on conflict on constraint sku_stock_sku do update set updated_at = excluded.updated_at`,
      [tx.tenantId, skus.map(() => newId()), skus, clock.now()],
    );
  }

  async store(tx: Transaction, skus: readonly string[], available: readonly number[]): Promise<void> {
    await tx.execute(
      `update catalog.sku_stock s set available = x.available from unnest($2::text[], $3::bigint[]) as x(sku, available)
       where s.tenant_id = $1 and s.sku = x.sku and s.available <> x.available`,
      [tx.tenantId, skus, available],
    );
  }

  /** The products that have these SKUs, or a bundle of them, say what they follow; locked in id order first. */
  async followSkus(tx: Transaction, skus: readonly string[]): Promise<void> {
    const rows = await tx.query<{ id: string }>(
      `with recursive up as (
         select v.id, v.product_id from catalog.variants v where v.tenant_id = $1 and v.sku = any($2)
         union
         select v.id, v.product_id from up
         join catalog.bundle_components b on b.tenant_id = $1 and b.component_id = up.id
         join catalog.variants v on v.tenant_id = b.tenant_id and v.id = b.bundle_id
       )
       select p.id from catalog.products p where p.tenant_id = $1 and p.id = any(array(select product_id from up))
       order by p.id for no key update`,
      [tx.tenantId, skus],
    );
    await this.followProducts(
      tx,
      rows.map(({ id }) => id),
    );
  }

  /** Products, locked by the caller, say whether one of their variants on sale can be had. */
  async followProducts(tx: Transaction, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await tx.execute(
      `with v as (
         select v.id, v.product_id, v.backorder from catalog.variants v where v.tenant_id = $1 and v.product_id = any($2) and v.active
       ), state as (
         select x.id, case when bool_or(a.available > 0) then 'in_stock' when bool_or(v.backorder <> 'no') then 'backorder'
           else 'out_of_stock' end as state
         from unnest($2::uuid[]) as x(id) left join v on v.product_id = x.id
         left join catalog.variants_available($1, array(select id from v)) a on a.variant_id = v.id group by x.id
       )
       update catalog.products p set availability = s.state from state s
       where p.tenant_id = $1 and p.id = s.id and p.availability <> s.state`,
      [tx.tenantId, ids],
    );
  }
}
