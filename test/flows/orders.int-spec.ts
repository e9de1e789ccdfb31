import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { asTenant, testApp, type TestApp } from '../support/app';
import { RecordedRealtimeModule, SENT } from '../support/realtime';
import { clock } from '../../src/kernel/clock/clock';
import { runInContext } from '../../src/kernel/context/request-context';
import type { SqlUsage } from '../../src/kernel/database/sql-metrics';
import { toAppError } from '../../src/kernel/http/problem';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import { DeliveryWorker } from '../../src/kernel/messaging/delivery-worker';
import { GUEST } from '../../src/kernel/auth/principal';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { ContactGatewayCommand } from '../../src/money/payments/contracts/contact-gateway';
import { RefundSucceeded } from '../../src/money/payments/contracts/payment-events';
import { PaymentViewQuery } from '../../src/money/payments/contracts/payment-view-query';
import { RecordOutcomeCommand } from '../../src/money/payments/contracts/record-outcome';
import { PaymentsModule } from '../../src/money/payments/payments.module';
import { SandboxModule } from '../../src/money/sandbox/sandbox.module';
import { CatalogModule } from '../../src/commerce/catalog/catalog.module';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { CustomersModule } from '../../src/commerce/customers/customers.module';
import { AvailabilityQuery } from '../../src/commerce/inventory/contracts/availability';
import { SetStockCommand } from '../../src/commerce/inventory/contracts/set-stock';
import { InventoryModule } from '../../src/commerce/inventory/inventory.module';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { AddCartLineCommand, CreateCartCommand } from '../../src/commerce/orders/commands/change-cart';
import { CheckoutCommand } from '../../src/commerce/orders/commands/checkout';
import { FulfilOrderCommand } from '../../src/commerce/orders/commands/fulfil-order';
import { PayOrderCommand } from '../../src/commerce/orders/commands/pay-order';
import type { CheckoutResult } from '../../src/commerce/orders/commands/payment-settlement';
import { CompleteOrderCommand } from '../../src/commerce/orders/contracts/complete-order';
import { ImportOrdersCommand, type ImportedOrder } from '../../src/commerce/orders/contracts/import-orders';
import { deriveStatus, edgeAllowed, MACHINES, type OrderFacets } from '../../src/commerce/orders/domain/order-machines';
import { OrdersModule } from '../../src/commerce/orders/orders.module';
import { FindOrderQuery } from '../../src/commerce/orders/queries/find-order';
import { OrderAnalyticsQuery } from '../../src/commerce/orders/queries/order-analytics';

const STAFF = { all: true, userId: null, tokenHash: null };
const ADDRESS = { name: 'Sasha Shopper', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };

