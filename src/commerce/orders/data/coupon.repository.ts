import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import {
  couponLimitTooLow,
  couponRefused,
  couponTaken,
  promotionRefused,
  type CouponTerms,
} from '../domain/coupon-rules';
import type { Promotion, Spent } from '../domain/promotions';

/** Members of a promotion as JSON of the row `p`; times as text. */
const PROMOTION = `json_build_object('id', p.id, 'name', p.name, 'code', p.code, 'kind', p.kind, 'basisPoints', p.basis_points,
  'amount', p.amount, 'currency', p.currency, 'buyQuantity', p.buy_quantity, 'getQuantity', p.get_quantity,
  'minimumAmount', p.minimum_amount, 'productIds', p.product_ids, 'categoryIds', p.category_ids, 'customerGroupIds', p.customer_group_ids,
  'firstOrder', p.first_order,
  'combinable', p.combinable, 'priority', p.priority, 'startsAt', p.starts_at, 'endsAt', p.ends_at, 'usageLimit', p.usage_limit,
  'customerLimit', p.customer_limit, 'used', p.used)`;

/** The promotions that a cart `c` may have: those that apply by themselves, and those whose code was entered. */
export const CART_PROMOTIONS = `(select json_agg(${PROMOTION}) from orders.coupons p where p.tenant_id = c.tenant_id and p.active
  and (p.code is null or p.id = any(c.coupon_ids))) as promotions`;

type Times = 'startsAt' | 'endsAt';
export type PromotionJson = Omit<Promotion, Times> & Record<Times, string | null>;

export const promotionOf = (json: PromotionJson): Promotion => ({
  ...json,
  startsAt: json.startsAt === null ? null : new Date(json.startsAt),
  endsAt: json.endsAt === null ? null : new Date(json.endsAt),
});

/** A row of what `readSpent` reads. */
export interface SpentRow {
  id: string;
  reason: Spent;
}

export const spentIn = (rows: readonly SpentRow[]): Map<string, Spent> =>
  new Map(rows.map(({ id, reason }) => [id, reason]));

/**
 * The statement that finds which promotions a customer may not use (again), by the conditions of `CouponRepository.use`;
 * null where the customer is unknown or no promotion asks who they are.
 */
export function readSpent(
  tenantId: string | null,
  customerId: string | null,
  promotions: readonly Promotion[],
): { text: string; params: unknown[] } | null {
  const limited = promotions.filter(({ firstOrder, customerLimit }) => firstOrder || customerLimit !== null);
  if (customerId === null || limited.length === 0) return null;
  return { text: SPENT, params: [tenantId, limited.map(({ id }) => id), customerId] };
}

const SPENT = `select id, case when ordered then 'first-order' else 'customer-limit' end as reason from (
    select c.id, k.used >= coalesce(c.customer_limit, case when c.first_order then 1 end) as often,
      c.first_order and exists (select 1 from orders.orders o where o.tenant_id = $1 and o.customer_id = $3
        and o.cancelled_at is null) as ordered
    from orders.coupons c
    left join orders.coupon_customers k on k.tenant_id = $1 and k.coupon_id = c.id and k.customer_id = $3
    where c.tenant_id = $1 and c.id = any($2::uuid[])
  ) c where ordered or often`;

const WRITTEN = `name = $3, code = $4, kind = $5, basis_points = $6, amount = $7, currency = $8, buy_quantity = $9, get_quantity = $10,
  minimum_amount = $11, product_ids = $12, category_ids = $13, first_order = $14, combinable = $15, priority = $16, starts_at = $17,
  ends_at = $18, usage_limit = $19, customer_limit = $20, active = $21, customer_group_ids = $22, updated_at = kernel.now()`;

