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

/** Customers by any of: ids, users, external references. Unknown ones are absent. One statement. */
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
