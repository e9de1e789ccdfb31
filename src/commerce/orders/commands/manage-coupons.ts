import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CouponRepository } from '../data/coupon.repository';
import { FindCustomerGroupsQuery } from '../../customers/contracts/customer-groups';
import { checkTerms, couponNotFound, couponStale, unknownGroups, type CouponTerms } from '../domain/coupon-rules';
import { canonicalCode } from '../domain/promotions';
import { FindCouponQuery, type CouponView } from '../queries/coupons';

/** A new coupon, or without a code a promotion. @throws AppError invalid `orders.coupon-invalid`, conflict `orders.coupon-taken` */
export class CreateCouponCommand extends Command<CouponView> {
  /** @param terms `minimumCurrency`: that of the minimum, where there is one */
  constructor(readonly terms: CouponTerms & { minimumCurrency?: string | null }) {
    super();
  }
}

/** What of a coupon may change; what it takes off stays, so that its uses stay comparable. */
export type CouponChange = Partial<
  Pick<
    CouponTerms,
    'name' | 'active' | 'startsAt' | 'endsAt' | 'usageLimit' | 'customerLimit' | 'combinable' | 'priority'
  >
>;

/**
 * Changes a coupon. Orders that used it keep what they were given.
 * @throws AppError not-found `orders.coupon-not-found`, conflict `orders.coupon-limit-too-low`, `orders.coupon-stale`
 */
export class ChangeCouponCommand extends Command<CouponView> {
  constructor(
    readonly couponId: string,
    readonly change: CouponChange,
    readonly version: number | null,
  ) {
    super();
  }
}

@CommandHandler(CreateCouponCommand)
export class CreateCouponHandler implements ICommandHandler<CreateCouponCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly coupons: CouponRepository,
  ) {}

  execute({ terms: { minimumCurrency, ...terms } }: CreateCouponCommand): Promise<CouponView> {
    checkTerms(terms, minimumCurrency);
    return this.uow.run(async () => {
      const { customerGroupIds } = terms;
      if (customerGroupIds.length > 0) {
        const found = await this.queries.execute(new FindCustomerGroupsQuery({ ids: customerGroupIds }));
        const unknown = customerGroupIds.filter((id) => !found.some((group) => group.id === id));
        if (unknown.length > 0) throw unknownGroups(unknown);
      }
      const id = await this.coupons.insert({ ...terms, code: terms.code === null ? null : canonicalCode(terms.code) });
      return this.queries.execute(new FindCouponQuery(id));
    });
  }
}

@CommandHandler(ChangeCouponCommand)
export class ChangeCouponHandler implements ICommandHandler<ChangeCouponCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly coupons: CouponRepository,
  ) {}

  execute({ couponId, change, version }: ChangeCouponCommand): Promise<CouponView> {
    return this.uow.run(async () => {
      const found = await this.coupons.lock(couponId);
      if (!found) throw couponNotFound();
      if (version !== null && version !== found.version) throw couponStale();
      const terms: CouponTerms = { ...found.promotion, active: found.active };
      for (const [member, value] of Object.entries(change))
        if (value !== undefined) Object.assign(terms, { [member]: value });
      checkTerms(terms);
      await this.coupons.update(couponId, terms, found.promotion.used);
      return this.queries.execute(new FindCouponQuery(couponId));
    });
  }
}
