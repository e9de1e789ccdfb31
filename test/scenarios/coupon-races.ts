import { AddCartCouponCommand } from '../../src/commerce/orders/commands/cart-coupons';
import { CreateCouponCommand } from '../../src/commerce/orders/commands/manage-coupons';
import type { CouponTerms } from '../../src/commerce/orders/domain/coupon-rules';
import { OrderDesk } from '../support/order-desk';

/** All of everything off, for everybody. */
export const COUPON: CouponTerms = {
  name: 'All of it',
  code: 'ALL',
  kind: 'percentage',
  basisPoints: 10_000,
  amount: null,
  currency: null,
  buyQuantity: null,
  getQuantity: null,
  minimumAmount: null,
  productIds: [],
  categoryIds: [],
  customerGroupIds: [],
  firstOrder: false,
  combinable: true,
  priority: 0,
  startsAt: null,
  endsAt: null,
  usageLimit: null,
  customerLimit: null,
  active: true,
};

export interface CouponRace {
  won: number;
  /** Refused clearly: the coupon is used up, or the price without it is another. */
  refused: number;
  other: string[];
  used: number;
  /** Rows that say who used it. */
  uses: number;
}

const REFUSALS = new Set(['orders.coupon-refused', 'orders.price-changed']);
const ENV = { MAINSTAY_DATABASE_POOL_SIZE: '16', MAINSTAY_UNPAID_ORDERS_LIMIT: '0' };

/** Two applications with a pool of their own over one database. */
export const twoDesks = async (): Promise<OrderDesk[]> => [await OrderDesk.start(ENV), await OrderDesk.start(ENV)];

/** So many carts with one coupon, checked out at once over both desks. */
export async function raceCoupon(
  desks: OrderDesk[],
  limits: Partial<CouponTerms>,
  shoppers: number,
  email: (index: number) => string,
): Promise<CouponRace> {
  const [first, second] = desks;
  first.open();
  second.tenant = first.tenant;
  await first.product('A', 1000, 1_000);
  await first.asStaff(() => first.commands.execute(new CreateCouponCommand({ ...COUPON, ...limits })));
  const carts = await Promise.all(
    Array.from({ length: shoppers }, async (_, index) => {
      const desk = desks[index % 2];
      const cartSecret = await desk.cart(['A', 1]);
      await desk.run(() => desk.commands.execute(new AddCartCouponCommand({ cartSecret, code: 'all' })));
      return cartSecret;
    }),
  );
  const tries = await Promise.allSettled(
    carts.map((cart, index) => desks[index % 2].checkout(cart, 'success', { email: email(index) })),
  );
  const codes = tries.flatMap((each) =>
    each.status === 'rejected' ? [(each.reason as { code?: string }).code ?? String(each.reason)] : [],
  );
  const [{ used, uses }] = await first.rows<{ used: number; uses: number }>(
    `select used, (select count(*)::int from orders.coupon_uses where released_at is null) as uses from orders.coupons`,
  );
  return {
    won: tries.filter(({ status }) => status === 'fulfilled').length,
    refused: codes.filter((code) => REFUSALS.has(code)).length,
    other: codes.filter((code) => !REFUSALS.has(code)),
    used,
    uses,
  };
}

export const expectUsed = (race: CouponRace, limit: number, shoppers: number): void =>
  expect(race).toEqual({ won: limit, refused: shoppers - limit, other: [], used: limit, uses: limit });
