import { QueryBus } from '@nestjs/cqrs';
import { CreateProductCommand } from '../../src/commerce/catalog/commands/create-product';
import { ReceiveStockCommand } from '../../src/commerce/inventory/commands/receive-stock';
import { ListLevelsQuery, type StockLevel } from '../../src/commerce/inventory/queries/list-levels';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import {
  AddCartLineCommand,
  ChangeCartLineCommand,
  CreateCartCommand,
  RemoveCartLineCommand,
  SetCartDestinationCommand,
} from '../../src/commerce/orders/commands/change-cart';
import { ChangeOrderPolicyCommand } from '../../src/commerce/orders/commands/change-order-policy';
import { MergeCartCommand } from '../../src/commerce/orders/commands/merge-cart';
import type { CartView } from '../../src/commerce/orders/domain/cart-view';
import type { OrderPolicy } from '../../src/commerce/orders/domain/order-policy';
import { FindCartQuery } from '../../src/commerce/orders/queries/find-cart';
import { policyOf } from '../../src/kernel/auth/policy';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { runInContext } from '../../src/kernel/context/request-context';
import type { SqlUsage } from '../../src/kernel/database/sql-metrics';
import { ListQuery } from '../../src/kernel/http/pagination';
import { newId } from '../../src/kernel/ids/ids';
import { RetentionRules } from '../../src/kernel/retention/retention';
import { crossedCarts, handOvers, manyCarts, rushedCarts } from '../scenarios/cart-hold-races';
import { OrderDesk } from '../support/order-desk';
import { STOCK_FAULTS } from '../support/stock-identity';

const MINUTE = 60;
const EUR = { amount: 1000, currency: 'EUR' };

