import { Injectable } from '@nestjs/common';
import { StockRepository } from '../../src/commerce/inventory/data/stock.repository';
import type { Level } from '../../src/commerce/inventory/domain/stock.policy';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { crossedOrders, expectNoDeadlock } from '../scenarios/stock-races';
import { replaced } from './replaced';

/** Locks levels one by one in the order in which the shopper put things into the cart. */
@Injectable()
class UnsortedLocks extends StockRepository {
  override async lock(skus: readonly string[], locationId: string | null = null): Promise<Level[]> {
    const levels: Level[] = [];
    for (const sku of skus) levels.push(...(await super.lock([sku], locationId)));
    return levels;
  }
}

describe('naive: lock in the order of the lines', () => {
  it('must not deadlock', async () => {
    expectNoDeadlock(await crossedOrders(replaced(InventoryModule, StockRepository, UnsortedLocks), 200), 200);
  });
});
