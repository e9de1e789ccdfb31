import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { FindCustomersQuery, type CustomerFacts } from '../contracts/find-customers';

@QueryHandler(FindCustomersQuery)
export class FindCustomersHandler implements IQueryHandler<FindCustomersQuery> {
  constructor(private readonly database: Database) {}

  async execute({
    request: { ids = [], userIds = [], externalRefs = [] },
  }: FindCustomersQuery): Promise<CustomerFacts[]> {
    if (ids.length + userIds.length + externalRefs.length === 0) return [];
    return this.database.read<CustomerFacts>(
      `select id, email, name, company, user_id as "userId", external_ref as "externalRef" from customers.customers
       where tenant_id = kernel.tenant_id() and merged_into is null and (id = any($1::uuid[]) or user_id = any($2::uuid[])
         or external_ref = any($3) or id = any(array(
           select merged_into from customers.customers where tenant_id = kernel.tenant_id() and id = any($1::uuid[]))))
       union all
       select c.id, c.email, c.name, c.company, c.user_id, f.key from customers.former_keys f
       join customers.customers c on c.tenant_id = f.tenant_id and c.id = f.customer_id
       where f.tenant_id = kernel.tenant_id() and f.kind = 'reference' and f.key = any($3) order by 1`,
      [ids, userIds, externalRefs],
    );
  }
}
