import path from 'node:path';
import { CheckoutKills, SETTLED, type Victim } from '../scenarios/checkout-kills';
import type { TestServer } from '../support/server';

/** Servers that load a variant without one of the guards, and are killed where the product is killed. */
const variant = (name: string): CheckoutKills =>
  new CheckoutKills({ NODE_OPTIONS: `--require=${path.join(__dirname, 'processes', `${name}.cjs`)}` }, 12_000);

/** What the running test has opened, however far it came. */
let open: CheckoutKills | undefined;

/** One shopper whose server dies at the point; answers what is there when it runs again. */
async function crash(
  name: string,
  point: string,
): Promise<{ kills: CheckoutKills; victim: Victim; after: TestServer }> {
  const kills = (open = variant(name));
  await kills.open();
  const victim = await kills.victim(await kills.start());
  kills.kill();
  await kills.dieAt(point, victim);
  return { kills, victim, after: await kills.start() };
}

describe('naive: killed between the transactions of a checkout', () => {
  afterEach(() => open?.close());

  it.each(['checkout.after-t1', 'checkout.after-gateway', 'checkout.after-t2'])(
    '%s, with the key written after its answer: the same request must take over',
    async (point) => {
      const { kills, victim, after } = await crash('answer-afterwards', point);
      await kills.moveClock(after, victim.shop, 61);
      const { status, body } = await kills.payAgain(after, victim);
      expect({ status, ...body }).toMatchObject({ status: 201, order: { status: 'paid' } });
    },
    180_000,
  );

  it('checkout.after-gateway, without a poller: the charge must be found', async () => {
    const { kills, victim, after } = await crash('no-poller', 'checkout.after-gateway');
    const done = await kills.settle(after, victim.shop, 70, 1);
    expect(done).toMatchObject({ ...SETTLED, orders: 1, paid: 1, charged: 1, charges: 1, reserved: 2 });
  }, 180_000);

  it('checkout.after-gateway, with the charge before the row: what was charged must be known', async () => {
    const { kills, victim } = await crash('charge-first', 'checkout.after-gateway');
    expect(await kills.state(victim.shop.id)).toMatchObject({ orders: 1, charges: 1, reserved: 2, drifted: 0 });
  }, 180_000);

  it('checkout.after-t2, with events in memory: the order must be mailed', async () => {
    const { kills, victim, after } = await crash('events-in-memory', 'checkout.after-t2');
    await kills.settle(after, victim.shop, 1, 1);
    expect(await kills.confirmations(victim.shop)).toEqual([1]);
  }, 180_000);
});
