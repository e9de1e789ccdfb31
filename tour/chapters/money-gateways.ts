import {
  addCartLine,
  capturePayment,
  changePaymentGateway,
  checkOut,
  createCart,
  createProduct,
  getPayment,
  listPaymentWebhookEvents,
  newIdempotencyKey,
  openPaymentGateway,
  payOrder,
  receiveStock,
  replayPaymentWebhookEvent,
  unwrap,
} from '../../sdk/src';
import { StripeDouble } from '../../test/doubles/stripe-double';
import { as, mark, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const ADDRESS = { name: 'Petra Payer', line1: 'Mole 3', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const SKU = `LAMP-${mark}`;
const PRICE = 4_200;
const KEY = 'sk_test_doubleOfTheTour';
const SECRET = 'whsec_doubleOfTheTour';

const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });

/** A shop takes cards through a double of Stripe: 3-D Secure, a decline, a lost answer, money reserved and captured in part. */
export async function moneyGateways(guide: Guide, url: string): Promise<void> {
  guide.chapter('Money: a payment provider');
  const double = new StripeDouble();
  try {
    await take(guide, url, double);
  } finally {
    await double.close();
  }
}

async function take(guide: Guide, url: string, double: StripeDouble): Promise<void> {
  const email = `petra-${mark}@example.com`;
  const owner = await guide.step('a shop with something to sell', async () => {
    await signUp(url, { email, name: 'Petra Payer', organizationName: `Payments ${mark}` });
    const client = as(url, await signIn(url, email));
    const price = { amount: PRICE, currency: 'EUR' };
    unwrap(await createProduct({ client, body: { name: 'Harbour Lamp', variants: [{ sku: SKU, price }] } }));
    unwrap(await receiveStock({ client, headers: keyed(), body: { lines: [{ sku: SKU, quantity: 20 }] } }));
    return client;
  });
  const gateway = await guide.step('opens an account at Stripe, here a double on this machine', async () => {
    const opened = unwrap(
      await openPaymentGateway({
        client: owner,
        body: {
          provider: 'stripe',
          credentials: { secretKey: KEY, webhookSecret: SECRET },
          apiBase: await double.listen(),
        },
      }),
    );
    if (JSON.stringify(opened).includes(KEY)) throw new Error('The key is shown again.');
    double.sendTo({ url: `${url}/api/v1/payment-webhooks/stripe/${opened.id}`, secret: SECRET });
    return opened;
  });
  const buy = async (token: string) => {
    const { id } = unwrap(await createCart({ client: owner, body: {} }));
    unwrap(await addCartLine({ client: owner, path: { id }, body: { sku: SKU, quantity: 1 } }));
    const body = { email, shippingAddress: ADDRESS, paymentMethod: { type: 'card', token } };
    return unwrap(await checkOut({ client: owner, path: { id }, headers: keyed(), body }));
  };
  const read = async (id: string) => unwrap(await getPayment({ client: owner, path: { id } }));
  const becomes = (id: string, status: string) =>
    until(`A payment that is ${status}`, async () => {
      const payment = await read(id);
      return payment.status === status && payment;
    });

  await guide.step('a card with 3-D Secure: the bank asks, the shopper agrees, the order is paid', async () => {
    const { payment } = await buy('pm_card_threeDSecure2Required');
    same('status', payment!.status, 'requires_action');
    const page = payment!.nextAction!.url;
    const agreed = await fetch(`${page}/approve`, { method: 'POST', redirect: 'manual' });
    const back = await fetch(agreed.headers.get('location')!, { redirect: 'manual' });
    if (!back.headers.get('location')!.endsWith('/succeeded')) throw new Error('The shopper was not thanked.');
    await becomes(payment!.id, 'succeeded');
  });
  await guide.step('a declined card, then another one for the same order', async () => {
    const { order, payment } = await buy('pm_card_chargeDeclinedInsufficientFunds');
    same('reason', payment!.error!.code, 'insufficient_funds');
    const body = { paymentMethod: { type: 'card', token: 'pm_card_visa' } };
    const again = unwrap(await payOrder({ client: owner, path: { id: order.id }, headers: keyed(), body }));
    same('status', again.order.status, 'paid');
  });
  await guide.step(
    'the answer is lost after the charge: nothing is charged twice, and a webhook settles it',
    async () => {
      const { payment } = await buy('pm_double_lost');
      const settled = await becomes(payment!.id, 'succeeded');
      same('tries', settled.attempts.length, 1);
    },
  );
  await guide.step('money is reserved first, and a part of it captured', async () => {
    const path = { id: gateway.id };
    unwrap(await changePaymentGateway({ client: owner, path, body: { capture: 'manual' } }));
    const { payment } = await buy('pm_card_visa');
    same('status', payment!.status, 'requires_capture');
    const where = { id: payment!.id };
    const captured = unwrap(
      await capturePayment({ client: owner, path: where, headers: keyed(), body: { amount: 4_000 } }),
    );
    same('payment', [captured.status, captured.captured.amount], ['partially_captured', 4_000]);
  });
  await guide.step('every webhook, each sent twice, is stored once and worked off', async () => {
    await double.delivered();
    await until('The inbox to be worked off', async () => {
      const { data } = unwrap(await listPaymentWebhookEvents({ client: owner, query: { limit: 100 } }));
      return data.length === double.events.length && data.every(({ status }) => status === 'processed');
    });
    return `${double.events.length} webhooks`;
  });
  await guide.step('a webhook that comes while Stripe answers nothing fails, and is replayed', async () => {
    const payment = [...double.books.payments.values()].find(({ amount_received: taken }) => taken === PRICE)!;
    double.books.refund({ payment_intent: payment.id, amount: 500 });
    double.down = true;
    const events = async () => {
      const { data } = unwrap(await listPaymentWebhookEvents({ client: owner, query: { limit: 100 } }));
      return data.filter(({ kind }) => kind === 'refund');
    };
    const failed = await until('The webhook to fail', async () =>
      (await events()).find(({ status }) => status === 'failed' || status === 'dead'),
    );
    double.down = false;
    unwrap(await replayPaymentWebhookEvent({ client: owner, path: { id: failed.id } }));
    await until('The webhook to be worked off', async () => {
      const found = await events();
      return found.find(({ id, replays }) => id === failed.id && replays === 1)?.status === 'processed';
    });
    return failed.lastError!;
  });
  await guide.step('what Mainstay knows is what Stripe knows', () => {
    const taken = [...double.books.payments.values()].map(({ amount_received }) => amount_received);
    same('charges', taken.filter((amount) => amount > 0).sort(), [4_000, PRICE, PRICE, PRICE].sort());
    same('refused parameters', double.refused, []);
    return Promise.resolve();
  });
}
