import { QueryBus } from '@nestjs/cqrs';
import { AddCartCouponCommand, RemoveCartCouponCommand } from '../../src/commerce/orders/commands/cart-coupons';
import { AddCartLineCommand, CreateCartCommand } from '../../src/commerce/orders/commands/change-cart';
import { CancelOrderCommand } from '../../src/commerce/orders/commands/cancel-order';
import {
  ChangeCouponCommand,
  CreateCouponCommand,
  type CouponChange,
} from '../../src/commerce/orders/commands/manage-coupons';
import type { CouponTerms } from '../../src/commerce/orders/domain/coupon-rules';
import { FindCartQuery } from '../../src/commerce/orders/queries/find-cart';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import { policyOf } from '../../src/kernel/auth/policy';
import { clock } from '../../src/kernel/clock/clock';
import { newId } from '../../src/kernel/ids/ids';
import { COUPON, expectUsed, raceCoupon, twoDesks } from '../scenarios/coupon-races';
import { lookedUp, type OrderDesk } from '../support/order-desk';

const eur = (amount: number) => ({ amount, currency: 'EUR' });

describe('coupons', () => {
  let desks: OrderDesk[];
  let desk: OrderDesk;
  const make = (terms: Partial<CouponTerms>) =>
    desk.asStaff(() => desk.commands.execute(new CreateCouponCommand({ ...COUPON, ...terms })));
  const change = (id: string, terms: CouponChange, version: number | null = null) =>
    desk.asStaff(() => desk.commands.execute(new ChangeCouponCommand(id, terms, version)));
  const enter = (cartSecret: string, code: string) =>
    desk.run(() => desk.commands.execute(new AddCartCouponCommand({ cartSecret, code })));
  const used = async (): Promise<number[]> =>
    (await desk.rows<{ used: number }>('select used from orders.coupons order by id')).map((row) => row.used);

  beforeAll(async () => {
    desks = await twoDesks();
    desk = desks[0];
  });
  afterAll(() => Promise.all(desks.map((each) => each.app.close())));
  beforeEach(() => desk.open());
  afterEach(() => clock.setOffset(0));

  it('with ten uses are used ten times by a hundred shoppers of two processes', async () => {
    expectUsed(await raceCoupon(desks, { usageLimit: 10 }, 100, (index) => `s${index}@example.com`), 10, 100);
  }, 60_000);

  it('for each customer once are used once by a customer in ten places', async () => {
    expectUsed(await raceCoupon(desks, { customerLimit: 1 }, 10, () => 'sasha@example.com'), 1, 10);
  });

  it('take their part off the lines, in cart and order, and are counted until the order is cancelled', async () => {
    await desk.product('A', 999);
    await desk.product('B', 500);
    const coupon = await make({ name: 'Ten off', code: 'ten', basisPoints: 1000, usageLimit: 1 });
    expect(coupon).toMatchObject({ code: 'TEN', used: 0, version: 1 });
    const cart = await desk.cart(['A', 1], ['B', 1]);
    const shown = await enter(cart, ' ten ');
    expect(shown).toMatchObject({
      coupons: [{ id: coupon.id, code: 'TEN', discount: eur(150), reason: null }],
      lines: [
        { discount: eur(100), total: eur(899) },
        { discount: eur(50), total: eur(450) },
      ],
      subtotal: eur(1499),
      discountTotal: eur(150),
      total: eur(1349),
    });
    expect(await enter(cart, 'TEN')).toEqual({ ...shown, expiresAt: expect.any(String) as string });
    const second = await desk.cart(['A', 1]);
    await enter(second, 'TEN');
    const { order } = await desk.checkout(cart);
    expect(order).toMatchObject({
      discountTotal: eur(150),
      total: eur(1349),
      discounts: [{ couponId: coupon.id, code: 'TEN', amount: eur(150) }],
      lines: [{ discount: eur(100), total: eur(899) }, { discount: eur(50) }],
    });
    expect(await desk.find(order.id)).toEqual(lookedUp(order));
    expect(await used()).toEqual([1]);
    // The cart with the used-up coupon asks more than it showed.
    await expect(desk.checkout(second)).rejects.toMatchObject({ code: 'orders.price-changed' });
    await expect(enter(await desk.cart(['B', 1]), 'TEN')).rejects.toMatchObject({
      code: 'orders.coupon-refused',
      data: { reason: 'used-up' },
    });
    await desk.asStaff(() => desk.commands.execute(new CancelOrderCommand({ orderId: order.id, reason: 'staff' })));
    expect(await used()).toEqual([0]);
    expect((await desk.checkout(second)).order).toMatchObject({ status: 'paid', total: eur(899) });
    expect(await used()).toEqual([1]);
    expect(await desk.rows('select used from orders.coupon_customers')).toEqual([{ used: 1 }]);
  });

  it('are given back by an order that nobody pays', async () => {
    await desk.product('A', 1000);
    await make({ code: 'HALF', basisPoints: 5000, customerLimit: 1 });
    const cart = await desk.cart(['A', 1]);
    await enter(cart, 'HALF');
    const { order } = await desk.checkout(cart, 'declined');
    const again = await desk.cart(['A', 1]);
    await enter(again, 'HALF');
    const twice = { code: 'orders.coupon-refused', data: { reason: 'customer-limit' } };
    await expect(desk.checkout(again)).rejects.toMatchObject(twice);
    expect(await desk.stock('A')).toMatchObject({ reserved: 1 });
    clock.setOffset(31 * 60);
    await desk.worker.drain();
    expect((await desk.find(order.id)).status).toBe('cancelled');
    expect(await used()).toEqual([0]);
    expect((await desk.checkout(again)).order.total).toEqual(eur(500));
    await expect(desk.checkout(await desk.cart(['A', 1]))).resolves.toBeDefined();
  });

  it('apply by themselves without a code, and are left out where another choice saves more', async () => {
    await desk.product('A', 1000);
    await make({ name: 'Everybody', code: null, basisPoints: 1000 });
    const cart = await desk.cart(['A', 3]);
    await make({
      code: 'GET1',
      kind: 'buy_x_get_y',
      basisPoints: null,
      buyQuantity: 2,
      getQuantity: 1,
      combinable: false,
    });
    await make({ code: 'LESS', basisPoints: 500, combinable: false });
    const best = await enter(cart, 'get1');
    expect(best).toMatchObject({ discountTotal: eur(1000), coupons: [{ code: 'GET1', discount: eur(1000) }] });
    await expect(enter(cart, 'LESS')).rejects.toMatchObject({ data: { reason: 'not-combinable' } });
    const { coupons } = best;
    const without = await desk.run(() =>
      desk.commands.execute(new RemoveCartCouponCommand({ cartSecret: cart, couponId: coupons[0].id })),
    );
    expect(without).toMatchObject({ discountTotal: eur(300), coupons: [{ code: null, name: 'Everybody' }] });
    expect((await desk.checkout(cart)).order).toMatchObject({ total: eur(2700), discounts: [{ name: 'Everybody' }] });
  });

  it('are for first orders, from a moment on, from an amount on, in one currency', async () => {
    await desk.product('A', 1000);
    const [cart, other, third] = await Promise.all([1, 1, 1].map((quantity) => desk.cart(['A', quantity])));
    const refusal = (code: string) =>
      enter(cart, code).then(
        () => null,
        (error: { data?: { reason?: string } }) => error.data?.reason,
      );
    const soon = new Date(clock.nowMs() + 3_600_000);
    await make({ code: 'LATER', startsAt: soon });
    await make({ code: 'SHORT', endsAt: soon });
    await make({ code: 'RICH', minimumAmount: 1001, currency: 'EUR' });
    await make({ code: 'USD', kind: 'amount', basisPoints: null, amount: 100, currency: 'USD' });
    await make({ code: 'OTHER', productIds: ['019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c'] });
    const off = await make({ code: 'OFF' });
    await change(off.id, { active: false }, 1);
    expect(await Promise.all(['LATER', 'RICH', 'USD', 'OTHER', 'OFF'].map(refusal))).toEqual([
      'not-started',
      'minimum',
      'currency',
      'no-product',
      'inactive',
    ]);
    await expect(enter(cart, 'NOPE')).rejects.toMatchObject({ code: 'orders.unknown-coupon' });
    expect(await refusal('SHORT')).toBeNull();
    clock.setOffset(3_600);
    expect((await enter(cart, 'LATER')).coupons).toMatchObject([
      { code: 'SHORT', discount: null, reason: 'ended' },
      { code: 'LATER', discount: eur(1000) },
    ]);
    await make({ code: 'HELLO', basisPoints: 1000, firstOrder: true });
    for (const each of [cart, other, third]) await enter(each, 'HELLO');
    expect((await desk.checkout(other)).order.total).toEqual(eur(900));
    const returning = { code: 'orders.coupon-refused', data: { reason: 'first-order' } };
    await expect(desk.checkout(third)).rejects.toMatchObject(returning);
    // Another one takes everything off anyway: what was agreed to is asked for without it.
    expect((await desk.checkout(cart)).order).toMatchObject({ total: eur(0), discounts: [{ code: 'LATER' }] });
  });

  it.each([
    ['for first orders', { firstOrder: true }, 'first-order'],
    ['for each customer once', { customerLimit: 1 }, 'customer-limit'],
  ])('without a code, %s, keep no returning customer from ordering', async (_, terms, reason) => {
    await desk.product('A', 1000);
    await make({ name: 'Welcome', code: null, basisPoints: 1000, ...terms });
    await make({ name: 'Always', code: null, basisPoints: 500, combinable: false });
    expect((await desk.checkout(await desk.cart(['A', 1]))).order.total).toEqual(eur(900));
    // A guest's cart knows nobody yet: the price is told anew where it is known who orders.
    const cart = await desk.cart(['A', 1]);
    const refused = await desk.checkout(cart).then(
      () => null,
      (error: { code: string; data: { total: object; priceHash: string } }) => error,
    );
    expect(refused).toMatchObject({ code: 'orders.price-changed', data: { total: eur(950) } });
    expect((await desk.checkout(cart, 'success', { priceHash: refused!.data.priceHash })).order).toMatchObject({
      status: 'paid',
      total: eur(950),
      discounts: [{ name: 'Always' }],
    });
    await expect(
      desk.checkout(await desk.cart(['A', 1]), 'success', { expectedTotal: eur(950) }),
    ).resolves.toBeDefined();

    // Whoever is signed in is shown what they pay, and is told why a code does not help them.
    const signedIn: Principal = {
      ...GUEST,
      kind: 'user',
      userId: newId(),
      tenantId: desk.tenant,
      email: 'sam@example.com',
      policy: policyOf('orders:read-own'),
    };
    const mine = { email: 'sam@example.com' };
    const own = (quantity: number) =>
      desk.run(async () => {
        const { id } = await desk.commands.execute(new CreateCartCommand());
        return desk.commands.execute(new AddCartLineCommand({ cartSecret: id, sku: 'A', quantity }));
      }, signedIn);
    const first = await own(1);
    expect(first.total).toEqual(eur(900));
    expect((await desk.checkout(first.id, 'success', mine, signedIn)).order.total).toEqual(eur(900));
    const next = await own(2);
    expect(next).toMatchObject({ total: eur(1900), coupons: [{ name: 'Always', reason: null }] });
    await make({ code: 'MORE', basisPoints: 2000, ...terms });
    const offered = await desk.run(() => desk.app.get(QueryBus).execute(new FindCartQuery(next.id)), signedIn);
    expect(offered.total).toEqual(eur(1900));
    const { order } = await desk.checkout(next.id, 'success', mine, signedIn);
    expect(order).toMatchObject({ status: 'paid', total: eur(1900) });
    const told = desk.run(
      async () => desk.commands.execute(new AddCartCouponCommand({ cartSecret: (await own(1)).id, code: 'MORE' })),
      signedIn,
    );
    if (reason === 'first-order')
      await expect(told).rejects.toMatchObject({ code: 'orders.coupon-refused', data: { reason } });
    else expect(await told).toMatchObject({ total: eur(800) });
  });

  it('without a code, for each customer once, are used once by a customer in ten places', async () => {
    await desk.product('A', 1000);
    desks[1].tenant = desk.tenant;
    await make({ name: 'Welcome', code: null, basisPoints: 1000, customerLimit: 1 });
    const carts = await Promise.all(Array.from({ length: 10 }, () => desk.cart(['A', 1])));
    const codes = await Promise.all(
      carts.map((cart, index) =>
        desks[index % 2].checkout(cart).then(
          ({ order }) => order.total.amount,
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(codes.filter((each) => each === 900)).toHaveLength(1);
    const rest = carts.filter((_, index) => codes[index] !== 900);
    // Whoever lost the race is no worse off than anybody who comes later.
    for (const cart of rest)
      expect((await desk.checkout(cart, 'success', { expectedTotal: eur(1000) })).order.total).toEqual(eur(1000));
    expect(await used()).toEqual([1]);
  });

  it('are refused where they make no sense, and changed by nobody unseen', async () => {
    const wrong = (terms: Partial<CouponTerms>) =>
      make(terms).then(
        () => [],
        (error: { code: string; data: { errors: { pointer: string }[] } }) => [
          error.code,
          ...error.data.errors.map(({ pointer }) => pointer),
        ],
      );
    expect(await wrong({ basisPoints: null })).toEqual(['orders.coupon-invalid', '/basisPoints']);
    expect(await wrong({ kind: 'free_shipping' })).toEqual(['orders.coupon-invalid', '/basisPoints']);
    expect(await wrong({ kind: 'amount', basisPoints: null })).toEqual(['orders.coupon-invalid', '/amount']);
    expect(await wrong({ currency: 'EUR' })).toEqual(['orders.coupon-invalid', '/currency']);
    const at = clock.now();
    expect(await wrong({ startsAt: at, endsAt: at })).toEqual(['orders.coupon-invalid', '/endsAt']);
    const { id } = await make({ code: 'ONE', usageLimit: 5 });
    await expect(make({ code: 'one' })).rejects.toMatchObject({ code: 'orders.coupon-taken' });
    expect(await change(id, { usageLimit: null, name: 'Any' }, 1)).toMatchObject({
      usageLimit: null,
      name: 'Any',
      version: 2,
    });
    await expect(change(id, {}, 1)).rejects.toMatchObject({ code: 'orders.coupon-stale' });
    await desk.product('A', 1000);
    for (let index = 0; index < 2; index += 1) {
      const cart = await desk.cart(['A', 1]);
      await enter(cart, 'ONE');
      await desk.checkout(cart);
    }
    await expect(change(id, { usageLimit: 1 })).rejects.toMatchObject({
      code: 'orders.coupon-limit-too-low',
      data: { used: 2 },
    });
  });
});
