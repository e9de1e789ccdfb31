import { DomainEvent } from '../../../kernel/messaging/domain-event';

/**
 * Two customers were one: `mergedId` is no more, and what belonged to it is `customerId`'s from now on. Who keeps the id
 * of a customer moves it. There is no way back. Aggregate: the customer that stayed.
 */
export class CustomerMerged extends DomainEvent<{ customerId: string; mergedId: string }> {
  static override readonly type = 'customers.customer-merged.v1';
}
