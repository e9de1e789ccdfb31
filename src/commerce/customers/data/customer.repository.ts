import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Address } from '../domain/address';
import { Customer, emailKey, type CustomerSource } from '../domain/customer';
import { emailTaken, referenceTaken } from '../domain/customers.errors';

interface Known {
  id: string;
  user_id: string | null;
  of_user: boolean;
}

@Injectable()
export class CustomerRepository {
  /** A customer with its addresses, locked for change. */
  async load(tx: Transaction, id: string): Promise<Customer | null> {
    const customer = await tx.store.load(Customer, id, { lock: 'no-key-update' });
    if (!customer) return null;
    customer.addresses = await tx.store.loadMany(Address, { customerId: id }, { lock: false, orderBy: ['position'] });
    return customer;
  }

  /** @throws AppError conflict `customers.email-taken`, `customers.reference-taken` */
  async insert(tx: Transaction, customer: Customer): Promise<void> {
    await explained(async () => {
      await tx.store.save(customer);
      await tx.store.insert(customer.addresses);
    });
  }

  /** Stores a changed customer and replaces the addresses that changed. @throws as `insert` */
  async update(tx: Transaction, customer: Customer): Promise<void> {
    await explained(() => tx.store.save(customer));
    await tx.execute(
      `delete from customers.addresses where tenant_id = $1 and customer_id = $2 and id <> all($3::uuid[])`,
      [tx.tenantId, customer.id, customer.addresses.map((address) => address.id)],
    );
    // Addresses that the load did not bring have no tenant yet.
    await tx.store.insert(customer.addresses.filter((address) => address.tenantId === undefined));
  }

  /**
   * The customer of this user or address, made when there is none. Two at once end in one customer: the second waits for
   * the first's insert and then finds it.
   */
  async ensure(
    tx: Transaction,
    wish: { email: string; name?: string | null; userId?: string | null; source: CustomerSource },
  ): Promise<{ id: string; created: boolean }> {
    const key = emailKey(wish.email);
    const userId = wish.userId ?? null;
    const found = (await this.find(tx, key, userId)) ?? (await this.tryInsert(tx, wish, key, userId));
    if (typeof found === 'string') return { id: found, created: true };
    const known = found ?? (await this.find(tx, key, userId))!;
    if (userId && known.user_id === null && !known.of_user) await this.link(tx, known.id, userId);
    return { id: known.id, created: false };
  }

  /** By user first: a user may have changed the address meanwhile. */
  private async find(tx: Transaction, key: string, userId: string | null): Promise<Known | null> {
    const rows = await tx.query<Known>(
      `select id, user_id, user_id is not distinct from $3::uuid and $3 is not null as of_user
       from customers.customers where tenant_id = $1 and (email_key = $2 or user_id = $3::uuid) order by 3 desc limit 1`,
      [tx.tenantId, key, userId],
    );
    return rows[0] ?? null;
  }

  private async tryInsert(
    tx: Transaction,
    wish: { email: string; name?: string | null; source: CustomerSource },
    key: string,
    userId: string | null,
  ): Promise<string | null> {
    const name = wish.name?.trim() || key.slice(0, key.indexOf('@'));
    const customer = Customer.create({ email: wish.email, name: name.slice(0, 200), userId }, wish.source, clock.now());
    const inserted = await tx.execute(
      `insert into customers.customers (tenant_id, id, email, email_key, name, name_key, user_id, search_text, version, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9) on conflict do nothing`,
      [
        tx.tenantId,
        customer.id,
        customer.email,
        key,
        customer.name,
        customer.nameKey,
        userId,
        customer.searchText,
        customer.createdAt,
      ],
    );
    if (inserted === 0) return null;
    tx.record(...customer.pullEvents());
    return customer.id;
  }

  private async link(tx: Transaction, id: string, userId: string): Promise<void> {
    try {
      await tx.savepoint(() =>
        tx.execute(
          `update customers.customers set user_id = $3, version = version + 1, updated_at = $4
           where tenant_id = $1 and id = $2 and user_id is null`,
          [tx.tenantId, id, userId, clock.now()],
        ),
      );
    } catch (error) {
      // The user got another customer at this moment: that link stays.
      if ((error as { constraint?: string }).constraint !== 'customers_user') throw error;
    }
  }
}

/** Unique keys, in the words of the domain. */
async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { constraint } = error as { constraint?: string };
    if (constraint === 'customers_email') throw emailTaken();
    if (constraint === 'customers_external_ref') throw referenceTaken();
    throw error;
  }
}
