import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';

/** What customers have in common: a plain mail address, a phone number, or a name at an address. */
export type DuplicateReason = 'email' | 'phone' | 'name_address';

/** Customers that may be one person. */
export interface DuplicatesView {
  reason: DuplicateReason;
  /** How many they are; at most 20 are shown. */
  count: number;
  /** The oldest first. */
  customers: {
    id: string;
    name: string;
    email: string | null;
    phone: string | null;
    userId: string | null;
    createdAt: string;
  }[];
}

/** A page of customers that may be one person, each by one thing that they have in common. */
export class ListDuplicatesQuery extends Query<Page<DuplicatesView>> {
  constructor(readonly query: ListQuery & { reason?: DuplicateReason[] }) {
    super();
  }
}

const GROUPS = keyset({
  id: 'd.id',
  sorts: { reason: { sql: 'd.kind', type: 'text' } },
  defaultSort: 'reason',
  filters: { reason: { sql: 'd.kind', type: 'text' } },
});

@QueryHandler(ListDuplicatesQuery)
export class ListDuplicatesHandler implements IQueryHandler<ListDuplicatesQuery> {
  constructor(private readonly database: Database) {}

  /** The groups come off the index of their keys; the customers of a page alone are looked at. */
  execute({ query }: ListDuplicatesQuery): Promise<Page<DuplicatesView>> {
    return GROUPS.run<DuplicatesView & { _id: string; _k0: string }, DuplicatesView>(this.database, query, {
      select: `d.kind as reason, d.count, (
          select json_agg(json_build_object('id', c.id, 'name', c.name, 'email', c.email, 'phone', c.phone, 'userId', c.user_id,
            'createdAt', to_char(c.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by c.created_at, c.id)
          from (
            select c.* from customers.match_keys k join customers.customers c on c.tenant_id = k.tenant_id and c.id = k.customer_id
            where k.tenant_id = kernel.tenant_id() and k.kind = d.kind and k.key = d.key order by c.created_at, c.id limit 20
          ) c) as customers`,
      from: `(select kind, key, count(*)::int as count, min(id::text)::uuid as id from customers.match_keys
          where tenant_id = kernel.tenant_id() group by kind, key having count(*) > 1) d`,
      where: 'true',
      map: ({ reason, count, customers }) => ({ reason, count, customers }),
    });
  }
}
