import { CouponRepository } from '../../src/commerce/orders/data/coupon.repository';
import type { Promotion } from '../../src/commerce/orders/domain/promotions';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { expectUsed, raceCoupon, twoDesks } from '../scenarios/coupon-races';

/** Trusts the count that the cart was priced with, and writes that count and one. */
class ReadThenWrite extends CouponRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override async use(orderId: string, customerId: string, promotions: readonly Promotion[]): Promise<void> {
    const tx = this.unit.current();
    for (const { id, used } of promotions) {
      await tx.execute(`update orders.coupons set used = $3 where tenant_id = $1 and id = $2`, [
        tx.tenantId,
        id,
        used + 1,
      ]);
      await tx.execute(
        `insert into orders.coupon_uses (tenant_id, id, coupon_id, order_id, customer_id, used_at)
         values ($1, $2, $3, $4, $5, kernel.now())`,
        [tx.tenantId, newId(), id, orderId, customerId],
      );
    }
  }
}

describe('naive: read how often a coupon is used, then write it', () => {
  it('must not go beyond its limit', async () => {
    const desks = await twoDesks();
    try {
      for (const { app } of desks) {
        const naive = new ReadThenWrite(app.get(UnitOfWork));
        app.get(CouponRepository).use = (...order) => naive.use(...order);
      }
      expectUsed(await raceCoupon(desks, { usageLimit: 10 }, 100, (index) => `s${index}@example.com`), 10, 100);
    } finally {
      await Promise.all(desks.map(({ app }) => app.close()));
    }
  }, 60_000);
});
