import { newId } from '../../src/kernel/ids/ids';
import { CheckoutKills, KILL_POINTS, SETTLED, type Victim } from '../scenarios/checkout-kills';
import { expectStatus } from '../support/client';
import type { TestServer } from '../support/server';
import { checkOut, fillCart, openShop, stock, type Placed } from '../support/shop';

describe('a server that is killed between the transactions of a checkout', () => {
  const kills = new CheckoutKills();
  beforeAll(() => kills.open());
  afterAll(() => kills.close());

  it('loses nothing of 200 checkouts: every order has a payment state, no hold outlives its time, each paid order is mailed once', async () => {
    const first = await kills.start();
    const shop = await openShop(first.url, 'Crash');
    const { sku } = await stock(shop, { quantity: 1_000 });
    const carts = await Promise.all(Array.from({ length: 200 }, () => fillCart(shop.asGuest, [{ sku, quantity: 1 }])));
    const queue = carts.map((_, index) => index);
    const statuses: number[] = [];
    const buyer = async (): Promise<void> => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        const email = `buyer-${newId().slice(-12)}@example.com`;
        const answer = await checkOut(shop.asGuest, carts[index], 'success', newId(), email).catch(() => undefined);
        statuses.push(answer?.status ?? 0);
        if (statuses.length === 60) kills.kill();
      }
    };
    await Promise.all(Array.from({ length: 20 }, buyer));
    const answered = statuses.filter((status) => status === 201).length;
    expect(answered).toBeGreaterThanOrEqual(50);
    expect(statuses).toContain(0);
    const done = await kills.settle(await kills.start(), shop);
    expect(done).toMatchObject({ ...SETTLED, charged: done.paid, charges: done.paid, reserved: done.paid });
    expect(done.paid).toBeGreaterThanOrEqual(answered);
    expect((await kills.confirmations(shop)).filter((count) => count !== 1)).toEqual([]);
  }, 300_000);

  describe('at a named point', () => {
    /** Of each point one shopper who asks again, and one who never does. */
    const asking = new Map<string, Victim>();
    const silent = new Map<string, Victim>();
    let after: TestServer;
    // A server without a worker dies, and another one is asked again: however slow the machine, no poller comes between.
    const withoutWorker = { MAINSTAY_ROLES: 'api' };

    beforeAll(async () => {
      kills.kill();
      const first = await kills.start();
      await Promise.all(
        KILL_POINTS.flatMap((point) =>
          [asking, silent].map(async (victims) => victims.set(point, await kills.victim(first))),
        ),
      );
      kills.kill();
      for (const [point, victim] of [...asking, ...silent]) {
        await kills.dieAt(point, victim, withoutWorker);
        expect(await kills.state(victim.shop.id)).toMatchObject({ orders: 1, reserved: 2, drifted: 0 });
      }
      after = await kills.start(withoutWorker);
      await kills.moveClock(after, asking.get(KILL_POINTS[0])!.shop, 61);
    }, 300_000);

    it.each(KILL_POINTS)('%s: the same request takes over after the lease and answers the one order', async (point) => {
      const retried = await kills.payAgain(after, asking.get(point)!);
      expect(expectStatus(retried, 201)).toMatchObject({ order: { status: 'paid' } } satisfies {
        order: Partial<Placed['order']>;
      });
    });

    describe('once a worker runs again', () => {
      beforeAll(async () => {
        kills.kill();
        after = await kills.start();
      });

      it.each(KILL_POINTS.slice(1))(
        '%s: of a shopper who never asks again the poller finds the charge',
        async (point) => {
          const { shop } = silent.get(point)!;
          const done = await kills.settle(after, shop, 1, 1);
          expect(done).toMatchObject({ ...SETTLED, orders: 1, paid: 1, charged: 1, charges: 1, reserved: 2 });
          expect(await kills.confirmations(shop)).toEqual([1]);
        },
      );

      it('checkout.after-t1: of a shopper who never asks again nothing is charged, and the stock comes back', async () => {
        const { shop } = silent.get(KILL_POINTS[0])!;
        const done = await kills.settle(after, shop);
        expect(done).toMatchObject({ ...SETTLED, orders: 1, paid: 0, charged: 0, charges: 0, reserved: 0 });
        expect(await kills.confirmations(shop)).toEqual([]);
      });

      it.each(KILL_POINTS)('%s: nothing is charged, held or mailed twice, however far time moves', async (point) => {
        const { shop } = asking.get(point)!;
        const done = await kills.settle(after, shop);
        expect(done).toMatchObject({ ...SETTLED, orders: 1, paid: 1, charged: 1, charges: 1, reserved: 2 });
        expect(await kills.confirmations(shop)).toEqual([1]);
      });
    });
  });
});
