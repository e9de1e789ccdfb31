import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { fold } from '../../../kernel/text/fold';
import { emailKey } from '../domain/customer';
import {
  CUSTOMER_COLUMNS,
  CUSTOMER_JOINS,
  customerView,
  type CustomerRecord,
  type CustomerView,
} from './customer-view';

/** Filters of the list; the edge has validated them. */
export interface CustomerListQuery extends ListQuery {
  /** Part of a name, company, address, phone number or reference. */
  q?: string;
  email?: string;
  externalRef?: string;
  /** Customers in this group. */
  groupId?: string;
}

/** A page of customers; with `ownerId` only the one that belongs to that user. */
export class ListCustomersQuery extends Query<Page<CustomerView>> {
  constructor(
    readonly query: CustomerListQuery,
    readonly ownerId: string | null,
  ) {
    super();
  }
}

/** Matches that a search may have; beyond them a person has to say more. */
const MOST_MATCHES = 1_000;

const CUSTOMERS = keyset({
  id: 'c.id',
  sorts: {
    name: { sql: 'c.name_key', type: 'text' },
    createdAt: { sql: 'c.created_at', type: 'timestamptz' },
  },
  defaultSort: '-createdAt',
  filters: {
    email: (email: string, place) => `c.email_key = ${place(emailKey(email), 'text')}`,
    externalRef: { sql: 'c.external_ref', type: 'text' },
    groupId: (id: string, place) => `exists (select from customers.group_members f
      where f.tenant_id = c.tenant_id and f.customer_id = c.id and f.group_id = ${place(id, 'uuid')})`,
  },
});

@QueryHandler(ListCustomersQuery)
export class ListCustomersHandler implements IQueryHandler<ListCustomersQuery> {
  constructor(private readonly database: Database) {}

  execute({ query, ownerId }: ListCustomersQuery): Promise<Page<CustomerView>> {
    const params: unknown[] = [];
    const place = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
    const own = ownerId === null ? '' : ` and c.user_id = ${place(ownerId, 'uuid')}`;
    const { q } = query;
    // One by one by its key, whatever is prepared: a plan made for a small shop may look through an index as a whole.
    const from =
      q === undefined || q === null
        ? 'customers.customers c'
        : `customers.search_customers(${place(fold(q), 'text')}, ${MOST_MATCHES}) s cross join lateral (
            select * from customers.customers where tenant_id = kernel.tenant_id() and id = s.id offset 0) c`;
    return CUSTOMERS.run<CustomerRecord, CustomerView>(this.database, query, {
      select: CUSTOMER_COLUMNS,
      from: `${from} ${CUSTOMER_JOINS}`,
      where: `c.tenant_id = kernel.tenant_id() and c.merged_into is null${own}`,
      params,
      map: customerView,
    });
  }
}
