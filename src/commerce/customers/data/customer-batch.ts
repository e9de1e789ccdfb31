import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { conflict } from '../../../kernel/errors/app-error';
import { Address } from '../domain/address';
import { Customer } from '../domain/customer';
import type { KnownCustomers } from '../domain/import-plan';
import { MatchKeys } from './match-keys';

const CUSTOMER_COLUMNS = `id uuid, email text, email_key text, name text, name_key text, company text, title text, phone text,
  external_ref text, search_text text, created_at timestamptz, updated_at timestamptz`;
const ADDRESS_COLUMNS = `id uuid, customer_id uuid, position int, name text, line1 text, line2 text, city text, region text,
  postal_code text, country text, phone text`;
const names = (columns: string): string =>
  columns
    .split(',')
    .map((column) => column.trim().split(' ')[0])
    .join(', ');

/** Writes many customers at once: a fixed number of statements for any number of rows. */
@Injectable()
export class CustomerBatch {
  constructor(private readonly matchKeys: MatchKeys) {}

  /** Customers with one of these references or address keys, with their addresses; locked in id order. */
  async load(tx: Transaction, refs: string[], emailKeys: string[], lock: boolean): Promise<KnownCustomers> {
    const rows = await tx.query<{ id: string; kind: 'email' | 'reference' | null; key: string | null }>(
      `select id, null as kind, null as key from customers.customers where tenant_id = $1 and (external_ref = any($2) or email_key = any($3))
       union all
       select customer_id, kind, key from customers.former_keys
       where tenant_id = $1 and ((kind = 'reference' and key = any($2)) or (kind = 'email' and key = any($3)))`,
      [tx.tenantId, refs, emailKeys],
    );
    if (rows.length === 0) return { customers: [], former: [] };
    const ids = [...new Set(rows.map((row) => row.id))];
    const customers = await tx.store.loadMany(Customer, { id: ids as never }, { lock: lock ? 'no-key-update' : false });
    const addresses = await tx.store.loadMany(
      Address,
      { customerId: ids as never },
      { lock: false, orderBy: ['position'] },
    );
    const byId = new Map(customers.map((customer) => [customer.id, customer]));
    for (const customer of customers) customer.addresses = [];
    for (const address of addresses) byId.get(address.customerId)?.addresses.push(address);
    const former = rows.flatMap(({ id, kind, key }) =>
      kind && key && byId.has(id) ? [{ kind, key, customer: byId.get(id)! }] : [],
    );
    return { customers, former };
  }

  async insert(tx: Transaction, customers: Customer[]): Promise<void> {
    if (customers.length === 0) return;
    await explained(async () => {
      await tx.execute(
        `insert into customers.customers (tenant_id, version, ${names(CUSTOMER_COLUMNS)})
         select $1, 1, ${names(CUSTOMER_COLUMNS)} from json_to_recordset($2::json) as x(${CUSTOMER_COLUMNS})`,
        [tx.tenantId, JSON.stringify(customers.map(customerRecord))],
      );
    });
    await this.insertAddresses(
      tx,
      customers.flatMap((customer) => customer.addresses),
    );
    await this.matchKeys.refresh(
      tx,
      customers.map((customer) => customer.id),
    );
    for (const customer of customers) tx.record(...customer.pullEvents());
  }

  /** Customers loaded by `load` and changed since; their rows are locked, so the version cannot have moved. */
  async update(tx: Transaction, customers: Customer[]): Promise<void> {
    if (customers.length === 0) return;
    await explained(async () => {
      await tx.execute(
        `update customers.customers c set email = x.email, email_key = x.email_key, name = x.name, name_key = x.name_key,
           company = x.company, title = x.title, phone = x.phone, external_ref = x.external_ref, search_text = x.search_text,
           updated_at = x.updated_at, version = c.version + 1
         from json_to_recordset($2::json) as x(${CUSTOMER_COLUMNS}) where c.tenant_id = $1 and c.id = x.id`,
        [tx.tenantId, JSON.stringify(customers.map(customerRecord))],
      );
    });
    const addresses = customers.flatMap((customer) => customer.addresses);
    await tx.execute(
      `delete from customers.addresses where tenant_id = $1 and customer_id = any($2::uuid[]) and id <> all($3::uuid[])`,
      [tx.tenantId, customers.map((customer) => customer.id), addresses.map((address) => address.id)],
    );
    // Addresses that the load did not bring have no tenant yet.
    await this.insertAddresses(
      tx,
      addresses.filter((address) => address.tenantId === undefined),
    );
    await this.matchKeys.refresh(
      tx,
      customers.map((customer) => customer.id),
    );
  }

  private async insertAddresses(tx: Transaction, addresses: Address[]): Promise<void> {
    if (addresses.length === 0) return;
    await tx.execute(
      `insert into customers.addresses (tenant_id, ${names(ADDRESS_COLUMNS)})
       select $1, ${names(ADDRESS_COLUMNS)} from json_to_recordset($2::json) as x(${ADDRESS_COLUMNS})`,
      [
        tx.tenantId,
        JSON.stringify(
          addresses.map(({ customerId, postalCode, ...rest }) => ({
            ...rest,
            customer_id: customerId,
            postal_code: postalCode,
          })),
        ),
      ],
    );
  }
}

const customerRecord = (it: Customer): Record<string, unknown> => ({
  id: it.id,
  email: it.email,
  email_key: it.emailKey,
  name: it.name,
  name_key: it.nameKey,
  company: it.company,
  title: it.title,
  phone: it.phone,
  external_ref: it.externalRef,
  search_text: it.searchText,
  created_at: it.createdAt,
  updated_at: it.updatedAt,
});

/** A key that another writer took between the look and the insert: the batch has no effect and can be sent again. */
async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as { code?: string }).code !== '23505') throw error;
    throw conflict('customers.import-overtaken', 'Customers of this batch were created by somebody else meanwhile.', {
      hint: 'Import again: what is done already changes nothing.',
      retryable: true,
    });
  }
}
