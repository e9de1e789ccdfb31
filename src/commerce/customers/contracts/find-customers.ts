import { Query } from '@nestjs/cqrs';

export interface CustomerFacts {
  id: string;
  email: string | null;
  name: string;
  company: string | null;
  userId: string | null;
  /** Identifier that the customer has in the system it was imported from. */
  externalRef: string | null;
}

/**
 * Customers by any of: ids, users, external references. Unknown ones are absent; the id or reference of a merged customer
 * finds the one that stayed (by a reference it comes with the reference that was asked for). One statement.
 */
export class FindCustomersQuery extends Query<CustomerFacts[]> {
  constructor(
    readonly request: {
      ids?: readonly string[];
      userIds?: readonly string[];
      externalRefs?: readonly string[];
    },
  ) {
    super();
  }
}
