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
import type { Transaction } from '../../src/kernel/database/transaction';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { exchangeRace, mergeRace, quoteRace } from '../scenarios/sales-races';
import { OrderDesk } from '../support/order-desk';
import { replaced } from './replaced';
import { LOCK, LOCK_OF_A_LOAD, Unguarded } from './unguarded';

const ROUNDS = 3;

// Rows are read without a lock, and written whatever somebody else wrote meanwhile.
const VERSION = ['and version = $3', 'and $3::int is not null'] as const;
const STATUS = ['and version = $3 and status = $4', 'and $3::int is not null and $4::text is not null'] as const;
const ofQuotes = new Unguarded(LOCK, VERSION);
const ofOrders = new Unguarded(LOCK_OF_A_LOAD, STATUS);
const ofReturns = new Unguarded(VERSION);
const ofCustomers = new Unguarded(LOCK_OF_A_LOAD);

@Injectable()
class NaiveQuotes extends QuoteRepository {
  constructor(uow: UnitOfWork) {
    super(ofQuotes.unit(uow));
  }
}

@Injectable()
class NaiveOrders extends OrderRepository {
  constructor(uow: UnitOfWork, push: OrderPush) {
    super(ofOrders.unit(uow), push);
  }
}

@Injectable()
class NaiveReturns extends ReturnRepository {
  constructor(uow: UnitOfWork) {
    super(ofReturns.unit(uow));
  }
}

/** Loads without a lock, and stores over whatever version there is by then. */
@Injectable()
class NaiveCustomers extends CustomerRepository {
  override loadBoth(tx: Transaction, first: string, second: string): Promise<(Customer | undefined)[]> {
    return super.loadBoth(ofCustomers.of(tx), first, second);
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
async function rounds<T>(
  desk: OrderDesk,
  race: (desk: OrderDesk) => Promise<T>,
  ...without: Unguarded[]
): Promise<T[]> {
  const all: T[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) all.push(await race(desk));
  } finally {
    await desk.app.close();
  }
  for (const unguarded of without) unguarded.expectFound();
  return all;
}

describe('naive: look whether it may be, then write', () => {
  it('must make one order of a quote', async () => {
    const orders = replaced(OrdersModule, QuoteRepository, NaiveQuotes);
    const all = await rounds(
      await OrderDesk.start({}, [NotificationsModule, IdentityModule], undefined, { orders }),
      quoteRace,
      ofQuotes,
    );
    const refused = ['orders.quote-transition-refused'];
    // The database keeps the second order out by its last line, which no shopper understands.
    expect(all).toEqual(all.map(() => ({ done: 1, refused, orders: 1, reserved: 2 })));
  });

  it('must exchange the goods of a return once', async () => {
    const orders = replaced(OrdersModule, OrderRepository, NaiveOrders, [ReturnRepository, NaiveReturns]);
    const desk = await OrderDesk.start({}, [], undefined, { orders });
    const all = await rounds(desk, exchangeRace, ofOrders, ofReturns);
    const refused = ['orders.return-transition-refused'];
    expect(all).toEqual(all.map(() => ({ done: 1, refused, orders: 1, traded: 1000 })));
  });

  it('must leave what a customer had to one of two into whom it is merged', async () => {
    const customers = replaced(CustomersModule, CustomerRepository, NaiveCustomers);
    const all = await rounds(await OrderDesk.start({}, [], undefined, { customers }), mergeRace, ofCustomers);
    const refused = ['customers.customer-merged'];
    expect(all).toEqual(all.map(() => ({ done: 1, refused, heirs: 1 })));
  });
});
