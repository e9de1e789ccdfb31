import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import { bundleCycle, bundleTooLarge, unknownSkus } from '../domain/catalog.errors';
import { BundleChanged } from '../contracts/product-events';
import type { BundleComponent, Variant } from '../domain/variant';

const MOST_LEVELS = 5;
const MOST_PARTS = 100;
const MOST_PIECES = 1_000_000;

/** What variants are made of. */
@Injectable()
export class BundleRepository {
  /** Brings the components of these variants. */
  async load(tx: Transaction, variants: Variant[]): Promise<void> {
    for (const variant of variants) variant.components = variant.bundle ? [] : null;
    const bundles = variants.filter((variant) => variant.bundle);
    if (bundles.length === 0) return;
    const rows = await tx.query<BundleComponent & { bundleId: string }>(
      `select b.bundle_id as "bundleId", v.sku, b.quantity from catalog.bundle_components b
       join catalog.variants v on v.tenant_id = b.tenant_id and v.id = b.component_id
       where b.tenant_id = $1 and b.bundle_id = any($2) order by b.position`,
      [tx.tenantId, bundles.map((variant) => variant.id)],
    );
    const byId = new Map(bundles.map((variant) => [variant.id, variant]));
    for (const { bundleId, sku, quantity } of rows) byId.get(bundleId)!.components!.push({ sku, quantity });
  }

  /**
   * Writes the components of stored variants and proves that no bundle contains itself. Bundles of a shop are written one
   * after the other: two at once could otherwise close a ring that neither sees.
   * @throws AppError invalid `catalog.unknown-sku`, conflict `catalog.bundle-cycle`, `catalog.bundle-too-large`
   */
  async store(tx: Transaction, variants: Variant[]): Promise<void> {
    if (variants.length === 0) return;
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`catalog.bundles ${tx.tenantId}`]);
    const ids = variants.map((variant) => variant.id);
    await tx.execute(`delete from catalog.bundle_components where tenant_id = $1 and bundle_id = any($2)`, [
      tx.tenantId,
      ids,
    ]);
    const parts = variants.flatMap(({ id, components }) =>
      (components ?? []).map((part, position) => ({ id: newId(), bundle_id: id, position, ...part })),
    );
    const said = [...variants, ...parts].map(({ sku }) => sku);
    const { productId } = variants[0];
    tx.record(new BundleChanged(productId, { productId, parts: [...new Set(said)].sort() }));
    if (parts.length === 0) return;
    const found = await tx.query<{ id: string; sku: string }>(
      `select id, sku from catalog.variants where tenant_id = $1 and sku = any($2)`,
      [tx.tenantId, parts.map((part) => part.sku)],
    );
    const known = new Map(found.map(({ id, sku }) => [sku, id]));
    const unknown = parts.filter(({ sku }) => !known.has(sku));
    if (unknown.length > 0) throw unknownSkus(unknown.map(({ sku }) => ({ pointer: '/variants', sku })));
    for (const { id, sku, components } of variants)
      if (components?.some((part) => known.get(part.sku) === id)) throw bundleCycle(sku);
    await tx.execute(
      `insert into catalog.bundle_components (tenant_id, id, bundle_id, component_id, quantity, position)
       select $1, x.* from json_to_recordset($2::json) as x(id uuid, bundle_id uuid, component_id uuid, quantity int, position int)`,
      [tx.tenantId, JSON.stringify(parts.map(({ sku, ...part }) => ({ ...part, component_id: known.get(sku) })))],
    );
    await this.prove(tx, variants);
  }

  /** Walks down from the changed bundles and from those above them, no deeper than one level more than there may be. */
  private async prove(tx: Transaction, variants: Variant[]): Promise<void> {
    const rows = await tx.query<{ sku: string; ring: boolean; depth: number; parts: number; pieces: string }>(
      `with recursive above as (
         select unnest($2::uuid[]) as id
         union
         select b.bundle_id from above a join catalog.bundle_components b on b.tenant_id = $1 and b.component_id = a.id
       ), beneath as (
         select a.id as root, b.component_id as id, b.quantity::numeric as quantity, 1 as depth
         from above a join catalog.bundle_components b on b.tenant_id = $1 and b.bundle_id = a.id
         union all
         select n.root, b.component_id, n.quantity * b.quantity, n.depth + 1 from beneath n
         join catalog.bundle_components b on b.tenant_id = $1 and b.bundle_id = n.id
         where n.depth <= ${MOST_LEVELS} and n.root <> n.id
       )
       select v.sku, bool_or(n.id = n.root) as ring, max(n.depth) as depth, count(distinct n.id)::int as parts, sum(n.quantity) as pieces
       from beneath n join catalog.variants v on v.tenant_id = $1 and v.id = n.root group by v.sku order by v.sku`,
      [tx.tenantId, variants.map((variant) => variant.id)],
    );
    const ring = rows.find((row) => row.ring);
    if (ring) throw bundleCycle(ring.sku);
    const large = rows.find(
      (row) => row.depth > MOST_LEVELS || row.parts > MOST_PARTS || Number(row.pieces) > MOST_PIECES,
    );
    if (large) throw bundleTooLarge(large.sku);
  }
}
