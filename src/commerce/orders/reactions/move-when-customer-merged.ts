import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { CustomerMerged } from '../../customers/contracts/customer-merged';

/** Orders and used coupons of a customer that was merged into another are the other's; sales are counted anew by that. */
@Reaction({ name: 'orders.move-when-customer-merged', on: CustomerMerged })
export class MoveWhenCustomerMerged implements Reacts<CustomerMerged> {
  async react({ payload }: StoredEvent<CustomerMerged>, tx: Transaction): Promise<void> {
    const params = [tx.tenantId, payload.customerId, payload.mergedId];
    await tx.execute('update orders.orders set customer_id = $2 where tenant_id = $1 and customer_id = $3', params);
    // As uses and releases of a coupon do, in the order of their ids.
    await tx.query(
      `select id from orders.coupons where tenant_id = $1 and id = any(array(
         select coupon_id from orders.coupon_customers where tenant_id = $1 and customer_id = any($2::uuid[]))) order by id for update`,
      [tx.tenantId, [payload.customerId, payload.mergedId]],
    );
    await tx.execute(
      'update orders.coupon_uses set customer_id = $2 where tenant_id = $1 and customer_id = $3',
      params,
    );
    await tx.execute(
      `insert into orders.coupon_customers as k (tenant_id, id, coupon_id, customer_id, used, most)
       select tenant_id, gen_random_uuid(), coupon_id, $2, used, most from orders.coupon_customers
       where tenant_id = $1 and customer_id = $3 order by coupon_id
       on conflict (tenant_id, coupon_id, customer_id) do update set used = k.used + excluded.used`,
      params,
    );
    await tx.execute('delete from orders.coupon_customers where tenant_id = $1 and customer_id = $2', [
      tx.tenantId,
      payload.mergedId,
    ]);
  }
}