const valuesOf = (terms: CouponTerms): unknown[] => [
  terms.name,
  terms.code,
  terms.kind,
  terms.basisPoints,
  terms.amount,
  terms.currency,
  terms.buyQuantity,
  terms.getQuantity,
  terms.minimumAmount,
  terms.productIds,
  terms.categoryIds,
  terms.firstOrder,
  terms.combinable,
  terms.priority,
  terms.startsAt,
  terms.endsAt,
  terms.usageLimit,
  terms.customerLimit,
  terms.active,
  terms.customerGroupIds,
];

/** Stores coupons and counts their uses. A coupon's row is locked after the shop's counter of orders, in id order. */
@Injectable()
export class CouponRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** @throws AppError conflict `orders.coupon-taken` */
  async insert(terms: CouponTerms): Promise<string> {
    const tx = this.uow.current();
    const id = newId();
    const rows = await tx.query(
      `insert into orders.coupons (tenant_id, id, name, code, kind, basis_points, amount, currency, buy_quantity, get_quantity,
         minimum_amount, product_ids, category_ids, first_order, combinable, priority, starts_at, ends_at, usage_limit,
         customer_limit, active, customer_group_ids, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, kernel.now(), kernel.now())
       on conflict (tenant_id, code) do nothing returning id`,
      [tx.tenantId, id, ...valuesOf(terms)],
    );
    if (rows.length === 0) throw couponTaken(terms.code!);
    return id;
  }

  /** A coupon, locked; null when the shop has none with this id. */
  async lock(id: string): Promise<{ promotion: Promotion; active: boolean; version: number } | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ promotion: PromotionJson; active: boolean; version: number }>(
      `select ${PROMOTION} as promotion, p.active, p.version from orders.coupons p where p.tenant_id = $1 and p.id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ? { ...row, promotion: promotionOf(row.promotion) } : null;
  }

  /** Writes a locked coupon. @throws AppError conflict `orders.coupon-limit-too-low` */
  async update(id: string, terms: CouponTerms, used: number): Promise<void> {
    if (terms.usageLimit !== null && used > terms.usageLimit) throw couponLimitTooLow(used);
    const tx = this.uow.current();
    await tx.execute(`update orders.coupons set ${WRITTEN}, version = version + 1 where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      id,
      ...valuesOf(terms),
    ]);
  }

  async byCode(code: string): Promise<{ promotion: Promotion; active: boolean } | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ promotion: PromotionJson; active: boolean }>(
      `select ${PROMOTION} as promotion, p.active from orders.coupons p where p.tenant_id = $1 and p.code = $2`,
      [tx.tenantId, code],
    );
    return row ? { promotion: promotionOf(row.promotion), active: row.active } : null;
  }

  /**
   * Counts an order's use of promotions, in one statement whose conditions hold on the newest rows: two orders never both
   * take the last use. To be asked for behind the order's own insert.
   * @throws AppError conflict `orders.coupon-refused`
   */
  async use(orderId: string, customerId: string, promotions: readonly Promotion[]): Promise<void> {
    if (promotions.length === 0) return;
    const tx = this.uow.current();
    const ids = promotions.map(({ id }) => id);
    const used = await tx.query<{ id: string }>(
      `with locked as materialized (
         select c.id, coalesce(c.customer_limit, case when c.first_order then 1 end) as most from orders.coupons c
         where c.tenant_id = $1 and c.id = any($2::uuid[]) and c.active and (c.usage_limit is null or c.used < c.usage_limit)
           and (c.starts_at is null or c.starts_at <= kernel.now()) and (c.ends_at is null or c.ends_at > kernel.now())
           and not (c.first_order and exists (select 1 from orders.orders o where o.tenant_id = $1 and o.customer_id = $4
             and o.id <> $3 and o.cancelled_at is null))
         order by c.id for update of c
       ), counted as (
         update orders.coupons c set used = c.used + 1 from locked where c.tenant_id = $1 and c.id = locked.id
       ), of_customer as (
         insert into orders.coupon_customers as k (tenant_id, id, coupon_id, customer_id, used, most)
         select $1, x.row_id, locked.id, $4, 1, locked.most
         from locked join unnest($2::uuid[], $5::uuid[]) as x(id, row_id) on x.id = locked.id order by locked.id
         on conflict (tenant_id, coupon_id, customer_id) do update set used = k.used + 1, most = excluded.most
           where excluded.most is null or k.used < excluded.most
         returning coupon_id
       ), noted as (
         insert into orders.coupon_uses (tenant_id, id, coupon_id, order_id, customer_id, used_at)
         select $1, x.row_id, of_customer.coupon_id, $3, $4, kernel.now()
         from of_customer join unnest($2::uuid[], $6::uuid[]) as x(id, row_id) on x.id = of_customer.coupon_id
       )
       select coupon_id as id from of_customer`,
      [tx.tenantId, ids, orderId, customerId, ids.map(() => newId()), ids.map(() => newId())],
    );
    const refused = promotions.find(({ id }) => !used.some((each) => each.id === id));
    if (!refused) return;
    const why = await this.whyNot(refused, orderId, customerId);
    throw refused.code === null ? promotionRefused(refused.name, why) : couponRefused(refused.code, why);
  }

  /** Which of these a customer may not use (again), and why; nothing is asked where none is limited so. */
  async spentOf(customerId: string | null, promotions: readonly Promotion[]): Promise<Map<string, Spent>> {
    const tx = this.uow.current();
    const read = readSpent(tx.tenantId, customerId, promotions);
    return read ? spentIn(await tx.query<SpentRow>(read.text, read.params)) : new Map();
  }

  /** Promotions with these ids, active or not; unknown ones are absent. */
  async byIds(ids: readonly string[]): Promise<Promotion[]> {
    if (ids.length === 0) return [];
    const tx = this.uow.current();
    const rows = await tx.query<{ promotion: PromotionJson }>(
      `select ${PROMOTION} as promotion from orders.coupons p where p.tenant_id = $1 and p.id = any($2::uuid[])`,
      [tx.tenantId, ids],
    );
    return rows.map(({ promotion }) => promotionOf(promotion));
  }

  /** Gives back what a locked order used of these. */
  async release(orderId: string, ids: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    if (ids.length > 0) await tx.execute(RELEASE_SOME, [tx.tenantId, orderId, ids]);
  }

  private async whyNot({ id, firstOrder }: Promotion, orderId: string, customerId: string) {
    const tx = this.uow.current();
    const [why] = await tx.query<{ ended: boolean; full: boolean; ordered: boolean }>(
      `select not c.active or coalesce(c.ends_at <= kernel.now(), false) as ended, coalesce(c.used >= c.usage_limit, false) as full,
         exists (select 1 from orders.orders o where o.tenant_id = $1 and o.customer_id = $4 and o.id <> $3 and o.cancelled_at is null) as ordered
       from orders.coupons c where c.tenant_id = $1 and c.id = $2`,
      [tx.tenantId, id, orderId, customerId],
    );
    if (!why || why.ended) return 'ended';
    if (firstOrder && why.ordered) return 'first-order';
    return why.full ? 'used-up' : 'customer-limit';
  }
}

const releaseCoupons = (which: string): string => `with released as (
    update orders.coupon_uses set released_at = kernel.now() where tenant_id = $1 and order_id = $2 and released_at is null${which}
    returning coupon_id, customer_id
  ), locked as materialized (
    select c.id from orders.coupons c where c.tenant_id = $1 and c.id in (select coupon_id from released) order by c.id for update
  ), counted as (
    update orders.coupons c set used = c.used - 1 from locked where c.tenant_id = $1 and c.id = locked.id
  )
  update orders.coupon_customers k set used = k.used - 1 from released, locked
  where k.tenant_id = $1 and k.coupon_id = released.coupon_id and k.customer_id = released.customer_id and locked.id = k.coupon_id`;

/** Gives back what an order used of coupons: `$1` is the tenant, `$2` the order, which is locked. */
export const RELEASE_COUPONS = releaseCoupons('');
/** The same for some of them, `$3`. */
const RELEASE_SOME = releaseCoupons(' and coupon_id = any($3::uuid[])');
