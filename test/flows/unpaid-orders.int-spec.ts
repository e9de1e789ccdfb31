import { clock } from '../../src/kernel/clock/clock';
import { GUEST, type Principal } from '../../src/kernel/auth/principal';
import { newId } from '../../src/kernel/ids/ids';
import { OrderDesk } from '../support/order-desk';

const MINUTE = 60;

describe('stock of orders that are not paid', () => {
  let desk: OrderDesk;
  beforeAll(async () => {
    desk = await OrderDesk.start({ MAINSTAY_UNPAID_ORDERS_LIMIT: '3' });
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());
  afterEach(() => clock.setOffset(0));

  /** Lets everything happen that is due so many minutes after the start. */
  const pass = async (minutes: number): Promise<void> => {
    clock.setOffset(minutes * MINUTE);
    await desk.worker.drain();
  };
  const free = async (sku: string): Promise<number> => (await desk.stock(sku)).available;

  describe('after a declined payment', () => {
    it('goes back to the shelf in five minutes, and is held again by a further try', async () => {
      await desk.product('A', 1000, 10);
      const { order } = await desk.checkout(await desk.cart(['A', 4]), 'declined');
      await pass(4);
      expect(await free('A')).toBe(6);
      await pass(6);
      expect(await free('A')).toBe(10);
      expect((await desk.find(order.id)).status).toBe('pending_payment');
      expect(await desk.pay(order.id)).toMatchObject({ order: { status: 'paid' } });
      expect(await free('A')).toBe(6);
    });

    it('is not there any more where others took it; the order waits on and is given up in its time', async () => {
      await desk.product('A', 1000, 4);
      const { order } = await desk.checkout(await desk.cart(['A', 4]), 'declined');
      await pass(6);
      await desk.checkout(await desk.cart(['A', 1]));
      await expect(desk.pay(order.id)).rejects.toMatchObject({ code: 'inventory.out-of-stock', status: 409 });
      // Nothing was opened for the try that was refused.
      expect(await desk.rows(`select 1 from payments.attempts where method_token = 'success'`)).toHaveLength(1);
      await pass(31);
      expect(await desk.find(order.id)).toMatchObject({ status: 'cancelled', cancelReason: 'unpaid' });
      expect(await free('A')).toBe(3);
    });

    it('is counted from the last try, and never beyond the time of the order', async () => {
      await desk.product('A', 1000, 10);
      const { order } = await desk.checkout(await desk.cart(['A', 4]), 'declined');
      await pass(4);
      await desk.pay(order.id, 'declined');
      await pass(8);
      expect(await free('A')).toBe(6);
      await pass(10);
      expect(await free('A')).toBe(10);
      await pass(28);
      await desk.pay(order.id, 'declined');
      expect(await free('A')).toBe(6);
      await pass(31);
      expect(await free('A')).toBe(10);
    });

    it('stays where the next try is still under way', async () => {
      await desk.product('A', 1000, 10);
      const { order } = await desk.checkout(await desk.cart(['A', 4]), 'declined');
      await pass(1);
      await desk.pay(order.id, 'requires_action');
      await pass(7);
      expect(await free('A')).toBe(6);
    });

    it('is promised when the money of a late answer comes after all', async () => {
      await desk.product('A', 1000, 10);
      const { order } = await desk.checkout(await desk.cart(['A', 4]), 'declined');
      await pass(6);
      const racing = await Promise.all([desk.pay(order.id), desk.checkout(await desk.cart(['A', 6]))]);
      expect(racing.map((each) => each.order.status)).toEqual(['paid', 'paid']);
      expect(await desk.stock('A')).toMatchObject({ reserved: 10, available: 0 });
    });
  });

  describe('of one shopper', () => {
    /** So many checkouts at once that stop on the bank's page; answers how each ended. */
    const atOnce = async (count: number, principal?: Principal): Promise<string[]> => {
      const carts = await Promise.all(Array.from({ length: count }, () => desk.cart(['A', 1])));
      const ended = await Promise.allSettled(
        carts.map((cart) => desk.checkout(cart, 'requires_action', {}, principal)),
      );
      return ended.map((each) =>
        each.status === 'fulfilled' ? each.value.order.status : (each.reason as { code: string }).code,
      );
    };
    const count = (ended: string[], what: string): number => ended.filter((each) => each === what).length;

    it('is held for three orders at once and not for a fourth, however many are asked for together', async () => {
      await desk.product('A');
      const ended = await atOnce(10);
      expect(count(ended, 'pending_payment')).toBe(3);
      expect(count(ended, 'orders.too-many-unpaid')).toBe(7);
      expect(await desk.stock('A')).toMatchObject({ reserved: 3 });
      await expect(desk.checkout(await desk.cart(['A', 1]))).rejects.toMatchObject({ status: 429 });
    });

    it('does not count against other addresses or other shops, and counts a network of IPv6 as one', async () => {
      await desk.product('A');
      desk.ip = '2001:db8:1:2::1';
      expect(count(await atOnce(4), 'pending_payment')).toBe(3);
      desk.ip = '2001:db8:1:2:ffff::9';
      expect(count(await atOnce(1), 'orders.too-many-unpaid')).toBe(1);
      desk.ip = '2001:db8:1:3::1';
      expect(count(await atOnce(1), 'pending_payment')).toBe(1);
      desk.open();
      await desk.product('A');
      desk.ip = '2001:db8:1:2::1';
      expect(count(await atOnce(1), 'pending_payment')).toBe(1);
    });

    it('is free again once an order is paid or given up', async () => {
      await desk.product('A');
      const carts = await Promise.all(Array.from({ length: 3 }, () => desk.cart(['A', 1])));
      const placed = [];
      for (const cart of carts) placed.push(await desk.checkout(cart, 'declined'));
      expect(await atOnce(1)).toEqual(['orders.too-many-unpaid']);
      await desk.pay(placed[0].order.id);
      expect(await atOnce(2)).toEqual(expect.arrayContaining(['pending_payment', 'orders.too-many-unpaid']));
      await pass(31);
      expect(await atOnce(1)).toEqual(['pending_payment']);
    });

    it('is counted by the login where there is one, wherever it comes from', async () => {
      await desk.product('A');
      const shopper: Principal = { ...GUEST, kind: 'user', userId: newId(), tenantId: desk.tenant };
      expect(count(await atOnce(3, shopper), 'pending_payment')).toBe(3);
      desk.ip = '198.51.100.7';
      expect(await atOnce(1, shopper)).toEqual(['orders.too-many-unpaid']);
      expect(await atOnce(1)).toEqual(['pending_payment']);
    });
  });
});
