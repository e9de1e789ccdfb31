import {
  addCartLine,
  addFraudListEntry,
  approveFraudReview,
  checkOut,
  createCart,
  createFraudRule,
  createMainstay,
  createProduct,
  getFraudAnalytics,
  getOrder,
  getPayment,
  getProfile,
  listFraudReviews,
  newIdempotencyKey,
  receiveStock,
  rejectFraudReview,
  unwrap,
  type Client,
} from '../../sdk/src';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });
const ADDRESS = { name: 'Fay Buyer', line1: 'Quay 9', city: 'Porto', postalCode: '4000-001', country: 'PT' };

/** A shop judges payments by rules of its own: one waits for a review and is approved, one is rejected, one refused at once. */
export async function moneyFraud(guide: Guide, url: string): Promise<void> {
  guide.chapter('Money: fraud');
  const sku = `GEM-${mark}`;
  const shop = await guide.step('a shop stops dear first orders of guests for a review', async () => {
    const email = `fay-${mark}@example.com`;
    await signUp(url, { email, name: 'Fay Fraud', organizationName: `Gems ${mark}` });
    const owner = as(url, await signIn(url, email));
    const price = { amount: 90_000, currency: 'EUR' };
    unwrap(await createProduct({ client: owner, body: { name: 'Sapphire', variants: [{ sku, price }] } }));
    unwrap(await receiveStock({ client: owner, headers: keyed(), body: { lines: [{ sku, quantity: 10 }] } }));
    const condition = {
      all: [
        { signal: 'amount', op: 'gt', value: 50_000 },
        { signal: 'shopper.first-order', op: 'eq', value: true },
        { signal: 'shopper.guest', op: 'eq', value: true },
      ],
    };
    const body = { name: 'Dear first order', mode: 'live' as const, condition, decision: 'review' as const };
    unwrap(await createFraudRule({ client: owner, headers: keyed(), body }));
    const { organization } = unwrap(await getProfile({ client: owner }));
    return { owner, guest: createMainstay({ baseUrl: url, tenant: organization!.slug }) };
  });
  const { owner, guest } = shop;
  const pay = async (client: Client, email: string) => {
    const { id } = unwrap(await createCart({ client, body: {} }));
    unwrap(await addCartLine({ client, path: { id }, body: { sku, quantity: 1 } }));
    const body = { email, shippingAddress: ADDRESS, paymentMethod: { type: 'sandbox', token: 'success' } };
    return checkOut({ client, path: { id }, headers: keyed(), body });
  };
  const held = async (name: string) => {
    const placed = unwrap(await pay(guest, `${name}-${mark}@example.com`));
    same('payment', placed.payment!.status, 'requires_merchant_action');
    const review = await until('A review', async () => {
      const query = { payableId: placed.order.id };
      return unwrap(await listFraudReviews({ client: owner, query })).data[0];
    });
    return { ...placed, review };
  };
  const becomes = (id: string, status: string): Promise<true> =>
    until(`An order that is ${status}`, async () => {
      const found = unwrap(await getOrder({ client: owner, path: { id } }));
      return found.status === status || undefined;
    });
  await guide.step('a review is approved: what was reserved is captured, the order is paid', async () => {
    const { order, payment, review } = await held('good');
    unwrap(await approveFraudReview({ client: owner, path: { id: review.id }, headers: keyed(), body: {} }));
    await becomes(order.id, 'paid');
    const { captured } = unwrap(await getPayment({ client: owner, path: { id: payment!.id } }));
    same('captured', captured.amount, 90_000);
    return review.reasons[0];
  });
  await guide.step('another is rejected: the money is let go, the order ends, the stock is free again', async () => {
    const { order, review } = await held('bad');
    unwrap(await rejectFraudReview({ client: owner, path: { id: review.id }, headers: keyed(), body: {} }));
    await becomes(order.id, 'cancelled');
  });
  await guide.step('who is on a list is refused, and is not told why', async () => {
    const value = `thief-${mark}@example.com`;
    const body = { list: 'block' as const, kind: 'email' as const, value };
    unwrap(await addFraudListEntry({ client: owner, headers: keyed(), body }));
    same('problem', (await refused(pay(guest, value))).code, 'payments.not-accepted');
  });
  await guide.step('the report tells how the rule did', async () => {
    const { tries, decisions, rules } = unwrap(await getFraudAnalytics({ client: owner, query: {} }));
    same('tries', [tries, decisions.review, decisions.block], [3, 2, 1]);
    same('precision', rules[0].precision, 0.5);
  });
}
