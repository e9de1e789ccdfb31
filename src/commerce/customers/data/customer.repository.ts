import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Address } from '../domain/address';
import { Customer, emailKey, type CustomerSource } from '../domain/customer';
import { emailTaken, referenceTaken } from '../domain/customers.errors';
import { MatchKeys } from './match-keys';

interface Known {
  id: string;
  user_id: string | null;
  of_user: boolean;
}

@Injectable()
export class CustomerRepository {
  constructor(private readonly matchKeys: MatchKeys) {}

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
    await this.matchKeys.refresh(tx, [customer.id]);
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
    await this.matchKeys.refresh(tx, [customer.id]);
  }

  /**
   * Two customers with their addresses, locked in id order against everything else that names them: an order that is
   * being placed for one of them is waited for, and one that comes later finds who stayed.
   */
  async loadBoth(tx: Transaction, first: string, second: string): Promise<(Customer | undefined)[]> {
    const found = await tx.store.loadMany(Customer, { id: [first, second] as never }, { lock: 'update' });
    const addresses = await tx.store.loadMany(
      Address,
      { customerId: [first, second] as never },
      { lock: false, orderBy: ['position'] },
    );
    for (const customer of found) customer.addresses = addresses.filter((it) => it.customerId === customer.id);
    return [first, second].map((id) => found.find((customer) => customer.id === id));
  }

  /** Stores what `absorb` decided, and puts groups and the log of consents together. */
  async merge(
    tx: Transaction,
    stays: Customer,
    goes: Customer,
    left: { email: string | null; reference: string | null },
  ): Promise<void> {
    // First, so that the keys that it gives up are free.
    await this.update(tx, goes);
    await this.update(tx, stays);
    const params = [tx.tenantId, stays.id, goes.id];
    await tx.execute(
      `insert into customers.group_members (tenant_id, id, group_id, customer_id, added_at)
       select tenant_id, gen_random_uuid(), group_id, $2, added_at from customers.group_members where tenant_id = $1 and customer_id = $3
       on conflict on constraint group_members_once do nothing`,
      params,
    );
    await tx.execute('delete from customers.group_members where tenant_id = $1 and customer_id = $2', [
      tx.tenantId,
      goes.id,
    ]);
    // The log of the one that goes stays as it is, as evidence; what it says counts for the one that stays.
    await tx.execute(
      `insert into customers.consents (tenant_id, id, customer_id, purpose, granted, source, wording, given_at, recorded_at, recorded_by,
         text_version, ip, copied_from)
       select tenant_id, gen_random_uuid(), $2, purpose, granted, source, wording, given_at, recorded_at, recorded_by, text_version, ip, id
       from customers.consents where tenant_id = $1 and customer_id = $3`,
      params,
    );
    await tx.execute(
      'update customers.customers set merged_into = $2 where tenant_id = $1 and merged_into = $3',
      params,
    );
    await tx.execute(
      'update customers.former_keys set customer_id = $2 where tenant_id = $1 and customer_id = $3',
      params,
    );
    await tx.execute(
      `insert into customers.former_keys (tenant_id, id, kind, key, customer_id)
       select $1, gen_random_uuid(), x.kind, x.key, $2 from (values ('email', $3), ('reference', $4)) as x(kind, key) where x.key is not null
       on conflict on constraint former_keys_once do update set customer_id = excluded.customer_id`,
      [tx.tenantId, stays.id, left.email, left.reference],
    );
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

  /**
   * By user first: a user may have changed the address meanwhile; then by address, then by one that a merged customer
   * had. The row cannot be merged away until the caller's transaction ends.
   */
  private async find(tx: Transaction, key: string, userId: string | null): Promise<Known | null> {
    const rows = await tx.query<Known>(
      `select id, user_id, user_id is not distinct from $3::uuid and $3 is not null as of_user
       from customers.customers where tenant_id = $1 and (email_key = $2 or user_id = $3::uuid or id =
         (select customer_id from customers.former_keys where tenant_id = $1 and kind = 'email' and key = $2))
       order by 3 desc, (email_key = $2) desc nulls last limit 1 for key share`,
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
      // Nothing is made where the address came to lead to another customer meanwhile.
      `with made as (
         insert into customers.customers (tenant_id, id, email, email_key, name, name_key, user_id, search_text, version, created_at, updated_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9 where not exists (
           select from customers.former_keys where tenant_id = $1 and kind = 'email' and key = $4)
         on conflict do nothing returning id, email_key
       )
       insert into customers.match_keys (tenant_id, id, customer_id, kind, key)
       select $1, gen_random_uuid(), id, 'email', customers.plain_email(email_key) from made`,
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
