import { Injectable } from '@nestjs/common';
import { StockRepository } from '../../src/commerce/inventory/data/stock.repository';
import type { Allocation, Level, Lot, StockedLevel } from '../../src/commerce/inventory/domain/stock.policy';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { BATCHES, expectBatchesSold, expectExactlySold, oversell } from '../scenarios/stock-races';
import { replaced } from './replaced';

/** Reads without a lock, decides in the application, writes what it computed: the way everybody writes it first. */
@Injectable()
class ReadThenWrite extends StockRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override async lockWithLots(skus: readonly string[]): Promise<StockedLevel[]> {
    const tx = this.unit.current();
    const levels = await tx.query<Level>(
      `select l.id, l.sku, l.location_id as "locationId", 'x' as "locationName", true as "isDefault", l.on_hand as "onHand",
         l.reserved, l.unavailable, l.incoming, l.reorder_level as "reorderLevel",
         l.backordered, l.version
       from inventory.stock_levels l where l.tenant_id = $1 and l.sku = any($2::text[])`,
      [tx.tenantId, skus],
    );
    const lots = await tx.query<Lot & { levelId: string }>(
      `select t.id, t.level_id as "levelId", t.number, t.received_at as "receivedAt", t.remove_at as "removeAt", t.on_hand as "onHand",
         t.reserved, t.unavailable
       from inventory.stock_lots t where t.tenant_id = $1 and t.sku = any($2::text[])`,
      [tx.tenantId, skus],
    );
    return levels.map((level) => ({ ...level, lots: lots.filter((lot) => lot.levelId === level.id) }));
  }

  override async hold(
    hold: Parameters<StockRepository['hold']>[0],
    allocations: readonly Allocation[],
  ): Promise<Level[]> {
    const tx = this.unit.current();
    const levels = await this.lockWithLots(allocations.map((allocation) => allocation.sku));
    await tx.execute(
      `insert into inventory.inventory_reservations (tenant_id, id, reference_type, reference_id, state, expires_at, created_at)
       values ($1, $2, 'order', $3, $4, $5, kernel.now())`,
      [tx.tenantId, hold.id, hold.reference.id, hold.state, hold.expiresAt],
    );
    const changed: Level[] = [];
    for (const { levelId, quantity, backordered, lots } of allocations) {
      const level = levels.find((each) => each.id === levelId)!;
      const reserved = level.reserved + quantity;
      for (const share of lots) {
        const lot = level.lots.find((each) => each.id === share.lotId)!;
        await tx.execute(`update inventory.stock_lots set reserved = $3 where tenant_id = $1 and id = $2`, [
          tx.tenantId,
          lot.id,
          lot.reserved + share.quantity,
        ]);
      }
      await tx.execute(
        `update inventory.stock_levels set reserved = $3, backordered = $4 where tenant_id = $1 and id = $2`,
        [tx.tenantId, levelId, reserved, level.backordered + backordered],
      );
      changed.push({ ...level, reserved });
    }
    return changed;
  }
}

/** Locks the levels, and gives batches as they were read before: whoever waited for the lock gives what is gone. */
@Injectable()
class BatchesReadBefore extends StockRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override async lockWithLots(skus: readonly string[]): Promise<StockedLevel[]> {
    const tx = this.unit.current();
    const lots = await tx.query<Lot & { levelId: string }>(
      `select t.id, t.level_id as "levelId", t.number, t.received_at as "receivedAt", t.remove_at as "removeAt", t.on_hand as "onHand",
         t.reserved, t.unavailable
       from inventory.stock_lots t
       where t.tenant_id = $1 and t.sku = any($2::text[]) and (t.remove_at is null or t.remove_at > kernel.now())`,
      [tx.tenantId, skus],
    );
    const levels = await this.lock(skus);
    return levels.map((level) => ({ ...level, lots: lots.filter((lot) => lot.levelId === level.id) }));
  }
}

describe('naive: read the stock, then write what was computed', () => {
  it('must not oversell', async () => {
    const result = await oversell(replaced(InventoryModule, StockRepository, ReadThenWrite));
    expectExactlySold(result, 10, 200);
  });

  it('must not promise more than the limit beyond the stock', async () => {
    const result = await oversell(replaced(InventoryModule, StockRepository, ReadThenWrite), { beyond: 5 });
    expectExactlySold(result, 10, 200, 1, 5);
  });

  it('must not give a piece of a batch twice', async () => {
    expectBatchesSold(await oversell(replaced(InventoryModule, StockRepository, BatchesReadBefore), BATCHES));
  });
});
