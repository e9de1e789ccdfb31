import {
  addCartLine,
  checkOut,
  createCart,
  createProduct,
  createRefund,
  getDispute,
  getPayment,
  getReconciliation,
  getRefund,
  getTrialBalance,
  listDisputes,
  listPaymentWebhookEvents,
  newIdempotencyKey,
  openPaymentGateway,
  receiveStock,
  reconcilePayments,
  saveDisputeEvidence,
  submitDisputeEvidence,
  unwrap,
} from '../../sdk/src';
import { PayPalDouble } from '../../test/doubles/paypal-double';
import { StripeDouble } from '../../test/doubles/stripe-double';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const ADDRESS = { name: 'Rita Refund', line1: 'Mole 5', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const SKU = `VASE-${mark}`;
const PRICE = 6_000;
const SECRET = 'whsec_doubleOfTheTour';

const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });

/** Money goes back: a part of it by refund, all of it by a dispute that is lost; PayPal takes some; the report is compared. */
export async function moneyBack(guide: Guide, url: string): Promise<void> {
  guide.chapter('Money: back again');
  const [stripe, paypal] = [new StripeDouble(), new PayPalDouble()];
  try {
    await tell(guide, url, stripe, paypal);
  } finally {
    await Promise.all([stripe.close(), paypal.close()]);
  }
}

async function tell(guide: Guide, url: string, stripe: StripeDouble, paypal: PayPalDouble): Promise<void> {
  const email = `rita-${mark}@example.com`;
  const { client, gatewayId } = await guide.step('a shop at Stripe and at PayPal, both doubles here', async () => {
    await signUp(url, { email, name: 'Rita Refund', organizationName: `Back ${mark}` });
    const owner = as(url, await signIn(url, email));
    const price = { amount: PRICE, currency: 'EUR' };
    unwrap(await createProduct({ client: owner, body: { name: 'Vase', variants: [{ sku: SKU, price }] } }));
    unwrap(await receiveStock({ client: owner, headers: keyed(), body: { lines: [{ sku: SKU, quantity: 9 }] } }));
    const keys = { secretKey: 'sk_test_doubleOfTheTour', webhookSecret: SECRET };
    const atStripe = { provider: 'stripe' as const, credentials: keys, apiBase: await stripe.listen() };
    const opened = unwrap(await openPaymentGateway({ client: owner, body: atStripe }));
    stripe.sendTo({ url: `${url}/api/v1/payment-webhooks/stripe/${opened.id}`, secret: SECRET });
    const credentials = { clientId: 'client-of-the-double', clientSecret: 'secret-of-the-double' };
    const atPayPal = { provider: 'paypal' as const, credentials, testMode: true, apiBase: await paypal.listen() };
    unwrap(await openPaymentGateway({ client: owner, body: atPayPal }));
    return { client: owner, gatewayId: opened.id };
  });
  const buy = async (type: string, token: string) => {
    const { id } = unwrap(await createCart({ client, body: {} }));
    unwrap(await addCartLine({ client, path: { id }, body: { sku: SKU, quantity: 1 } }));
    const body = { email, shippingAddress: ADDRESS, paymentMethod: { type, token } };
    return unwrap(await checkOut({ client, path: { id }, headers: keyed(), body }));
  };
  const paymentOf = async (id: string) => unwrap(await getPayment({ client, path: { id } }));

  await guide.step('PayPal: the shopper agrees at its page, and the money is taken', async () => {
    const { payment } = await buy('paypal', 'new');
    const agreed = await fetch(`${payment!.nextAction!.url}/approve`, { method: 'POST', redirect: 'manual' });
    await fetch(agreed.headers.get('location')!, { redirect: 'manual' });
    same('payment', (await paymentOf(payment!.id)).status, 'succeeded');
  });
  const first = await guide.step('15.00 of 60.00 go back; 60.00 more do not', async () => {
    const { payment } = await buy('card', 'pm_card_visa');
    const refund = (amount: number) =>
      createRefund({ client, headers: keyed(), body: { paymentId: payment!.id, amount, reason: 'Scratched' } });
    const { id } = unwrap(await refund(1_500));
    await until('The refund to arrive', async () => {
      const { status } = unwrap(await getRefund({ client, path: { id } }));
      return status === 'succeeded' || undefined;
    });
    same('refunded', (await paymentOf(payment!.id)).refunded.amount, 1_500);
    same('code', (await refused(refund(PRICE))).code, 'payments.refund-exceeds-charge');
    return payment!;
  });
  await guide.step('a charge is disputed: evidence is handed in, and the bank decides for the shopper', async () => {
    const { payment } = await buy('card', 'pm_card_visa');
    const { attempts } = await paymentOf(payment!.id);
    const theirs = stripe.books.dispute(attempts[0].providerPaymentId!);
    const id = await until('The dispute to be known', async () => {
      const { data } = unwrap(await listDisputes({ client, query: { paymentId: [payment!.id] } }));
      return data[0]?.id;
    });
    const path = { id };
    unwrap(await saveDisputeEvidence({ client, path, body: { uncategorizedText: 'The parcel was signed for.' } }));
    unwrap(await submitDisputeEvidence({ client, path, headers: keyed() }));
    stripe.books.closeDispute(theirs.id, 'lost');
    await until('The dispute to be lost', async () => {
      const { status } = unwrap(await getDispute({ client, path }));
      return status === 'lost' || undefined;
    });
    const again = { paymentId: payment!.id, amount: 1 };
    same(
      'code',
      (await refused(createRefund({ client, headers: keyed(), body: again }))).code,
      'payments.charge-disputed',
    );
  });
  await guide.step('the shop is paid out, and what Stripe reports is what the books say', async () => {
    await stripe.delivered();
    const payout = stripe.books.payOut('eur');
    // Whole seconds, as Stripe counts them: the period ends behind the payout.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const body = {
      gatewayId,
      from: new Date(Date.now() - 3_600_000).toISOString(),
      to: new Date(Date.now() - 50).toISOString(),
    };
    const { id } = unwrap(await reconcilePayments({ client, headers: keyed(), body }));
    const done = await until('The report to be compared', async () => {
      const found = unwrap(await getReconciliation({ client, path: { id } }));
      return found.status === 'done' ? found : undefined;
    });
    same('differences', [done.matched, done.open], [4, 0]);
    await until('The payout to be at the bank', async () => {
      const { data, total } = unwrap(await getTrialBalance({ client }));
      const balance = (account: string) => data.find((line) => line.account === account)?.balance.amount ?? 0;
      for (const { balance: sum } of total) same('sum of all balances', sum.amount, 0);
      return (balance('1000') === payout.amount && balance('5300') === PRICE) || undefined;
    });
    // Nothing is left that would have to be asked of a double that is gone.
    await stripe.delivered();
    await until('The inbox to be worked off', async () => {
      const { data } = unwrap(await listPaymentWebhookEvents({ client, query: { limit: 100 } }));
      return data.every(({ status }) => status === 'processed' || status === 'ignored') || undefined;
    });
    return `${(payout.amount / 100).toFixed(2)} EUR at the bank, ${first.amount.currency} throughout`;
  });
}
