import { Injectable, type Type } from '@nestjs/common';
import type { WaitingLine } from '../../src/commerce/inventory/contracts/hold-stock';
import { ReservationRepository } from '../../src/commerce/inventory/data/reservation.repository';
import { StockRepository } from '../../src/commerce/inventory/data/stock.repository';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { ChangeOrderPolicyCommand } from '../../src/commerce/orders/commands/change-order-policy';
import { CartRepository } from '../../src/commerce/orders/data/cart.repository';
import { OrdersModule } from '../../src/commerce/orders/orders.module';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { crossedCarts, handOvers, manyCarts } from '../scenarios/cart-hold-races';
import { OrderDesk } from '../support/order-desk';
import { replaced } from './replaced';

/** Gives the cart's hold to the order without asking whether it still is one. */
@Injectable()
class UnaskedHandOver extends ReservationRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override async handOver(
    holdId: string,
    { reference, expiresAt }: Parameters<ReservationRepository['handOver']>[1],
  ): Promise<WaitingLine[]> {
    const tx = this.unit.current();
    await tx.execute(
      `update inventory.inventory_reservations set reference_type = $3, reference_id = $4, expires_at = $5
       where tenant_id = $1 and id = $2`,
      [tx.tenantId, holdId, reference.type, reference.id, expiresAt],
    );
    return [];
  }
}

/** Gives back first, each in its order, and takes then. */
@Injectable()
class LocksInTwoPasses extends StockRepository {
  override async lockAround(): Promise<void> {}
}

/** Counts what it sees, and lets nobody wait. */
@Injectable()
class CountsWithoutALock extends CartRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override async holdingFor(shopper: Buffer): Promise<number> {
    const tx = this.unit.current();
    const [{ holding }] = await tx.query<{ holding: number }>(
      `select count(*)::int as holding from orders.carts where tenant_id = $1 and held_for = $2 and held_until > kernel.now()`,
      [tx.tenantId, shopper],
    );
    return holding;
  }
}

describe('naive: holds of carts', () => {
  let desk: OrderDesk;
  afterEach(() => desk.app.close());

  const started = async (token: Type, naive: Type): Promise<OrderDesk> =>
    OrderDesk.start({}, [], undefined, { inventory: replaced(InventoryModule, token, naive) });

  it('must not go to two', async () => {
    desk = await started(ReservationRepository, UnaskedHandOver);
    expect(await handOvers(desk, 24)).toEqual({ both: 0, neither: 0, other: [], faults: [] });
  });

  it('must not deadlock', async () => {
    desk = await started(StockRepository, LocksInTwoPasses);
    expect(await crossedCarts(desk, 8)).toEqual({ failed: [], reserved: 8 * 3, retries: 0, faults: [] });
  });

  it('must not hold more than their number', async () => {
    desk = await OrderDesk.start({ MAINSTAY_UNPAID_ORDERS_LIMIT: '2' }, [], undefined, {
      orders: replaced(OrdersModule, CartRepository, CountsWithoutALock),
    });
    await desk.asStaff(() => desk.commands.execute(new ChangeOrderPolicyCommand({ cartHoldMinutes: 15 })));
    await desk.product('A', 1000, 50);
    expect(await manyCarts(desk, 12)).toEqual({ held: 2, reserved: 2 });
  });
});
