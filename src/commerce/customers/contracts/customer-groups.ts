import { Query } from '@nestjs/cqrs';
import { DomainEvent } from '../../../kernel/messaging/domain-event';

export interface CustomerGroupFacts {
  id: string;
  name: string;
}

/** Groups with these ids, unknown ones absent. One statement; joins an open transaction. */
export class FindCustomerGroupsQuery extends Query<CustomerGroupFacts[]> {
  constructor(readonly request: { ids: readonly string[] }) {
    super();
  }
}

/** Groups that customers are in; one row a customer, also for one in no group; unknown customers are absent. */
export class GroupsOfCustomersQuery extends Query<{ customerId: string; userId: string | null; groupIds: string[] }[]> {
  constructor(
    readonly request: {
      customerIds?: readonly string[];
      /** Users behind customers, where the caller knows no more. */
      userIds?: readonly string[];
    },
  ) {
    super();
  }
}

/** A group is no more; what was made for it is for nobody now. Aggregate: the group. */
export class CustomerGroupRemoved extends DomainEvent<{ groupId: string; name: string }> {
  static override readonly type = 'customers.group-removed.v1';
}

/** Users behind the customers of a group, in the order of their ids, from after one on; customers without an account are absent. */
export class UserIdsOfGroupQuery extends Query<string[]> {
  constructor(readonly request: { groupId: string; after: string | null; limit: number }) {
    super();
  }
}
