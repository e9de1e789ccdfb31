import { Injectable } from '@nestjs/common';
import { StockRepository } from '../../src/commerce/inventory/data/stock.repository';
import type { StockedLevel } from '../../src/commerce/inventory/domain/stock.policy';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { crossedOrders, expectNoDeadlock } from '../scenarios/stock-races';
import { replaced } from './replaced';

/** Locks levels one by one in the order in which the shopper put things into the cart. */
@Injectable()
class UnsortedLocks extends StockRepository {
  override async lockWithLots(skus: readonly string[], needBy: Date | null): Promise<StockedLevel[]> {
    const levels: StockedLevel[] = [];
    for (const sku of skus) levels.push(...(await super.lockWithLots([sku], needBy)));
    return levels;
  }
}

describe('naive: lock in the order of the lines', () => {
  it('must not deadlock', async () => {
    expectNoDeadlock(await crossedOrders(replaced(InventoryModule, StockRepository, UnsortedLocks), 200), 200);
  });
});