describe('stock that carts hold', () => {
  let desk: OrderDesk;
  const as = <T>(who: Principal | undefined, command: object): Promise<T> =>
    desk.run(() => desk.commands.execute(command as never), who);
  const staff = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const shown = (cartSecret: string): Promise<CartView> =>
    desk.run(() => desk.app.get(QueryBus).execute(new FindCartQuery(cartSecret)));
  const policy = (changes: Partial<OrderPolicy>) => staff<OrderPolicy>(new ChangeOrderPolicyCommand(changes));
  const put = (cartSecret: string, sku: string, quantity: number, who?: Principal) =>
    as<CartView>(who, new AddCartLineCommand({ cartSecret, sku, quantity }));
  const set = async (cartSecret: string, sku: string, quantity: number) => {
    const { id: lineId } = (await shown(cartSecret)).lines.find((line) => line.sku === sku)!;
    return as<CartView>(undefined, new ChangeCartLineCommand({ cartSecret, lineId, quantity }));
  };
  const remove = async (cartSecret: string, sku: string) => {
    const { id: lineId } = (await shown(cartSecret)).lines.find((line) => line.sku === sku)!;
    return as<CartView>(undefined, new RemoveCartLineCommand({ cartSecret, lineId }));
  };
  /** The time is so many minutes after the start; nothing that is due happens by itself. */
  const at = (minutes: number): void => clock.setOffset(minutes * MINUTE);
  /** And what is due happens. */
  const pass = async (minutes: number): Promise<void> => {
    at(minutes);
    await desk.worker.drain();
  };
  const minutesOf = ({ heldUntil }: CartView): number | null =>
    heldUntil === null
      ? null
      : Math.round((Date.parse(heldUntil) - (clock.nowMs() - clock.offsetSeconds * 1000)) / 60_000);
  const reserved = async (sku: string): Promise<number> => (await desk.stock(sku)).reserved;
  const holds = () =>
    desk.rows<{ id: string; type: string; state: string; quantity: number }>(
      `select r.id, r.reference_type as type, r.state, sum(x.quantity)::int as quantity from inventory.inventory_reservations r
       join inventory.reservation_lines x on x.reservation_id = r.id group by r.id, r.reference_type, r.state order by r.id`,
    );
  const outOfStock = (...skus: object[]) => ({ code: 'inventory.out-of-stock', status: 409, data: { skus } });
  const customer = (): Principal => ({
    ...GUEST,
    kind: 'user',
    userId: newId(),
    tenantId: desk.tenant,
    roles: ['customer'],
    policy: policyOf('orders:read-own'),
    email: 'cora@example.com',
  });

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(async () => {
    desk.open();
    await policy({ cartHoldMinutes: 15 });
  });
  afterEach(async () => {
    clock.setOffset(0);
    expect(await desk.rows(STOCK_FAULTS)).toEqual([]);
  });

  it('is nothing in a shop that did not ask for it', async () => {
    expect(await policy({ cartHoldMinutes: 0 })).toMatchObject({ cartHoldMinutes: null });
    await desk.product('A', 1000, 1);
    const [first, second] = [await desk.cart(['A', 1]), await desk.cart(['A', 1])];
    expect(await shown(first)).toMatchObject({ heldUntil: null, holdLapsed: false, lines: [{ held: false }] });
    expect(await holds()).toEqual([]);
    await desk.checkout(second);
    await expect(desk.checkout(first)).rejects.toMatchObject({ code: 'inventory.out-of-stock' });
  });

  it('is held for the minutes of the policy, shown, counted as reserved, and let go when they are over', async () => {
    await desk.product('A', 1000, 5);
    const cart = await desk.cart(['A', 2]);
    const view = await shown(cart);
    expect(view).toMatchObject({ holdLapsed: false, lines: [{ quantity: 2, held: true, available: 3 }] });
    expect(minutesOf(view)).toBe(15);
    expect(await desk.stock('A')).toMatchObject({ onHand: 5, reserved: 2, available: 3 });
    const levels = await desk.asStaff(() => desk.app.get(QueryBus).execute(new ListLevelsQuery(new ListQuery())));
    expect((levels.data as StockLevel[])[0]).toMatchObject({ sku: 'A', reserved: 2, inCarts: 2, available: 3 });
    await pass(14);
    expect(await reserved('A')).toBe(2);
    await pass(16);
    expect(await reserved('A')).toBe(0);
    expect(await shown(cart)).toMatchObject({ heldUntil: view.heldUntil, holdLapsed: true, lines: [{ held: false }] });
  });

  it('is the first cart’s that asks for the last piece, and the next one’s once it lapsed, before any sweeper came', async () => {
    await desk.product('A', 1000, 1);
    const first = await desk.cart(['A', 1]);
    const second = await desk.cart();
    await expect(put(second, 'A', 1)).rejects.toMatchObject(outOfStock({ sku: 'A', requested: 1, available: 0 }));
    expect((await shown(second)).lines).toEqual([]);
    at(16);
    expect(await put(second, 'A', 1)).toMatchObject({ lines: [{ held: true }] });
    await expect(desk.checkout(first)).rejects.toMatchObject({ code: 'inventory.out-of-stock' });
    await desk.worker.drain();
    expect((await desk.checkout(second)).order.status).toBe('paid');
    expect(await reserved('A')).toBe(1);
  });

  it('follows the lines: more, fewer, none, and stays as it was where more is not to be had', async () => {
    await desk.product('A', 1000, 4);
    await desk.product('B', 1000, 4);
    const cart = await desk.cart(['A', 1], ['B', 2]);
    await set(cart, 'A', 4);
    expect([await reserved('A'), await reserved('B')]).toEqual([4, 2]);
    await expect(set(cart, 'A', 5)).rejects.toMatchObject(outOfStock({ sku: 'A', requested: 5, available: 4 }));
    await expect(put(cart, 'B', 3)).rejects.toMatchObject(outOfStock({ sku: 'B', requested: 5, available: 4 }));
    expect([await reserved('A'), await reserved('B')]).toEqual([4, 2]);
    await set(cart, 'A', 2);
    await remove(cart, 'B');
    expect([await reserved('A'), await reserved('B')]).toEqual([2, 0]);
    // What changes no line touches nothing that is held.
    const before = await holds();
    await as(
      undefined,
      new SetCartDestinationCommand({
        cartSecret: cart,
        destination: { country: 'PT', region: null, postalCode: null },
      }),
    );
    expect(await holds()).toEqual(before);
    expect(await remove(cart, 'A')).toMatchObject({ lines: [], heldUntil: null, holdLapsed: false });
    expect(await reserved('A')).toBe(0);
  });

  it('lets anybody take things out and put others in, though something is gone meanwhile', async () => {
    for (const sku of ['A', 'B', 'C']) await desk.product(sku, 1000, 3);
    const cart = await desk.cart(['A', 2], ['B', 2]);
    at(16);
    await desk.checkout(await desk.cart(['A', 3]));
    const view = await put(cart, 'C', 1);
    expect(view.lines.map(({ sku, held }) => [sku, held])).toEqual([
      ['A', false],
      ['B', true],
      ['C', true],
    ]);
    await expect(desk.checkout(cart)).rejects.toMatchObject({ code: 'inventory.out-of-stock' });
    expect((await set(cart, 'A', 1)).lines.map(({ held }) => held)).toEqual([false, true, true]);
    await expect(set(cart, 'A', 2)).rejects.toMatchObject(outOfStock({ sku: 'A', requested: 2, available: 0 }));
    expect((await remove(cart, 'A')).lines.map(({ held }) => held)).toEqual([true, true]);
    expect((await desk.checkout(cart)).order.status).toBe('paid');
    expect([await reserved('B'), await reserved('C')]).toEqual([2, 1]);
  });

  it('goes over to the order as it is: no level is touched, and the time of the cart ends nothing', async () => {
    await desk.product('A', 1000, 3);
    const cart = await desk.cart(['A', 2]);
    const [held] = await holds();
    const version = async () => (await desk.rows<{ version: number }>('select version from inventory.stock_levels'))[0];
    const before = await version();
    const { order } = await desk.checkout(cart, 'requires_action');
    expect(await holds()).toEqual([{ ...held, type: 'order' }]);
    expect(await version()).toEqual(before);
    expect(await shown(cart)).toMatchObject({ orderId: order.id, heldUntil: null, lines: [{ held: false }] });
    // The cart's fifteen minutes are over, the order's thirty are not.
    await pass(16);
    expect(await reserved('A')).toBe(2);
    await pass(31);
    expect((await desk.find(order.id)).status).toBe('cancelled');
    expect(await reserved('A')).toBe(0);
  });

  it('costs a checkout no more than a stock that nobody holds', async () => {
    await desk.product('A', 1000, 30);
    await desk.product('B', 1000, 30);
    const costs = async (cart: string) => {
      const sql: SqlUsage = { trips: 0, statements: 0, commits: 0, milliseconds: 0 };
      await runInContext({ sql }, () => desk.checkout(cart));
      return { trips: sql.trips, statements: sql.statements, commits: sql.commits };
    };
    const carts: string[] = [];
    for (const cartHoldMinutes of [null, null, 15, 15]) {
      await policy({ cartHoldMinutes });
      carts.push(await desk.cart(['A', 1], ['B', 2]));
    }
    // The first of each warms what is kept.
    const [, without, , held] = [
      await costs(carts[0]),
      await costs(carts[1]),
      await costs(carts[2]),
      await costs(carts[3]),
    ];
    expect(held.trips).toBeLessThanOrEqual(without.trips);
    expect(held.statements).toBeLessThanOrEqual(without.statements);
    expect(held.commits).toBe(without.commits);
    expect(without.statements).toBeLessThanOrEqual(25);
  });

  it('is promised with the payment, and given back with the cancellation', async () => {
    await desk.product('A', 1000, 3);
    const { order } = await desk.checkout(await desk.cart(['A', 2]));
    expect(await holds()).toMatchObject([{ type: 'order', state: 'committed', quantity: 2 }]);
    await pass(60);
    expect(await reserved('A')).toBe(2);
    await staff(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    expect(await desk.stock('A')).toMatchObject({ reserved: 0, available: 3 });
  });

  it('stays the cart’s where the checkout is refused for something else', async () => {
    await desk.product('A', 1000, 1);
    const cart = await desk.cart(['A', 1]);
    const before = await holds();
    await expect(desk.checkout(cart, 'success', { expectedTotal: EUR, priceHash: 'other' })).rejects.toMatchObject({
      code: 'orders.price-changed',
    });
    expect(await holds()).toEqual(before);
    expect(await shown(cart)).toMatchObject({ lines: [{ held: true }] });
  });

  it('is tried anew by the checkout after it lapsed, whether a sweeper came or not', async () => {
    await desk.product('A', 1000, 2);
    const [one, other] = [await desk.cart(['A', 1]), await desk.cart(['A', 1])];
    at(16);
    expect((await desk.checkout(one)).order.status).toBe('paid');
    await desk.worker.drain();
    expect((await desk.checkout(other)).order.status).toBe('paid');
    expect(await desk.stock('A')).toMatchObject({ reserved: 2, available: 0 });
  });

  it('is not held for ever, however often a cart is changed: three times the minutes, then a pause', async () => {
    await desk.product('A', 1000, 100);
    const cart = await desk.cart(['A', 1]);
    const until: (number | null)[] = [];
    for (const minute of [10, 20, 30, 40]) {
      at(minute);
      until.push(minutesOf(await put(cart, 'A', 1)));
    }
    expect(until).toEqual([25, 35, 45, 45]);
    // Taking everything out and putting it in again begins nothing anew.
    await remove(cart, 'A');
    expect(minutesOf(await put(cart, 'A', 5))).toBe(45);
    await pass(46);
    expect(await put(cart, 'A', 1)).toMatchObject({ holdLapsed: true, lines: [{ quantity: 6, held: false }] });
    expect(await reserved('A')).toBe(0);
    at(59);
    expect(await put(cart, 'A', 1)).toMatchObject({ lines: [{ held: false }] });
    at(61);
    expect(minutesOf(await put(cart, 'A', 1))).toBe(76);
    expect(await reserved('A')).toBe(8);
  });

  it('holds on for who comes back a while after it lapsed', async () => {
    await desk.product('A', 1000, 100);
    const cart = await desk.cart(['A', 1]);
    await pass(20);
    expect(minutesOf(await put(cart, 'A', 1))).toBe(35);
    expect(await reserved('A')).toBe(2);
  });

  it('comes together where a guest’s cart is brought to a login, and is counted once', async () => {
    for (const sku of ['A', 'B', 'C']) await desk.product(sku, 1000, 5);
    const cora = customer();
    await policy({ cartMerge: 'sum' });
    const own = await as<CartView>(cora, new CreateCartCommand());
    await put(own.id, 'A', 2, cora);
    await put(own.id, 'B', 1, cora);
    const guests = await desk.cart(['A', 3], ['C', 1]);
    const merged = await as<CartView>(cora, new MergeCartCommand({ cartSecret: guests }));
    expect(merged.lines.map(({ sku, quantity, held }) => [sku, quantity, held])).toEqual([
      ['A', 5, true],
      ['B', 1, true],
      ['C', 1, true],
    ]);
    expect(await Promise.all(['A', 'B', 'C'].map(reserved))).toEqual([5, 1, 1]);
    expect((await holds()).filter(({ state }) => state === 'active')).toMatchObject([{ type: 'cart', quantity: 7 }]);
    await desk.checkout(merged.id, 'success', { email: 'cora@example.com' }, cora);
    expect(await Promise.all(['A', 'B', 'C'].map(reserved))).toEqual([5, 1, 1]);
  });

  it('refuses nobody who signs in: what is not to be had for both carts is not held', async () => {
    for (const sku of ['A', 'B']) await desk.product(sku, 1000, 2);
    const cora = customer();
    await policy({ cartMerge: 'sum' });
    const own = await as<CartView>(cora, new CreateCartCommand());
    await put(own.id, 'A', 1, cora);
    at(16);
    await desk.checkout(await desk.cart(['A', 1]));
    const guests = await desk.cart(['A', 1], ['B', 1]);
    const merged = await as<CartView>(cora, new MergeCartCommand({ cartSecret: guests }));
    expect(merged.lines.map(({ sku, quantity, held }) => [sku, quantity, held])).toEqual([
      ['A', 2, false],
      ['B', 1, true],
    ]);
    expect(await reserved('B')).toBe(1);
  });

  it('becomes the customer’s with the cart where they have none', async () => {
    await desk.product('A', 1000, 2);
    const guests = await desk.cart(['A', 2]);
    const before = await holds();
    const merged = await as<CartView>(customer(), new MergeCartCommand({ cartSecret: guests }));
    expect(merged).toMatchObject({ holdLapsed: false, lines: [{ held: true }] });
    expect(await holds()).toEqual(before);
  });

  it('is the parts of a bundle, each once', async () => {
    await desk.product('A', 1000, 5);
    await desk.product('B', 1000, 5);
    const components = [
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: 1 },
    ];
    await staff(new CreateProductCommand({ name: 'Set', variants: [{ sku: 'SET', price: EUR, components }] }));
    const cart = await desk.cart(['SET', 2], ['A', 1]);
    expect([await reserved('A'), await reserved('B')]).toEqual([5, 2]);
    await expect(put(cart, 'SET', 1)).rejects.toMatchObject(outOfStock({ sku: 'A', requested: 7, available: 5 }));
    const before = await holds();
    await desk.checkout(cart, 'requires_action');
    expect(await holds()).toEqual(before.map((hold) => (hold.state === 'active' ? { ...hold, type: 'order' } : hold)));
    expect([await reserved('A'), await reserved('B')]).toEqual([5, 2]);
  });

  it('may be promised beyond the stock, keeps its place with the order, and tells nobody while it is a cart’s', async () => {
    await staff(
      new CreateProductCommand({ name: 'Soon', variants: [{ sku: 'A', price: EUR, backorder: 'backorder' }] }),
    );
    await staff(new ReceiveStockCommand({ lines: [{ sku: 'A', quantity: 1 }] }));
    const cart = await desk.cart(['A', 3]);
    const later = (await desk.checkout(await desk.cart(['A', 1]))).order;
    expect(later.lines[0].backordered).toBe(1);
    const told = () =>
      desk.rows<{ id: string }>(
        `select aggregate_id as id from kernel.events where type = 'inventory.backorders-allocated.v1'`,
      );
    await staff(new ReceiveStockCommand({ lines: [{ sku: 'A', quantity: 1 }] }));
    await desk.worker.drain();
    expect(await told()).toEqual([]);
    expect(await desk.stock('A')).toMatchObject({ onHand: 2, reserved: 4, backordered: 2 });
    const { order } = await desk.checkout(cart);
    expect(order.lines[0].backordered).toBe(1);
    await staff(new ReceiveStockCommand({ lines: [{ sku: 'A', quantity: 1 }] }));
    await desk.worker.drain();
    expect(await told()).toEqual([{ id: order.id }]);
    expect((await desk.find(later.id)).lines[0].backordered).toBe(1);
  });

  it('ends with the next change in a shop that holds no more, and the checkout takes it until then', async () => {
    await desk.product('A', 1000, 5);
    const [one, other] = [await desk.cart(['A', 1]), await desk.cart(['A', 1])];
    await policy({ cartHoldMinutes: null });
    expect(await put(one, 'A', 1)).toMatchObject({ heldUntil: null, lines: [{ held: false }] });
    expect(await reserved('A')).toBe(1);
    await desk.checkout(other);
    expect(await desk.stock('A')).toMatchObject({ reserved: 1, available: 4 });
  });

  it('is forgotten a week after it is over, with its lines; what an order had is kept', async () => {
    await desk.product('A', 1000, 5);
    const ordered = await desk.cart(['A', 1]);
    const lapsing = await desk.cart(['A', 1], ['A', 1]);
    const { order } = await desk.checkout(ordered);
    await staff(new CancelOrderCommand({ orderId: order.id, reason: 'staff' }));
    await pass(16);
    const open = await desk.cart(['A', 2]);
    const types = async () => (await holds()).map(({ type, state }) => [type, state]);
    expect(await types()).toHaveLength(4);
    await desk.app.get(RetentionRules).apply('inventory.cart-holds');
    expect(await types()).toHaveLength(4);
    at(8 * 24 * 60);
    await desk.app.get(RetentionRules).apply('inventory.cart-holds');
    expect(await types()).toEqual([
      ['order', 'released'],
      ['cart', 'active'],
    ]);
    expect(await shown(lapsing)).toMatchObject({ holdLapsed: true });
    // One that nobody let go yet is let go in its turn.
    await desk.worker.drain();
    expect(await reserved('A')).toBe(0);
    expect((await desk.checkout(open)).order.status).toBe('paid');
  });

  it('is taken by as many of forty carts as there are pieces, and each of these becomes an order', async () => {
    const result = await rushedCarts(desk, { buyers: 40, units: 5 });
    expect(result).toEqual({ ordered: 5, refused: 35, other: [], reserved: 5, faults: [] });
  });

  it('is held without a deadlock by carts that change crosswise', async () => {
    expect(await crossedCarts(desk, 24)).toEqual({ failed: [], reserved: 24 * 3, retries: 0, faults: [] });
  });

  it('goes to the order, or to another buyer after it lapsed, never to both, while the sweeper is at work', async () => {
    const result = await handOvers(desk, 24);
    expect(result).toEqual({ both: 0, neither: 0, other: [], faults: [] });
  });
});

