import { Injectable } from '@nestjs/common';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { CustomersModule } from '../../src/commerce/customers/customers.module';
import { CustomerRepository } from '../../src/commerce/customers/data/customer.repository';
import type { Customer } from '../../src/commerce/customers/domain/customer';
import { OrderPush } from '../../src/commerce/orders/data/order-push';
import { OrderRepository } from '../../src/commerce/orders/data/order.repository';
import { QuoteRepository } from '../../src/commerce/orders/data/quote.repository';
import { ReturnRepository } from '../../src/commerce/orders/data/return.repository';
import { OrdersModule } from '../../src/commerce/orders/orders.module';
import type { Store } from '../../src/kernel/database/store';
import type { Transaction } from '../../src/kernel/database/transaction';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { exchangeRace, mergeRace, quoteRace } from '../scenarios/sales-races';
import { OrderDesk } from '../support/order-desk';
import { replaced } from './replaced';

const ROUNDS = 3;

/** Calls of some methods go another way, all others as they are. */
const instead = <T extends object>(target: T, methods: Record<string, unknown>): T =>
  new Proxy(target, {
    get: (from, name) => {
      if (typeof name === 'string' && name in methods) return methods[name];
      const value = Reflect.get(from, name, from) as unknown;
      return typeof value === 'function' ? (value.bind(from) as unknown) : value;
    },
  });

/** Rows are read without a lock, and written whatever somebody else wrote meanwhile. */
function unguarded(tx: Transaction): Transaction {
  const rewrite = (text: string): string =>
    text
      .replace(/ for update$/, '')
      .replace('and version = $3 and status = $4', 'and $3::int is not null and $4::text is not null')
      .replace('and version = $3', 'and $3::int is not null');
  return instead(tx, {
    query: (text: string, params?: unknown[]) => tx.query(rewrite(text), params),
    execute: (text: string, params?: unknown[]) => tx.execute(rewrite(text), params),
    later: (text: string, params: unknown[], label?: string) => tx.later(rewrite(text), params, label as never),
    store: instead<Store>(tx.store, {
      load: (entity: never, id: string) => tx.store.load(entity, id, { lock: false }),
      loadMany: (entity: never, where: never, options: object) =>
        tx.store.loadMany(entity, where, { ...options, lock: false }),
    }),
  });
}
const naive = (uow: UnitOfWork): UnitOfWork => instead(uow, { current: () => unguarded(uow.current()) });

@Injectable()
class NaiveQuotes extends QuoteRepository {
  constructor(uow: UnitOfWork) {
    super(naive(uow));
  }
}

@Injectable()
class NaiveOrders extends OrderRepository {
  constructor(uow: UnitOfWork, push: OrderPush) {
    super(naive(uow), push);
  }
}

@Injectable()
class NaiveReturns extends ReturnRepository {
  constructor(uow: UnitOfWork) {
    super(naive(uow));
  }
}

/** Loads without a lock, and stores over whatever version there is by then. */
@Injectable()
class NaiveCustomers extends CustomerRepository {
  override loadBoth(tx: Transaction, first: string, second: string): Promise<(Customer | undefined)[]> {
    return super.loadBoth(unguarded(tx), first, second);
  }

  override async update(tx: Transaction, customer: Customer): Promise<void> {
    await tx.execute('update customers.customers set version = $3 where tenant_id = $1 and id = $2', [
      tx.tenantId,
      customer.id,
      customer.version,
    ]);
    return super.update(tx, customer);
  }
}

/** As many rounds as it takes to be seen; what each came to. */
async function rounds<T>(desk: OrderDesk, race: (desk: OrderDesk) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) all.push(await race(desk));
  } finally {
    await desk.app.close();
  }
  return all;
}

describe('naive: look whether it may be, then write', () => {
  it('must make one order of a quote', async () => {
    const orders = replaced(OrdersModule, QuoteRepository, NaiveQuotes);
    const all = await rounds(
      await OrderDesk.start({}, [NotificationsModule, IdentityModule], undefined, { orders }),
      quoteRace,
    );
    const refused = ['orders.quote-transition-refused'];
    // The database keeps the second order out by its last line, which no shopper understands.
    expect(all).toEqual(all.map(() => ({ done: 1, refused, orders: 1, reserved: 2 })));
  });

  it('must exchange the goods of a return once', async () => {
    const orders = replaced(OrdersModule, OrderRepository, NaiveOrders);
    orders.providers = orders.providers!.map((provider) =>
      provider === ReturnRepository ? { provide: ReturnRepository, useClass: NaiveReturns } : provider,
    );
    const all = await rounds(await OrderDesk.start({}, [], undefined, { orders }), exchangeRace);
    const refused = ['orders.return-transition-refused'];
    expect(all).toEqual(all.map(() => ({ done: 1, refused, orders: 1, traded: 1000 })));
  });

  it('must leave what a customer had to one of two into whom it is merged', async () => {
    const customers = replaced(CustomersModule, CustomerRepository, NaiveCustomers);
    const all = await rounds(await OrderDesk.start({}, [], undefined, { customers }), mergeRace);
    const refused = ['customers.customer-merged'];
    expect(all).toEqual(all.map(() => ({ done: 1, refused, heirs: 1 })));
  });
});
