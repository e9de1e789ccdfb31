import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** The shop has a new customer. */
export class CustomerCreated extends DomainEvent<{
  customerId: string;
  email: string | null;
  name: string;
  userId: string | null;
  /** How the customer came: by `registration`, `checkout`, staff (`manual`) or `import`. */
  source: 'registration' | 'checkout' | 'manual' | 'import';
}> {
  static override readonly type = 'customers.customer-created.v1';
}
