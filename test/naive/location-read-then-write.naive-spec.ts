import { Injectable } from '@nestjs/common';
import { LocationRepository } from '../../src/commerce/inventory/data/location.repository';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { closedWhileGoodsArrive } from '../scenarios/location-races';
import { StockRoom } from '../support/stock-desk';
import { replaced } from './replaced';

/** Looks whether a location is open, and lets whoever wants close it behind that. */
@Injectable()
class UnlockedLook extends LocationRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override async active(ids: readonly string[]): Promise<Set<string>> {
    const tx = this.unit.current();
    const rows = await tx.query<{ id: string }>(
      `select id from inventory.locations where tenant_id = $1 and id = any($2::uuid[]) and active`,
      [tx.tenantId, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

describe('naive: a location is looked at without holding it', () => {
  it('must not lose goods in a closed location', async () => {
    const room = await StockRoom.open(replaced(InventoryModule, LocationRepository, UnlockedLook));
    try {
      await room.shop(['A'], ['annex']);
      expect(await closedWhileGoodsArrive(room)).toEqual({ closing: 'inventory.location-in-use', lost: 0 });
    } finally {
      await room.close();
    }
  });
});
