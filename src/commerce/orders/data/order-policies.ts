import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { DEFAULT_POLICY, type OrderPolicy } from '../domain/order-policy';

/** One row a shop, its id the tenant's. */
@Injectable()
export class OrderPolicies {
  constructor(
    private readonly database: Database,
    private readonly uow: UnitOfWork,
  ) {}

  /** The shop's policy, or the defaults; inside a unit of work in its transaction. */
  async find(): Promise<OrderPolicy> {
    const [row] = await this.database.read<OrderPolicy>(
      `select remind_unpaid_after_minutes as "remindUnpaidAfterMinutes", deliver_shipped_after_days as "deliverShippedAfterDays",
         close_delivered_after_days as "closeDeliveredAfterDays", return_window_days as "returnWindowDays", invoicing,
         capture_on as "captureOn", cart_merge as "cartMerge", cart_hold_minutes as "cartHoldMinutes", void_reserved_after_days as "voidReservedAfterDays"
       from orders.order_policies where tenant_id = kernel.tenant_id()`,
    );
    return row ?? DEFAULT_POLICY;
  }

  async change(changes: Partial<OrderPolicy>): Promise<OrderPolicy> {
    const tx = this.uow.current();
    // Two changes at once follow each other: the first of a shop's rows is made, then locked.
    const { remindUnpaidAfterMinutes, deliverShippedAfterDays, closeDeliveredAfterDays, returnWindowDays } =
      DEFAULT_POLICY;
    await tx.execute(
      `insert into orders.order_policies (tenant_id, id, remind_unpaid_after_minutes, deliver_shipped_after_days,
         close_delivered_after_days, return_window_days, updated_at) values ($1, $1, $2, $3, $4, $5, kernel.now())
       on conflict (tenant_id, id) do update set version = order_policies.version + 1`,
      [tx.tenantId, remindUnpaidAfterMinutes, deliverShippedAfterDays, closeDeliveredAfterDays, returnWindowDays],
    );
    const current = await this.find();
    const policy = {
      ...current,
      ...named(changes),
      invoicing: { ...current.invoicing, ...named(changes.invoicing ?? {}) },
    };
    await tx.execute(
      `update orders.order_policies set remind_unpaid_after_minutes = $2, deliver_shipped_after_days = $3,
         close_delivered_after_days = $4, return_window_days = $5, invoicing = $6, capture_on = $7,
         void_reserved_after_days = $8, cart_merge = $9, cart_hold_minutes = nullif($10::int, 0), updated_at = kernel.now() where tenant_id = $1`,
      [
        tx.tenantId,
        policy.remindUnpaidAfterMinutes,
        policy.deliverShippedAfterDays,
        policy.closeDeliveredAfterDays,
        policy.returnWindowDays,
        JSON.stringify(policy.invoicing),
        policy.captureOn,
        policy.voidReservedAfterDays,
        policy.cartMerge,
        policy.cartHoldMinutes,
      ],
    );
    return { ...policy, cartHoldMinutes: policy.cartHoldMinutes || null };
  }
}

/** Only the members that are said: those of a request that it leaves out are there and undefined. */
const named = <T extends object>(changes: T): Partial<T> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<T>;
