import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Money } from '../../../kernel/money/money';
import { couponNotFound } from '../domain/coupon-rules';
import type { PromotionKind } from '../domain/promotions';

export interface CouponView {
  id: string;
  name: string;
  code: string | null;
  kind: PromotionKind;
  basisPoints: number | null;
  amount: Money | null;
  buyQuantity: number | null;
  getQuantity: number | null;
  minimum: Money | null;
  productIds: string[];
  categoryIds: string[];
  customerGroupIds: string[];
  firstOrder: boolean;
  combinable: boolean;
  priority: number;
  startsAt: string | null;
  endsAt: string | null;
  usageLimit: number | null;
  customerLimit: number | null;
  /** Orders that use it, cancelled ones left out. */
  used: number;
  active: boolean;
  version: number;
  createdAt: string;
}

/** @throws AppError not-found `orders.coupon-not-found` */
export class FindCouponQuery extends Query<CouponView> {
  constructor(readonly couponId: string) {
    super();
  }
}

export class ListCouponsQuery extends Query<Page<CouponView>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const COLUMNS = `p.id, p.name, p.code, p.kind, p.basis_points as "basisPoints", p.amount, p.currency, p.buy_quantity as "buyQuantity",
  p.get_quantity as "getQuantity", p.minimum_amount as "minimumAmount", p.product_ids as "productIds", p.category_ids as "categoryIds", p.customer_group_ids as "customerGroupIds",
  p.first_order as "firstOrder", p.combinable, p.priority, p.starts_at as "startsAt", p.ends_at as "endsAt",
  p.usage_limit as "usageLimit", p.customer_limit as "customerLimit", p.used, p.active, p.version, p.created_at as "createdAt"`;

type Row = Omit<CouponView, 'amount' | 'minimum' | 'startsAt' | 'endsAt' | 'createdAt'> & {
  amount: number | null;
  minimumAmount: number | null;
  currency: string | null;
  startsAt: Date | null;
  endsAt: Date | null;
  createdAt: Date;
};

const viewOf = ({ amount, minimumAmount, currency, startsAt, endsAt, createdAt, ...row }: Row): CouponView => ({
  ...row,
  amount: amount === null ? null : { amount, currency: currency! },
  minimum: minimumAmount === null ? null : { amount: minimumAmount, currency: currency! },
  startsAt: startsAt?.toISOString() ?? null,
  endsAt: endsAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
});

const COUPONS = keyset({
  id: 'p.id',
  sorts: { createdAt: { sql: 'p.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    active: { sql: 'p.active', type: 'boolean' },
    code: (code: string, place) => `p.code = upper(${place(code, 'text')})`,
  },
});

@QueryHandler(FindCouponQuery)
export class FindCouponHandler implements IQueryHandler<FindCouponQuery> {
  constructor(private readonly database: Database) {}

  async execute({ couponId }: FindCouponQuery): Promise<CouponView> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from orders.coupons p where p.tenant_id = kernel.tenant_id() and p.id = $1`,
      [couponId],
    );
    if (!row) throw couponNotFound();
    return viewOf(row);
  }
}

@QueryHandler(ListCouponsQuery)
export class ListCouponsHandler implements IQueryHandler<ListCouponsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListCouponsQuery): Promise<Page<CouponView>> {
    return COUPONS.run<Row, CouponView>(this.database, list, {
      select: COLUMNS,
      from: 'orders.coupons p',
      where: 'p.tenant_id = kernel.tenant_id()',
      params: [],
      map: viewOf,
    });
  }
}
