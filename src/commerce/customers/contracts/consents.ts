import { Query } from '@nestjs/cqrs';

/** What a customer may agree to: being written to by a channel, or being sorted by what they buy. */
export type ConsentPurpose = 'email' | 'sms' | 'phone' | 'post' | 'profiling';

export interface ConsentFacts {
  customerId: string;
  purpose: ConsentPurpose;
  granted: boolean;
  /** Since when it is so. */
  givenAt: Date;
}

/**
 * What customers agree to now: the latest word for each purpose. A purpose that a customer never spoke of is absent and
 * means no. One statement; joins an open transaction.
 */
export class ConsentsOfCustomersQuery extends Query<ConsentFacts[]> {
  constructor(readonly request: { customerIds: readonly string[] }) {
    super();
  }
}
