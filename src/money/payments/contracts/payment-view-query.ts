import { Query } from '@nestjs/cqrs';
import type { PaymentFacts } from './payment-view';

/** The latest payment of each of these payables of type order; payables without one are absent. */
export class PaymentViewQuery extends Query<PaymentFacts[]> {
  constructor(readonly request: { payableIds: string[] }) {
    super();
  }
}
