import type { DynamicModule, Type } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { CustomersModule } from '../../src/commerce/customers/customers.module';
import { AvailabilityQuery } from '../../src/commerce/inventory/contracts/availability';
import { SetStockCommand } from '../../src/commerce/inventory/contracts/set-stock';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { AddCartLineCommand, CreateCartCommand } from '../../src/commerce/orders/commands/change-cart';
import { CheckoutCommand } from '../../src/commerce/orders/commands/checkout';
import { PayOrderCommand } from '../../src/commerce/orders/commands/pay-order';
import type { CheckoutResult } from '../../src/commerce/orders/commands/payment-settlement';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { OrdersModule } from '../../src/commerce/orders/orders.module';
import { FindOrderQuery } from '../../src/commerce/orders/queries/find-order';
import { GUEST, SYSTEM, type Principal } from '../../src/kernel/auth/principal';
import { runInContext } from '../../src/kernel/context/request-context';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { asTenant, testApp, type TestApp } from './app';
import { RecordedRealtimeModule } from './realtime';

type SomeModule = Type | DynamicModule;

/** A viewer who may see every order of the shop. */
export const STAFF = { all: true, userId: null, tokenHash: null };
export const ADDRESS = { name: 'Sasha Shopper', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };

/** An order of goods without batches as a look-up shows it: other answers do not look batches up. */
export const lookedUp = <T extends { lines: object[] }>(order: T) => ({
  ...order,
  lines: order.lines.map((line) => ({ ...line, allocations: [], backordered: 0, promisedAt: null })),
});

/** The contexts of an order in one process without HTTP, and a shop in them; `open` gives each test a shop of its own. */
export class OrderDesk {
  tenant = newId();
  /** Address that guests come from. */
  ip = '192.0.2.1';

  private constructor(readonly app: TestApp) {}

  static async start(
    env: Record<string, string> = {},
    more: Type[] = [],
    payments: SomeModule = PaymentsModule,
    /** Modules with naive parts. */
    {
      customers = CustomersModule,
      inventory = InventoryModule,
      orders = OrdersModule,
    }: { customers?: SomeModule; inventory?: SomeModule; orders?: SomeModule } = {},
  ): Promise<OrderDesk> {
    const modules = [
      CatalogModule,
      customers,
      inventory,
      OrganizationsModule,
      orders,
      FraudModule,
      payments,
      SandboxModule,
    ];
    return new OrderDesk(await testApp([...modules, ...more, RecordedRealtimeModule], { env }));
  }

  open(): void {
    this.tenant = newId();
  }

  get commands(): CommandBus {
    return this.app.get(CommandBus);
  }

  get worker(): DeliveryWorker {
    return this.app.get(DeliveryWorker);
  }

  /** As a guest of the shop, or as somebody else. */
  run<T>(work: () => Promise<T>, principal: Principal = { ...GUEST, tenantId: this.tenant }): Promise<T> {
    return asTenant(this.tenant, () => runInContext({ ip: this.ip }, work), principal);
  }

  /** As whoever may do everything in the shop. */
  asStaff<T>(work: () => Promise<T>): Promise<T> {
    return this.run(work, SYSTEM);
  }

  product(sku: string, amount = 1000, onHand = 100): Promise<void> {
    return this.run(async () => {
      await this.commands.execute(
        new CreateProductCommand({ name: `Thing ${sku}`, variants: [{ sku, price: { amount, currency: 'EUR' } }] }),
      );
      await this.commands.execute(new SetStockCommand({ lines: [{ sku, onHand }], reason: 'count', document: 'test' }));
    });
  }

  /** @returns the cart's secret */
  cart(...lines: [sku: string, quantity: number][]): Promise<string> {
    return this.run(async () => {
      const { id } = await this.commands.execute(new CreateCartCommand());
      for (const [sku, quantity] of lines)
        await this.commands.execute(new AddCartLineCommand({ cartSecret: id, sku, quantity }));
      return id;
    });
  }

  checkout(cartSecret: string, token = 'success', more: object = {}, principal?: Principal): Promise<CheckoutResult> {
    const request = {
      cartSecret,
      email: 'sasha@example.com',
      shippingAddress: ADDRESS,
      paymentMethod: { type: 'sandbox', token },
      ...more,
    };
    return this.run(() => this.commands.execute(new CheckoutCommand(request)), principal);
  }

  /** A further try to pay. */
  pay(orderId: string, token = 'success'): Promise<CheckoutResult> {
    const request = { orderId, viewer: STAFF, paymentMethod: { type: 'sandbox', token } };
    return this.run(() => this.commands.execute(new PayOrderCommand(request)));
  }

  find(id: string) {
    return this.run(() => this.app.get(QueryBus).execute(new FindOrderQuery(id, STAFF)));
  }

  async stock(sku: string) {
    return (await this.run(() => this.app.get(QueryBus).execute(new AvailabilityQuery({ skus: [sku] }))))[0];
  }

  rows<Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> {
    return this.app.get(Database).readAs<Row>(this.tenant, text, params);
  }

  /** What orders and payments said so far, oldest first. */
  async events(): Promise<string[]> {
    const rows = await this.rows<{ type: string }>(
      `select type from kernel.events where type like 'orders.%' or type like 'payments.%' order by id`,
    );
    return rows.map((row) => row.type.split('.')[1]);
  }
}