describe('stock that carts of one shopper hold', () => {
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = await OrderDesk.start({ MAINSTAY_UNPAID_ORDERS_LIMIT: '2' });
  });
  afterAll(() => desk?.app.close());
  beforeEach(async () => {
    desk.open();
    desk.ip = '192.0.2.1';
    await desk.asStaff(() => desk.commands.execute(new ChangeOrderPolicyCommand({ cartHoldMinutes: 15 })));
    await desk.product('A', 1000, 50);
  });
  afterEach(async () => {
    clock.setOffset(0);
    expect(await desk.rows(STOCK_FAULTS)).toEqual([]);
  });
  const held = async (cart: string): Promise<boolean> =>
    (await desk.run(() => desk.app.get(QueryBus).execute(new FindCartQuery(cart)))).lines[0].held;
  const more = (cartSecret: string) =>
    desk.run(() => desk.commands.execute(new AddCartLineCommand({ cartSecret, sku: 'A', quantity: 1 })));

  it('is that of as many carts as unpaid orders may hold for them; further ones are carts without a hold', async () => {
    const [first, second, third] = [await desk.cart(['A', 1]), await desk.cart(['A', 1]), await desk.cart(['A', 1])];
    expect([await held(first), await held(second), await held(third)]).toEqual([true, true, false]);
    expect((await desk.stock('A')).reserved).toBe(2);
    // Those that hold go on; somebody else is counted alone, and staff not at all.
    expect((await more(first)).lines[0].held).toBe(true);
    desk.ip = '192.0.2.2';
    expect(await held(await desk.cart(['A', 1]))).toBe(true);
    desk.ip = '192.0.2.1';
    // What is ordered holds for its order, and makes room.
    await desk.checkout(second);
    expect((await more(third)).lines[0].held).toBe(true);
    clock.setOffset(16 * MINUTE);
    expect(await held(await desk.cart(['A', 1]))).toBe(true);
  });

  it('is counted exactly, however many carts begin at once', async () => {
    expect(await manyCarts(desk, 12)).toEqual({ held: 2, reserved: 2 });
  });
});
