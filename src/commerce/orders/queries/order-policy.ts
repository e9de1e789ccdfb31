import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { OrderPolicies } from '../data/order-policies';
import type { OrderPolicy } from '../domain/order-policy';

/** After which time the shop's orders move on by themselves, and what its invoices say of it; null: the default. */
export class OrderPolicyQuery extends Query<OrderPolicy> {}

@QueryHandler(OrderPolicyQuery)
export class OrderPolicyHandler implements IQueryHandler<OrderPolicyQuery> {
  constructor(private readonly policies: OrderPolicies) {}

  async execute(): Promise<OrderPolicy> {
    const policy = await this.policies.find();
    const unset = { sellerName: null, sellerAddress: null, taxId: null, numberPrefix: null, footer: null };
    return { ...policy, invoicing: { ...unset, ...policy.invoicing } };
  }
}
