import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import {
  FindCustomerGroupsQuery,
  GroupsOfCustomersQuery,
  UserIdsOfGroupQuery,
  type CustomerGroupFacts,
} from '../contracts/customer-groups';
import { groupNotFound } from '../domain/customers.errors';

export interface CustomerGroupView {
  id: string;
  name: string;
  description: string | null;
  /** Customers in it. */
  customers: number;
  createdAt: Date;
  updatedAt: Date;
}

const VIEW = `g.id, g.name, g.description, g.created_at as "createdAt", g.updated_at as "updatedAt",
  (select count(*)::int from customers.group_members m where m.tenant_id = g.tenant_id and m.group_id = g.id) as customers`;

/** One group, or null. */
export async function findGroup(database: Database, id: string): Promise<CustomerGroupView | null> {
  const rows = await database.read<CustomerGroupView>(
    `select ${VIEW} from customers.groups g where g.tenant_id = kernel.tenant_id() and g.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** One group. @throws AppError not-found `customers.group-not-found` */
export class GetCustomerGroupQuery extends Query<CustomerGroupView> {
  constructor(readonly groupId: string) {
    super();
  }
}

@QueryHandler(GetCustomerGroupQuery)
export class GetCustomerGroupHandler implements IQueryHandler<GetCustomerGroupQuery> {
  constructor(private readonly database: Database) {}

  async execute({ groupId }: GetCustomerGroupQuery): Promise<CustomerGroupView> {
    const group = await findGroup(this.database, groupId);
    if (!group) throw groupNotFound();
    return group;
  }
}

/** A page of the shop's groups. */
export class ListCustomerGroupsQuery extends Query<Page<CustomerGroupView>> {
  constructor(readonly query: ListQuery) {
    super();
  }
}

const GROUPS = keyset({
  id: 'g.id',
  sorts: { name: { sql: 'g.name_key', type: 'text' }, createdAt: { sql: 'g.created_at', type: 'timestamptz' } },
  defaultSort: 'name',
});

@QueryHandler(ListCustomerGroupsQuery)
export class ListCustomerGroupsHandler implements IQueryHandler<ListCustomerGroupsQuery> {
  constructor(private readonly database: Database) {}

  execute({ query }: ListCustomerGroupsQuery): Promise<Page<CustomerGroupView>> {
    return GROUPS.run<CustomerGroupView, CustomerGroupView>(this.database, query, {
      select: VIEW,
      from: 'customers.groups g',
      where: 'g.tenant_id = kernel.tenant_id()',
      map: ({ id, name, description, customers, createdAt, updatedAt }) => ({
        id,
        name,
        description,
        customers,
        createdAt,
        updatedAt,
      }),
    });
  }
}

@QueryHandler(FindCustomerGroupsQuery)
export class FindCustomerGroupsHandler implements IQueryHandler<FindCustomerGroupsQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { ids } }: FindCustomerGroupsQuery): Promise<CustomerGroupFacts[]> {
    if (ids.length === 0) return [];
    return this.database.read<CustomerGroupFacts>(
      `select id, name from customers.groups where tenant_id = kernel.tenant_id() and id = any($1::uuid[]) order by id`,
      [ids],
    );
  }
}

@QueryHandler(GroupsOfCustomersQuery)
export class GroupsOfCustomersHandler implements IQueryHandler<GroupsOfCustomersQuery> {
  constructor(private readonly database: Database) {}

  async execute({
    request: { customerIds = [], userIds = [] },
  }: GroupsOfCustomersQuery): Promise<{ customerId: string; userId: string | null; groupIds: string[] }[]> {
    if (customerIds.length + userIds.length === 0) return [];
    return this.database.read(
      `select c.id as "customerId", c.user_id as "userId", array(
         select m.group_id from customers.group_members m where m.tenant_id = c.tenant_id and m.customer_id = coalesce(c.merged_into, c.id) order by m.group_id
       ) as "groupIds"
       from customers.customers c
       where c.tenant_id = kernel.tenant_id() and (c.id = any($1::uuid[]) or c.user_id = any($2::uuid[])) order by c.id`,
      [customerIds, userIds],
    );
  }
}

@QueryHandler(UserIdsOfGroupQuery)
export class UserIdsOfGroupHandler implements IQueryHandler<UserIdsOfGroupQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request: { groupId, after, limit } }: UserIdsOfGroupQuery): Promise<string[]> {
    // Beyond the least of all ids lie all; a condition that is optional would leave the plan without an idea of numbers.
    const rows = await this.database.read<{ id: string }>(
      `select distinct c.user_id as id from customers.group_members m
       join customers.customers c on c.tenant_id = m.tenant_id and c.id = m.customer_id
       where m.tenant_id = kernel.tenant_id() and m.group_id = $1 and c.user_id > greatest($2::uuid, '00000000-0000-0000-0000-000000000000')
       order by 1 limit $3`,
      [groupId, after, limit],
    );
    return rows.map(({ id }) => id);
  }
}
