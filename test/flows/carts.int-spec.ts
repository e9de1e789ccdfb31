import { QueryBus } from '@nestjs/cqrs';
import { CreatePriceListCommand, SetListPricesCommand } from '../../src/commerce/catalog/commands/price-lists';
import {
  ChangeGroupMemberCommand,
  CreateCustomerGroupCommand,
} from '../../src/commerce/customers/commands/customer-groups';
import { EnsureCustomerCommand } from '../../src/commerce/customers/contracts/ensure-customer';
import { AvailabilityQuery } from '../../src/commerce/inventory/contracts/availability';
import { AddCartCouponCommand } from '../../src/commerce/orders/commands/cart-coupons';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import { ChangeOrderPolicyCommand } from '../../src/commerce/orders/commands/change-order-policy';
import {
  AddCartLineCommand,
  CreateCartCommand,
  SetCartCurrencyCommand,
} from '../../src/commerce/orders/commands/change-cart';
import { CreateCouponCommand } from '../../src/commerce/orders/commands/manage-coupons';
import { MergeCartCommand } from '../../src/commerce/orders/commands/merge-cart';
import type { CartView } from '../../src/commerce/orders/domain/cart-view';
import { FindCartQuery } from '../../src/commerce/orders/queries/find-cart';
import { ListOrdersQuery } from '../../src/commerce/orders/queries/list-orders';
import { OwnCartQuery } from '../../src/commerce/orders/queries/own-cart';
import {
  CohortsQuery,
  FunnelQuery,
  SalesByDayQuery,
  type Cohort,
} from '../../src/commerce/orders/queries/sales-reports';
import { policyOf } from '../../src/kernel/auth/policy';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import type { Money } from '../../src/kernel/money/money';
import { newId } from '../../src/kernel/ids/ids';
import { COUPON } from '../scenarios/coupon-races';
import { ADDRESS, OrderDesk } from '../support/order-desk';

