import type { Database } from '../../../kernel/database/database';
import type { AddressData } from '../domain/address';

/** A customer as staff see it. */
export interface CustomerView {
  id: string;
  email: string | null;
  name: string;
  company: string | null;
  title: string | null;
  phone: string | null;
  userId: string | null;
  externalRef: string | null;
  /** The usual one first. */
  addresses: (AddressData & { id: string })[];
  /** By name. */
  groups: { id: string; name: string }[];
  /** Also the ETag. */
  version: number;
  createdAt: string;
  updatedAt: string;
}

export type CustomerRecord = Omit<CustomerView, 'addresses' | 'groups' | 'createdAt' | 'updatedAt'> & {
  addresses: CustomerView['addresses'] | null;
  groups: CustomerView['groups'] | null;
  createdAt: Date;
  updatedAt: Date;
};

export const CUSTOMER_COLUMNS = `c.id, c.email, c.name, c.company, c.title, c.phone, c.user_id as "userId", c.external_ref as "externalRef",
  c.version, c.created_at as "createdAt", c.updated_at as "updatedAt", w.addresses, gm.groups`;

export const CUSTOMER_JOINS = `left join lateral (
    select json_agg(json_build_object('id', a.id, 'name', a.name, 'line1', a.line1, 'line2', a.line2, 'city', a.city, 'region', a.region,
      'postalCode', a.postal_code, 'country', a.country, 'phone', a.phone) order by a.position) as addresses
    from customers.addresses a where a.tenant_id = c.tenant_id and a.customer_id = c.id
  ) w on true
  left join lateral (
    select json_agg(json_build_object('id', g.id, 'name', g.name) order by g.name_key) as groups
    from customers.group_members m join customers.groups g on g.tenant_id = m.tenant_id and g.id = m.group_id
    where m.tenant_id = c.tenant_id and m.customer_id = c.id
  ) gm on true`;

export const customerView = (row: CustomerRecord): CustomerView => ({
  id: row.id,
  email: row.email,
  name: row.name,
  company: row.company,
  title: row.title,
  phone: row.phone,
  userId: row.userId,
  externalRef: row.externalRef,
  addresses: row.addresses ?? [],
  groups: row.groups ?? [],
  version: row.version,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

/** One customer, or null; the id of a merged one finds the one that stayed. One round trip. */
export async function findCustomer(database: Database, id: string): Promise<CustomerView | null> {
  const [row] = await database.read<CustomerRecord>(
    `select ${CUSTOMER_COLUMNS} from customers.customers c ${CUSTOMER_JOINS}
     where c.tenant_id = kernel.tenant_id() and c.id = (
       select coalesce(merged_into, id) from customers.customers where tenant_id = kernel.tenant_id() and id = $1
     )`,
    [id],
  );
  return row ? customerView(row) : null;
}