describe('orders', () => {
  let app: TestApp;
  let commands: CommandBus;
  let worker: DeliveryWorker;
  let tenant: string;

  /** As a guest of the shop. */
  const run = <T>(work: () => Promise<T>): Promise<T> => asTenant(tenant, work, { ...GUEST, tenantId: tenant });
  const product = (sku: string, amount = 1000, onHand = 100) =>
    run(async () => {
      await commands.execute(
        new CreateProductCommand({ name: `Thing ${sku}`, variants: [{ sku, price: { amount, currency: 'EUR' } }] }),
      );
      await commands.execute(new SetStockCommand({ lines: [{ sku, onHand }], reason: 'count', document: 'test' }));
    });
  const cart = (...lines: [sku: string, quantity: number][]) =>
    run(async () => {
      const { id } = await commands.execute(new CreateCartCommand());
      for (const [sku, quantity] of lines)
        await commands.execute(new AddCartLineCommand({ cartSecret: id, sku, quantity }));
      return id;
    });
  const checkout = (cartSecret: string, token = 'success', more: object = {}): Promise<CheckoutResult> =>
    run(() =>
      commands.execute(
        new CheckoutCommand({
          cartSecret,
          email: 'sasha@example.com',
          shippingAddress: ADDRESS,
          paymentMethod: { type: 'sandbox', token },
          ...more,
        }),
      ),
    );
  const find = (id: string) => run(() => app.get(QueryBus).execute(new FindOrderQuery(id, STAFF)));
  const stock = async (sku: string) =>
    (await run(() => app.get(QueryBus).execute(new AvailabilityQuery({ skus: [sku] }))))[0];
  const rows = <Row extends object>(text: string, params: unknown[] = []): Promise<Row[]> =>
    app.get(Database).readAs<Row>(tenant, text, params);
  const events = async () =>
    (
      await rows<{ type: string }>(
        `select type from kernel.events where type like 'orders.%' or type like 'payments.%' order by id`,
      )
    ).map((row) => row.type.split('.')[1]);

  beforeAll(async () => {
    app = await testApp([
      CatalogModule,
      CustomersModule,
      InventoryModule,
      OrdersModule,
      PaymentsModule,
      SandboxModule,
      RecordedRealtimeModule,
    ]);
    commands = app.get(CommandBus);
    worker = app.get(DeliveryWorker);
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    tenant = newId();
  });
  afterEach(() => clock.setOffset(0));

  describe('checkout', () => {
    it('turns a cart into a paid order with its own copies, and moves stock from free to promised', async () => {
      await product('A', 1250);
      await product('B', 300);
      const result = await checkout(await cart(['A', 2], ['B', 1], ['A', 1]));
      expect(result.order).toMatchObject({
        number: '1001',
        status: 'paid',
        paymentStatus: 'paid',
        email: 'sasha@example.com',
        total: { amount: 4050, currency: 'EUR' },
        lines: [
          { sku: 'A', quantity: 3, unitPrice: { amount: 1250 }, total: { amount: 3750 } },
          { sku: 'B', quantity: 1, total: { amount: 300 } },
        ],
      });
      expect(result.payment).toMatchObject({ status: 'succeeded', error: null, nextAction: null });
      expect(result.accessToken).toMatch(/^ot_/);
      expect(await stock('A')).toMatchObject({ onHand: 100, reserved: 3 });
      await worker.drain();
      expect(await events()).toEqual(['order-placed', 'payment-captured', 'order-paid']);
      expect(await find(result.order.id)).toEqual({ ...result.order });
      const updates = SENT.filter((each) => each.to === `staff:${tenant}` && each.event === 'order.updated');
      expect(updates.map((each) => (each.payload as { status: string }).status)).toEqual(['pending_payment', 'paid']);
    });

    it('costs few statements and two commits', async () => {
      await product('A', 1250);
      await checkout(await cart(['A', 1]));
      const cartId = await cart(['A', 1]);
      const sql: SqlUsage = { trips: 0, statements: 0, commits: 0, milliseconds: 0 };
      await run(() =>
        runInContext({ sql }, () =>
          commands.execute(
            new CheckoutCommand({
              cartSecret: cartId,
              email: 'sasha@example.com',
              shippingAddress: ADDRESS,
              paymentMethod: { type: 'sandbox', token: 'success' },
            }),
          ),
        ),
      );
      // Ours are two commits and 29 statements with begin, tenant and commit; the rest is the provider double's.
      expect(sql.commits).toBeLessThanOrEqual(3);
      expect(sql.statements).toBeLessThanOrEqual(40);
    });

    it('names what is out of stock and leaves nothing behind', async () => {
      await product('A', 1000, 1);
      await product('B', 1000, 5);
      const id = await cart(['B', 1], ['A', 2]);
      await expect(checkout(id)).rejects.toMatchObject({
        code: 'inventory.out-of-stock',
        data: { skus: [{ sku: 'A', requested: 2, available: 1 }] },
      });
      expect(await stock('B')).toMatchObject({ reserved: 0 });
      expect(await rows('select id from orders.orders')).toEqual([]);
      expect(await rows('select id from payments.intents')).toEqual([]);
    });

    it('makes one order of a cart, whoever asks how often at once, and numbers without gaps', async () => {
      await product('A');
      const id = await cart(['A', 1]);
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => checkout(id)));
      expect(tries.filter((it) => it.status === 'fulfilled')).toHaveLength(1);
      for (const it of tries)
        if (it.status === 'rejected') expect(it.reason).toMatchObject({ code: 'orders.cart-already-ordered' });
      const carts = await Promise.all(Array.from({ length: 10 }, () => cart(['A', 1])));
      await Promise.all(carts.map((each) => checkout(each)));
      const numbers = await rows<{ number: number }>('select number::int as number from orders.orders order by 1');
      expect(numbers.map((row) => row.number)).toEqual(Array.from({ length: 11 }, (_, i) => 1001 + i));
      expect(await stock('A')).toMatchObject({ reserved: 11 });
    });

    it('refuses empty carts, withdrawn products and a total that the shopper did not see', async () => {
      await product('A', 1000);
      await expect(checkout(await cart())).rejects.toMatchObject({ code: 'orders.cart-empty' });
      await expect(checkout('x'.repeat(32))).rejects.toMatchObject({ code: 'orders.cart-not-found' });
      const id = await cart(['A', 2]);
      await expect(checkout(id, 'success', { expectedTotal: { amount: 1999, currency: 'EUR' } })).rejects.toMatchObject(
        { code: 'orders.price-changed', data: { total: { amount: 2000, currency: 'EUR' } } },
      );
      const { order } = await checkout(id, 'success', { expectedTotal: { amount: 2000, currency: 'EUR' } });
      expect(order.status).toBe('paid');
    });

    it('refuses more money than can be counted, as the client’s fault', async () => {
      await product('A', 1_000_000_000_000);
      const told = await cart(['A', 1_000_000]).catch(toAppError);
      expect(told).toMatchObject({ code: 'money.out-of-range', status: 422 });
      await product('B', 1_000_000_000_000);
      const both = await checkout(await cart(['A', 9_000], ['B', 9_000])).catch(toAppError);
      expect(both).toMatchObject({ code: 'money.out-of-range', status: 422 });
    });

    it('completes an order that costs nothing without a payment', async () => {
      await product('GIFT', 0);
      const result = await checkout(await cart(['GIFT', 1]));
      expect(result).toMatchObject({ order: { status: 'paid' }, payment: null });
    });

    it('keeps a declined order waiting, and takes a further try', async () => {
      await product('A');
      const { order, payment } = await checkout(await cart(['A', 1]), 'declined');
      expect(order.status).toBe('pending_payment');
      expect(payment?.error?.code).toBeTruthy();
      const again = await run(() =>
        commands.execute(
          new PayOrderCommand({
            orderId: order.id,
            viewer: STAFF,
            paymentMethod: { type: 'sandbox', token: 'success' },
          }),
        ),
      );
      expect(again).toMatchObject({ order: { status: 'paid' }, payment: { status: 'succeeded', error: null } });
      await expect(
        run(() =>
          commands.execute(
            new PayOrderCommand({
              orderId: order.id,
              viewer: STAFF,
              paymentMethod: { type: 'sandbox', token: 'success' },
            }),
          ),
        ),
      ).rejects.toMatchObject({ code: 'orders.not-payable' });
    });

    it('is completed once, by whom ever', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 1]));
      await Promise.all(
        Array.from({ length: 5 }, () => run(() => commands.execute(new CompleteOrderCommand({ orderId: order.id })))),
      );
      await worker.drain();
      expect((await events()).filter((type) => type === 'order-paid')).toHaveLength(1);
    });

    it('does not believe that an unpaid order is paid', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 1]), 'declined');
      expect(await run(() => commands.execute(new CompleteOrderCommand({ orderId: order.id })))).toEqual({
        status: 'pending_payment',
      });
    });
  });

  describe('an unpaid order', () => {
    it('is given up when its hold lapses: stock back, payment void', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 4]), 'declined');
      clock.setOffset(29 * 60);
      await worker.drain();
      expect((await find(order.id)).status).toBe('pending_payment');
      clock.setOffset(31 * 60);
      await worker.drain();
      expect(await find(order.id)).toMatchObject({
        status: 'cancelled',
        cancelReason: 'unpaid',
        paymentStatus: 'voided',
      });
      expect(await stock('A')).toMatchObject({ reserved: 0 });
      expect(await events()).toContain('order-cancelled');
    });

    it('cannot be paid after its time', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 1]), 'declined');
      clock.setOffset(31 * 60);
      await expect(
        run(() =>
          commands.execute(
            new PayOrderCommand({
              orderId: order.id,
              viewer: STAFF,
              paymentMethod: { type: 'sandbox', token: 'success' },
            }),
          ),
        ),
      ).rejects.toMatchObject({ code: 'orders.payment-window-closed' });
    });
  });

  describe('an order whose hold lapsed before its payment was known', () => {
    /** The gateway charged, its answer was lost, and the time of the hold is over. */
    const chargedTooLate = async (onHand: number) => {
      await product('A', 1000, onHand);
      const { order } = await checkout(await cart(['A', 4]), 'timeout_after_success');
      expect(order.status).toBe('pending_payment');
      clock.setOffset(31 * 60);
      return order.id;
    };
    const learnOfPayment = (orderId: string) =>
      run(async () => {
        const [payment] = await app.get(QueryBus).execute(new PaymentViewQuery({ payableIds: [orderId] }));
        const attemptId = payment.attemptId!;
        const outcome = await commands.execute(new ContactGatewayCommand({ attemptId }));
        await app.get(UnitOfWork).run(() => commands.execute(new RecordOutcomeCommand({ attemptId, outcome })));
        await commands.execute(new CompleteOrderCommand({ orderId }));
      });

    it('is promised anew while there is stock', async () => {
      const id = await chargedTooLate(10);
      await learnOfPayment(id);
      expect(await find(id)).toMatchObject({ status: 'paid' });
      expect(await stock('A')).toMatchObject({ onHand: 10, reserved: 4 });
      await worker.drain();
      expect(await find(id)).toMatchObject({ status: 'paid' });
      expect(await stock('A')).toMatchObject({ onHand: 10, reserved: 4 });
    });

    it('goes on hold where the goods were sold meanwhile, its money goes back, and then it is cancelled', async () => {
      const id = await chargedTooLate(5);
      const other = await checkout(await cart(['A', 3]));
      expect(other.order.status).toBe('paid');
      await learnOfPayment(id);
      expect(await find(id)).toMatchObject({
        status: 'on_hold',
        onHoldReason: 'shortfall',
        paymentStatus: 'refunding',
      });
      expect(await stock('A')).toMatchObject({ reserved: 3 });
      await worker.drain();
      const [refund] = await rows<{ id: string; intent: string; attempt: string }>(
        'select id, intent_id as intent, attempt_id as attempt from payments.refunds',
      );
      const amount = { amount: 4000, currency: 'EUR' };
      const payable = { type: 'order' as const, id };
      await run(() =>
        app.get(UnitOfWork).run(async (tx) =>
          tx.record(
            new RefundSucceeded(refund.intent, {
              intentId: refund.intent,
              attemptId: refund.attempt,
              refundId: refund.id,
              payable,
              amount,
              reason: 'shortfall',
            }),
          ),
        ),
      );
      await worker.drain();
      expect(await find(id)).toMatchObject({
        status: 'cancelled',
        cancelReason: 'shortfall',
        paymentStatus: 'refunded',
      });
      expect(await stock('A')).toMatchObject({ reserved: 3 });
    });
  });

  describe('staff', () => {
    it('fulfils a paid order once: goods leave, movements are written', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 4]));
      const fulfil = () => run(() => commands.execute(new FulfilOrderCommand({ orderId: order.id })));
      expect(await fulfil()).toMatchObject({ status: 'fulfilled', fulfilmentStatus: 'fulfilled' });
      await expect(fulfil()).rejects.toMatchObject({ code: 'orders.transition-refused' });
      expect(await stock('A')).toEqual({ sku: 'A', onHand: 96, reserved: 0, available: 96 });
      await expect(
        run(() => commands.execute(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }))),
      ).rejects.toMatchObject({ code: 'orders.transition-refused' });
    });

    it('sees an order stay paid when the second charge of it goes back', async () => {
      await product('A');
      const { order, payment } = await checkout(await cart(['A', 1]));
      await run(() => commands.execute(new FulfilOrderCommand({ orderId: order.id })));
      await run(() =>
        app.get(UnitOfWork).run(async (tx) =>
          tx.record(
            new RefundSucceeded(payment!.id, {
              intentId: payment!.id,
              attemptId: newId(),
              refundId: newId(),
              payable: { type: 'order', id: order.id },
              amount: order.total,
              reason: 'paid_twice',
            }),
          ),
        ),
      );
      await worker.drain();
      expect(await find(order.id)).toMatchObject({ status: 'fulfilled', paymentStatus: 'paid' });
    });

    it('cancels a paid order: stock back, money on its way back', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 4]));
      const cancelled = await run(() =>
        commands.execute(new CancelOrderCommand({ orderId: order.id, reason: 'staff', note: 'asked to' })),
      );
      expect(cancelled).toMatchObject({ status: 'cancelled', paymentStatus: 'refunding', cancelReason: 'staff' });
      expect(await stock('A')).toMatchObject({ reserved: 0, available: 100 });
      await expect(run(() => commands.execute(new FulfilOrderCommand({ orderId: order.id })))).rejects.toMatchObject({
        code: 'orders.transition-refused',
      });
    });
  });

  it('keeps totals equal to a recount, in every order', async () => {
    await product('A', 333);
    await product('B', 1);
    await checkout(await cart(['A', 3], ['B', 7]));
    expect(
      await rows(`select o.id from orders.orders o where o.total <> o.shipping_total + o.tax_total + (
        select sum(round(l.unit_price::numeric * l.quantity * (10000 - l.discount_basis_points) / 10000))
        from orders.order_lines l where l.order_id = o.id)`),
    ).toEqual([]);
  });

  describe('the table of edges', () => {
    it('is the same in the database as in the code, for every pair', async () => {
      for (const machine of Object.keys(MACHINES) as (keyof typeof MACHINES)[]) {
        const states = Object.keys(MACHINES[machine]);
        const pairs = states.flatMap((from) => states.map((to) => ({ from, to })));
        const found = await rows<{ from: string; to: string; ok: boolean }>(
          `select x."from", x."to", orders.edge_allowed($1, x."from", x."to") as ok
           from json_to_recordset($2::json) as x("from" text, "to" text)`,
          [machine, JSON.stringify(pairs)],
        );
        for (const { from, to, ok } of found)
          expect(`${machine} ${from} → ${to}: ${ok}`).toBe(
            `${machine} ${from} → ${to}: ${edgeAllowed(machine, from, to)}`,
          );
      }
    });

    it('derives the status as the generated column does, for every combination', async () => {
      const at = new Date(0);
      const all: OrderFacets[] = [];
      for (const paymentStatus of Object.keys(MACHINES.payment) as OrderFacets['paymentStatus'][])
        for (const fulfilmentStatus of Object.keys(MACHINES.fulfilment) as OrderFacets['fulfilmentStatus'][])
          for (const returnStatus of Object.keys(MACHINES.return) as OrderFacets['returnStatus'][])
            for (const onHoldReason of [null, 'shortfall'])
              for (const [placedAt, cancelledAt, closedAt] of [
                [null, null, null],
                [at, null, null],
                [at, at, null],
                [at, null, at],
              ])
                all.push({
                  paymentStatus,
                  fulfilmentStatus,
                  returnStatus,
                  onHoldReason,
                  placedAt,
                  cancelledAt,
                  closedAt,
                });
      const list = all.map((facets, index) => ({ ...facets, id: newId(), number: String(index) }));
      await rows(
        `insert into orders.orders (tenant_id, id, number, channel, currency, subtotal, discount_total, shipping_total, tax_total,
           total, payment_status, fulfilment_status, return_status, on_hold_reason, placed_at, cancelled_at, closed_at, created_at, updated_at)
         select $1, x.id, x.number, 'import', 'EUR', 0, 0, 0, 0, 0, x."paymentStatus", x."fulfilmentStatus", x."returnStatus",
           x."onHoldReason", x."placedAt", x."cancelledAt", x."closedAt", now(), now()
         from json_to_recordset($2::json) as x(id uuid, number text, "paymentStatus" text, "fulfilmentStatus" text,
           "returnStatus" text, "onHoldReason" text, "placedAt" timestamptz, "cancelledAt" timestamptz, "closedAt" timestamptz)`,
        [tenant, JSON.stringify(list)],
      );
      const found = await rows<{ number: string; status: string }>('select number, status from orders.orders');
      expect(found).toHaveLength(all.length);
      for (const { number, status } of found)
        expect(`${number} ${status}`).toBe(`${number} ${deriveStatus(all[+number])}`);
    });

    it('is kept by the database against code that forgets it', async () => {
      await product('A');
      const { order } = await checkout(await cart(['A', 1]));
      await expect(
        rows(`update orders.orders set payment_status = 'pending' where id = $1`, [order.id]),
      ).rejects.toMatchObject({ code: '23514' });
    });
  });

  describe('history from elsewhere', () => {
    const usd = (amount: number) => ({ amount, currency: 'USD' });
    const historical = (number: string, more: Partial<ImportedOrder> = {}): ImportedOrder => ({
      line: Number(number),
      number,
      customerId: null,
      email: null,
      customerName: 'Around the Horn',
      placedAt: '1996-07-04T00:00:00Z',
      shippedAt: '1996-07-16T00:00:00Z',
      shippingAddress: null,
      shipping: usd(3238),
      lines: [
        {
          line: 2,
          sku: '11',
          variantId: null,
          productId: null,
          productName: 'Queso',
          variantName: null,
          categoryId: null,
          categoryName: 'Dairy',
          quantity: 3,
          unitPrice: usd(333),
          discountBasisPoints: 1500,
        },
      ],
      ...more,
    });
    const take = (orders: ImportedOrder[], dryRun = false) =>
      run(() => commands.execute(new ImportOrdersCommand({ orders, dryRun })));

    it('is stored once, without event, stock or payment, and known again', async () => {
      const orders = [historical('1'), historical('2', { shippedAt: null })];
      expect(await take(orders, true)).toMatchObject({ created: 2, lines: 2 });
      expect(await rows('select id from orders.orders')).toEqual([]);
      expect(await take(orders)).toEqual({ created: 2, updated: 0, unchanged: 0, lines: 2, faults: [] });
      expect(await take(orders)).toEqual({ created: 0, updated: 0, unchanged: 2, lines: 0, faults: [] });
      expect(await take([historical('1', { shippedAt: null }), orders[1]])).toMatchObject({ updated: 1, unchanged: 1 });
      expect(await rows('select number, status, total from orders.orders order by number')).toEqual([
        { number: '1', status: 'paid', total: 3238 + 849 },
        { number: '2', status: 'paid', total: 3238 + 849 },
      ]);
      expect(await rows('select id from kernel.events')).toEqual([]);
    });

    it('refuses what is wrong by line, and takes the rest', async () => {
      const bad = historical('2', { placedAt: 'yesterday' });
      const outcome = await take([historical('1'), bad, historical('1'), historical('3', { lines: [] })]);
      expect(outcome).toMatchObject({ created: 1, lines: 1 });
      expect(outcome.faults.map((fault) => [fault.column, fault.code])).toEqual([
        ['placedAt', 'not-a-time'],
        ['number', 'duplicate'],
        ['*', 'no-lines'],
      ]);
    });

    it('is reported with each line rounded half-up, by month, year, product, customer and category', async () => {
      await take([
        historical('1'),
        historical('2', { placedAt: '1996-07-31T23:59:59Z' }),
        historical('3', { placedAt: '1996-08-01T00:00:00Z', customerName: 'Other' }),
      ]);
      const report = (groupBy: 'month' | 'category' | 'customer', to?: string) =>
        run(() => app.get(QueryBus).execute(new OrderAnalyticsQuery({ groupBy, to, limit: 100 })));
      // 3 × 3.33 × 0.85 = 8.4915 → 8.49
      expect(await report('month')).toMatchObject({
        data: [
          {
            key: '1996-07',
            label: 'July 1996',
            orders: 2,
            quantity: 6,
            gross: usd(1998),
            net: usd(1698),
            shipping: usd(6476),
          },
          { key: '1996-08', orders: 1, net: usd(849) },
        ],
        total: { orders: 3, quantity: 9, gross: usd(2997), net: usd(2547), shipping: usd(9714) },
      });
      expect((await report('month', '1996-08-01T00:00:00Z')).total.orders).toBe(2);
      expect(await report('category')).toMatchObject({
        data: [{ label: 'Dairy', orders: 3, net: usd(2547), shipping: null }],
      });
      expect((await report('customer')).data).toHaveLength(1);
    });
  });
});