describe('carts', () => {
  let desk: OrderDesk;
  let cora: Principal;
  const refused = (code: string) => expect.objectContaining({ code });
  const as = <T>(who: Principal | undefined, command: object): Promise<T> =>
    desk.run(() => desk.commands.execute(command as never), who);
  const ask = <T>(who: Principal | undefined, query: object): Promise<T> =>
    desk.run(() => desk.app.get(QueryBus).execute(query as never), who);
  /** A customer of the shop, signed in. */
  const customer = (): Principal => ({
    ...GUEST,
    kind: 'user',
    userId: newId(),
    tenantId: desk.tenant,
    roles: ['customer'],
    policy: policyOf('orders:read-own'),
    email: 'cora@example.com',
  });
  const fill = async (who: Principal | undefined, ...lines: [sku: string, quantity: number][]): Promise<string> => {
    const { id } = await as<CartView>(who, new CreateCartCommand());
    for (const [sku, quantity] of lines) await as(who, new AddCartLineCommand({ cartSecret: id, sku, quantity }));
    return id;
  };
  const merge = (who: Principal | undefined, cartSecret: string) =>
    as<CartView>(who, new MergeCartCommand({ cartSecret }));
  const contents = ({ lines }: CartView) =>
    Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity]).sort());

  beforeAll(async () => {
    desk = await OrderDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(async () => {
    desk.open();
    cora = customer();
    for (const sku of ['A', 'B', 'C']) await desk.product(sku);
  });

  describe('at the login', () => {
    it.each([
      ['sum', { A: 5, B: 1, C: 1 }],
      ['highest', { A: 3, B: 1, C: 1 }],
      ['guest', { A: 2, B: 1, C: 1 }],
    ] as const)("take the guest's in: %s", async (cartMerge, expected) => {
      await desk.asStaff(() => desk.commands.execute(new ChangeOrderPolicyCommand({ cartMerge })));
      const own = await fill(cora, ['A', 3], ['B', 1]);
      const guests = await fill(undefined, ['A', 2], ['C', 1]);
      const merged = await merge(cora, guests);
      expect(contents(merged)).toEqual(expected);
      // Once, however often it is asked for; the guest's cart is gone, the customer's old name still opens theirs.
      expect(await merge(cora, guests)).toEqual(merged);
      await expect(ask(undefined, new FindCartQuery(guests))).rejects.toThrow(refused('orders.cart-not-found'));
      expect(contents(await ask(cora, new FindCartQuery(own)))).toEqual(expected);
      expect(await ask(cora, new OwnCartQuery())).toEqual(merged);
    });

    it("become the customer's where there is none, and are opened by their id to nobody else", async () => {
      await expect(merge(undefined, await fill(undefined))).rejects.toThrow(refused('orders.login-needed'));
      const { id } = await merge(cora, await fill(undefined, ['A', 2]));
      expect(contents(await ask(cora, new OwnCartQuery()))).toEqual({ A: 2 });
      for (const who of [undefined, customer()]) {
        await expect(ask(who, new FindCartQuery(id))).rejects.toThrow(refused('orders.cart-not-found'));
        await expect(merge(who ?? customer(), id)).rejects.toThrow(refused('orders.cart-not-found'));
      }
      const { order, accessToken } = await desk.checkout(id, 'success', { email: 'cora@example.com' }, cora);
      expect(order.status).toBe('paid');
      expect(accessToken).toBeUndefined();
      await expect(ask(cora, new OwnCartQuery())).rejects.toThrow(refused('orders.cart-not-found'));
    });

    it('meet in one cart, whoever brings which at once', async () => {
      const guests = await Promise.all(['A', 'B', 'C'].map((sku) => fill(undefined, [sku, 1])));
      await Promise.all([...guests, ...guests].map((cart) => merge(cora, cart)));
      expect(contents(await ask(cora, new OwnCartQuery()))).toEqual({ A: 1, B: 1, C: 1 });
      const open = await desk.rows('select 1 from orders.carts where user_id is not null and merged_into is null');
      expect(open).toHaveLength(1);
    });

    it("leave others' carts and ordered ones alone", async () => {
      const theirs = await fill(customer(), ['A', 1]);
      await expect(merge(cora, theirs)).rejects.toThrow(refused('orders.cart-not-found'));
      const ordered = await fill(undefined, ['A', 1]);
      await desk.checkout(ordered);
      await expect(merge(cora, ordered)).rejects.toThrow(refused('orders.cart-already-ordered'));
    });
  });

  it('show what is here of each line, asked for once for all of them', async () => {
    await desk.checkout(await desk.cart(['A', 30]));
    const { id } = await as<CartView>(undefined, new CreateCartCommand());
    await as(undefined, new AddCartLineCommand({ cartSecret: id, sku: 'A', quantity: 1 }));
    const shown = await as<CartView>(undefined, new AddCartLineCommand({ cartSecret: id, sku: 'B', quantity: 2 }));
    const pieces = ({ lines }: CartView) => lines.map(({ sku, available }) => [sku, available]);
    expect(pieces(shown)).toEqual([
      ['A', 70],
      ['B', 100],
    ]);
    const asked = jest.spyOn(desk.app.get(QueryBus), 'execute');
    const read = await desk.run<CartView>(() => desk.app.get(QueryBus).execute(new FindCartQuery(id)));
    expect(pieces(read)).toEqual(pieces(shown));
    expect(asked.mock.calls.filter(([query]) => query instanceof AvailabilityQuery)).toHaveLength(1);
    asked.mockRestore();
    // A line holds a million pieces, with what is in the cart.
    const add = (quantity: number) => as(undefined, new AddCartLineCommand({ cartSecret: id, sku: 'A', quantity }));
    await add(999_999);
    await expect(add(1)).rejects.toThrow(refused('orders.quantity-too-large'));
  });

  it('are priced in the currency that was chosen, and sell nothing that has no price in it', async () => {
    await desk.asStaff(async () => {
      const list = await desk.commands.execute(new CreatePriceListCommand({ name: 'Dollars', currency: 'USD' }));
      await desk.commands.execute(new SetListPricesCommand(list.id, [{ sku: 'A', minQuantity: 1, amount: 1200 }]));
    });
    const { id } = await as<CartView>(undefined, new CreateCartCommand('USD'));
    const shown = await as<CartView>(undefined, new AddCartLineCommand({ cartSecret: id, sku: 'A', quantity: 2 }));
    expect(shown).toMatchObject({ currency: 'USD', total: { amount: 2400, currency: 'USD' } });
    await expect(as(undefined, new AddCartLineCommand({ cartSecret: id, sku: 'B', quantity: 1 }))).rejects.toThrow(
      refused('orders.no-price-in-currency'),
    );
    const own = await as<CartView>(undefined, new SetCartCurrencyCommand({ cartSecret: id, currency: null }));
    expect(own.total).toEqual({ amount: 2000, currency: 'EUR' });
    const yen = await as<CartView>(undefined, new SetCartCurrencyCommand({ cartSecret: id, currency: 'JPY' }));
    expect(yen).toMatchObject({ total: null, lines: [{ forSale: false }] });
    await expect(desk.checkout(id)).rejects.toThrow(refused('orders.not-for-sale'));
  });

  it('take coupons for a group from its members alone', async () => {
    const coupon = (groupId: string) =>
      new CreateCouponCommand({ ...COUPON, code: 'VIP', customerGroupIds: [groupId] });
    await expect(as(undefined, coupon(newId()))).rejects.toThrow(refused('orders.coupon-invalid'));
    const group = await as<{ id: string }>(undefined, new CreateCustomerGroupCommand({ name: 'VIP' }));
    await as(undefined, coupon(group.id));
    const cart = await fill(undefined, ['A', 1]);
    const enter = (who?: Principal) => as<CartView>(who, new AddCartCouponCommand({ cartSecret: cart, code: 'vip' }));
    await expect(enter()).rejects.toThrow(refused('orders.coupon-refused'));
    await expect(enter(cora)).rejects.toThrow(refused('orders.coupon-refused'));
    const { id } = await as<{ id: string }>(
      undefined,
      new EnsureCustomerCommand({ email: 'cora@example.com', name: 'Cora', userId: cora.userId }),
    );
    await as(undefined, new ChangeGroupMemberCommand(group.id, id, true));
    expect((await enter(cora)).total).toMatchObject({ amount: 0 });
    // The member's coupon is worth nothing to who is signed out again.
    expect((await ask<CartView>(undefined, new FindCartQuery(cart))).total).toMatchObject({ amount: 1000 });
  });

  it('go nowhere that cannot be delivered to', async () => {
    const cart = await fill(undefined, ['A', 1]);
    const to = (more: object) => desk.checkout(cart, 'success', { shippingAddress: { ...ADDRESS, ...more } });
    await expect(to({ postalCode: '4000' })).rejects.toMatchObject({
      code: 'orders.address-invalid',
      data: { errors: [{ pointer: '/shippingAddress/postalCode', code: 'postal-code-invalid' }] },
    });
    await expect(to({ country: 'DE', postalCode: null })).rejects.toThrow(refused('orders.address-invalid'));
    expect((await to({ country: 'HK', postalCode: null })).order.status).toBe('paid');
    // No country needs its state or province said.
    const states = { US: '94105', CA: 'K1A 0B1', AU: '2000', BR: '01310-100', IN: '110001', MX: '06000' };
    for (const [country, postalCode] of Object.entries(states)) {
      const { order } = await desk.checkout(await fill(undefined, ['A', 1]), 'success', {
        shippingAddress: { name: 'Sasha', line1: 'Quay 7', city: 'Town', postalCode, country },
      });
      expect(order.status).toBe('paid');
    }
  });

  describe('and what became of them', () => {
    type Report = { data: { day: string; channel: string; orders: number; total: Money }[]; total: { total: Money } };
    const at = (month: number, day = 1): string => `2026-0${month}-${String(day).padStart(2, '0')}T12:00:00Z`;
    /** Paid orders of these customers, by the moment at which they were placed. */
    const sold = async (...orders: [customerId: string, placedAt: string][]): Promise<void> => {
      for (const [customerId, placedAt] of orders) {
        const { order } = await desk.checkout(await desk.cart(['A', 1], ['B', 2]));
        await desk.rows(`update orders.orders set customer_id = $2, placed_at = $3 where id = $1`, [
          order.id,
          customerId,
          placedAt,
        ]);
      }
    };

    it('is told by day and channel as a recount tells it', async () => {
      const [x, y] = [newId(), newId()];
      await sold([x, at(1)], [y, at(1)], [x, '2026-01-02T00:00:00Z'], [x, '2026-01-31T23:59:59Z'], [y, at(2)]);
      const back = await desk.checkout(await desk.cart(['A', 1]));
      await desk.asStaff(() =>
        desk.commands.execute(new CancelOrderCommand({ orderId: back.order.id, reason: 'staff' })),
      );
      const month = await ask<Report>(undefined, new SalesByDayQuery({ from: '2026-01-01', to: '2026-02-01' }));
      expect(month.data.map(({ day, channel, orders }) => [day, channel, orders])).toEqual([
        ['2026-01-01', 'web', 2],
        ['2026-01-02', 'web', 1],
        ['2026-01-31', 'web', 1],
      ]);
      const all = await ask<Report>(undefined, new SalesByDayQuery({ from: '2026-01-01' }));
      const [recount] = await desk.rows<{ total: number }>(
        `select sum(total)::float8 as total from orders.orders where payment_status = 'paid' and cancelled_at is null`,
      );
      expect(all.total.total).toEqual({ amount: recount.total, currency: 'EUR' });
    });

    it('is told of customers by the month of their first order', async () => {
      const [x, y, z] = [newId(), newId(), newId()];
      await sold([x, at(1)], [y, at(1)], [x, at(2)], [x, at(2, 9)], [z, at(2)], [y, at(4)]);
      const cohorts = await ask<Cohort[]>(undefined, new CohortsQuery({ from: '2026-01-15', to: '2026-03-01' }));
      const short = cohorts.map(({ month, customers, periods }) => [
        month,
        customers,
        periods.map(({ monthsLater, customers: came, orders, revenue }) => [
          monthsLater,
          came,
          orders,
          revenue[0].amount,
        ]),
      ]);
      expect(short).toEqual([
        [
          '2026-01',
          2,
          [
            [0, 2, 2, 6000],
            [1, 1, 2, 6000],
            [3, 1, 1, 3000],
          ],
        ],
        ['2026-02', 1, [[0, 1, 1, 3000]]],
      ]);
    });

    it('is told from the cart to the payment', async () => {
      await desk.cart();
      await desk.cart(['A', 1]);
      await desk.checkout(await desk.cart(['A', 1]), 'declined');
      await desk.checkout(await desk.cart(['A', 1]));
      await merge(cora, await fill(undefined, ['A', 1]));
      await merge(cora, await fill(undefined, ['B', 1]));
      const funnel = { carts: 5, filled: 4, checkedOut: 2, paid: 1, checkoutRate: 5000, paidRate: 2500 };
      expect(await ask(undefined, new FunnelQuery({}))).toMatchObject(funnel);
      expect(await ask(undefined, new FunnelQuery({ from: '2020-01-01T00:00:00Z' }))).toMatchObject(funnel);
    });

    it('is found by every filter of the list, page by page', async () => {
      const [x, y] = [newId(), newId()];
      await sold([x, at(1)], [y, at(2)], [y, at(3)]);
      const { order } = await desk.checkout(await desk.cart(['C', 9]), 'declined', { email: 'odd_one%@example.com' });
      await desk.rows(`update orders.orders set placed_at = $1 where id = $2`, [at(4), order.id]);
      const list = (query: object) =>
        ask<{ data: { placedAt: string }[]; page: { nextCursor: string | null } }>(
          undefined,
          new ListOrdersQuery({ limit: 20, ...query } as never, null),
        );
      const months = async (query: object) => (await list(query)).data.map(({ placedAt }) => +placedAt.slice(5, 7));
      expect(await months({ paymentStatus: ['pending'] })).toEqual([4]);
      expect(await months({ status: ['paid', 'pending_payment'] })).toEqual([4, 3, 2, 1]);
      expect(await months({ fulfilmentStatus: ['none'], channel: ['web'], currency: 'EUR' })).toEqual([4, 3, 2, 1]);
      expect(await months({ sku: 'C' })).toEqual([4]);
      expect(await months({ sku: 'B', customerId: [y] })).toEqual([3, 2]);
      expect(await months({ q: 'ODD_ONE%' })).toEqual([4]);
      expect(await months({ q: 'odd%ample' })).toEqual([]);
      expect(await months({ q: order.number })).toEqual([4]);
      expect(await months({ total: { gte: 9000 } })).toEqual([4]);
      expect(await months({ placedAt: { gte: at(2), lt: at(4) } })).toEqual([3, 2]);
      const first = await list({ limit: 2, sort: '-total' });
      const rest = await list({ limit: 2, sort: '-total', cursor: first.page.nextCursor });
      expect(new Set([...first.data, ...rest.data].map(({ placedAt }) => placedAt)).size).toBe(4);
      expect(rest.page.nextCursor).toBeNull();
    });
  });
});
