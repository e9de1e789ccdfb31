import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { ReceiveStockCommand } from '../../src/commerce/inventory/commands/receive-stock';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import type { FleetDesk } from './fleet-desk';

/** What a fleet that takes parts out of stock needs. */
export const STOCK_MODULES = [CatalogModule, InventoryModule];

/** An article with pieces at a cost, and others of which nobody said what they cost. */
export async function stocked(
  desk: FleetDesk,
  sku: string,
  quantity: number,
  cost: number,
  unpriced = 0,
): Promise<void> {
  const price = { amount: cost, currency: 'EUR' };
  await desk.act(new CreateProductCommand({ name: sku, variants: [{ sku, price }] } as never));
  const lots = [
    { sku, quantity, lot: { number: null, unitCost: price } },
    { sku, quantity: unpriced },
  ];
  await desk.act(new ReceiveStockCommand({ lines: lots.filter((lot) => lot.quantity > 0) } as never));
}

/** Pieces on hand, and those that the journal says went to work orders. */
export async function stockOf(desk: FleetDesk, sku: string): Promise<{ onHand: number; moved: number }> {
  const [row] = await desk.rows<{ onHand: number; moved: number }>(
    `select (select sum(on_hand)::int from inventory.stock_levels where tenant_id = $1 and sku = $2) as "onHand",
       (select coalesce(sum(quantity), 0)::int from inventory.stock_movements
        where tenant_id = $1 and sku = $2 and document_type = 'work_order') as moved`,
    [desk.tenant, sku],
  );
  return row;
}
