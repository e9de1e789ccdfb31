import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CouponRepository } from '../data/coupon.repository';
import type { CartView } from '../domain/cart-view';
import { couponNotFound, couponRefused, mostCoupons, unknownCoupon } from '../domain/coupon-rules';
import { canonicalCode } from '../domain/promotions';
import { CartDesk } from './cart-desk';

/** Codes that one cart takes. */
const MOST_COUPONS = 10;

/**
 * Enters a coupon's code into a cart; entering it again changes nothing. A coupon that does not apply now is refused.
 * @throws AppError invalid `orders.unknown-coupon`, conflict `orders.coupon-refused`, `orders.too-many-coupons`
 */
export class AddCartCouponCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string; code: string }) {
    super();
  }
}

/** Takes a coupon out of a cart. @throws AppError not-found `orders.coupon-not-found` */
export class RemoveCartCouponCommand extends Command<CartView> {
  constructor(readonly request: { cartSecret: string; couponId: string }) {
    super();
  }
}

@CommandHandler(AddCartCouponCommand)
export class AddCartCouponHandler implements ICommandHandler<AddCartCouponCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CartDesk,
    private readonly coupons: CouponRepository,
  ) {}

  execute({ request: { cartSecret, code } }: AddCartCouponCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const open = await this.desk.open(cartSecret);
      const { couponIds, promotions } = open.cart;
      const coupon = await this.coupons.byCode(canonicalCode(code));
      if (!coupon) throw unknownCoupon();
      const { promotion, active } = coupon;
      if (!active) throw couponRefused(promotion.code!, 'inactive');
      if (!couponIds.includes(promotion.id) && couponIds.length >= MOST_COUPONS) throw mostCoupons(MOST_COUPONS);
      const view = await this.desk.write(cartSecret, open, {
        couponIds: [...new Set([...couponIds, promotion.id])],
        promotions: [...promotions.filter(({ id }) => id !== promotion.id), promotion],
      });
      // Thrown within the transaction: a refused coupon leaves the cart as it was.
      const reason = view.coupons.find(({ id }) => id === promotion.id)?.reason;
      if (reason) throw couponRefused(promotion.code!, reason);
      return view;
    });
  }
}

@CommandHandler(RemoveCartCouponCommand)
export class RemoveCartCouponHandler implements ICommandHandler<RemoveCartCouponCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly desk: CartDesk,
  ) {}

  execute({ request: { cartSecret, couponId } }: RemoveCartCouponCommand): Promise<CartView> {
    return this.uow.run(async () => {
      const open = await this.desk.open(cartSecret);
      const { couponIds, promotions } = open.cart;
      if (!couponIds.includes(couponId)) throw couponNotFound();
      return this.desk.write(cartSecret, open, {
        couponIds: couponIds.filter((id) => id !== couponId),
        promotions: promotions.filter(({ id }) => id !== couponId),
      });
    });
  }
}
