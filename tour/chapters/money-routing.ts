import {
  addCartLine,
  checkOut,
  createCart,
  createMainstay,
  createProduct,
  getPayment,
  getProfile,
  listPaymentMethods,
  login,
  newIdempotencyKey,
  openPaymentGateway,
  payOrder,
  receiveStock,
  register,
  removePaymentMethod,
  routePayment,
  savePaymentMethod,
  savePaymentRouting,
  unwrap,
  verifyEmail,
  type Client,
  type TokensView,
} from '../../sdk/src';
import { StripeDouble } from '../../test/doubles/stripe-double';
import { as, mailTo, mark, PASSWORD, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const ADDRESS = { name: 'Rosa Router', line1: 'Mole 5', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const SKU = `KITE-${mark}`;
const PRICE = { amount: 3_100, currency: 'EUR' };
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';

const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });

/** A shop with two accounts: rules say which takes what, the second one where the first is not there; cards are kept. */
export async function moneyRouting(guide: Guide, url: string): Promise<void> {
  guide.chapter('Money: several accounts, and cards that are kept');
  const double = new StripeDouble();
  try {
    await take(guide, url, double);
  } finally {
    await double.close();
  }
}

async function take(guide: Guide, url: string, double: StripeDouble): Promise<void> {
  const email = `rosa-${mark}@example.com`;
  const { owner, first, second } = await guide.step('a shop with two accounts, of which one is not there', async () => {
    await signUp(url, { email, name: 'Rosa Router', organizationName: `Routes ${mark}` });
    const client = as(url, await signIn(url, email));
    unwrap(await createProduct({ client, body: { name: 'Kite', variants: [{ sku: SKU, price: PRICE }] } }));
    unwrap(await receiveStock({ client, headers: keyed(), body: { lines: [{ sku: SKU, quantity: 9 }] } }));
    const open = async (apiBase: string, name: string): Promise<string> => {
      const credentials = { secretKey: `sk_test_${name}OfTheTour`, publishableKey: `pk_test_${name}OfTheTour` };
      return unwrap(await openPaymentGateway({ client, body: { provider: 'stripe', name, credentials, apiBase } })).id;
    };
    return { owner: client, first: await open(NOWHERE, 'first'), second: await open(await double.listen(), 'second') };
  });
  const { organization } = unwrap(await getProfile({ client: owner }));
  const guest = createMainstay({ baseUrl: url, tenant: organization!.slug });
  await guide.step('a rule: cards go to the first, and on to the second where it is surely not there', async () => {
    const gateways = [
      { gatewayId: first, weight: 1 },
      { gatewayId: second, weight: 0 },
    ];
    const rules = [{ name: 'Cards of the euro', methods: ['card'], currencies: ['EUR'], failover: true, gateways }];
    unwrap(await savePaymentRouting({ client: owner, body: { rules } }));
    const { data } = unwrap(await routePayment({ client: guest, query: { method: 'card', ...PRICE, country: 'PT' } }));
    same(
      'accounts that the page makes tokens of',
      data.map(({ gatewayId }) => gatewayId),
      [first, second],
    );
  });
  const buy = async (client: Client, paymentMethod: object) => {
    const { id } = unwrap(await createCart({ client, body: {} }));
    unwrap(await addCartLine({ client, path: { id }, body: { sku: SKU, quantity: 1 } }));
    const body = { email, shippingAddress: ADDRESS, paymentMethod: paymentMethod as { type: string; token: string } };
    return unwrap(await checkOut({ client, path: { id }, headers: keyed(), body }));
  };
  const card = (token: string) => ({
    type: 'card',
    token,
    gatewayId: first,
    alternatives: [{ gatewayId: second, token }],
  });
  await guide.step('a payment goes on at the second account, in the same answer', async () => {
    const { order, payment } = await buy(guest, card('pm_card_visa'));
    same('order', order.status, 'paid');
    const { attempts } = unwrap(await getPayment({ client: owner, path: { id: payment!.id } }));
    same(
      'tries',
      attempts.map(({ gatewayId, state }) => [gatewayId, state]),
      [
        [first, 'failed'],
        [second, 'charged'],
      ],
    );
  });
  await guide.step('a decline is an answer: nothing goes on', async () => {
    const declined = { ...card('pm_card_chargeDeclined'), gatewayId: second };
    const { payment } = await buy(guest, declined);
    const { attempts } = unwrap(await getPayment({ client: owner, path: { id: payment!.id } }));
    same(
      'tries',
      attempts.map(({ gatewayId, state }) => [gatewayId, state]),
      [[second, 'failed']],
    );
  });
  const shopper = await guide.step('a customer keeps a card, with the words they consent to', async () => {
    const account = { email: `kay-${mark}@example.com`, password: PASSWORD };
    unwrap(await register({ client: guest, body: { ...account, name: 'Kay Keeper' } }));
    const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(url, account.email)).text)![1];
    unwrap(await verifyEmail({ client: guest, path: { token } }));
    const client = as(url, unwrap(await login({ client: guest, body: account })) as TokensView);
    const consent = 'I let this shop keep my card and charge it for orders that I place.';
    const body = { type: 'card', token: 'pm_card_visa', gatewayId: second, consent, consented: true as const };
    const kept = unwrap(await savePaymentMethod({ client, headers: keyed(), body }));
    same('kept', [kept.status, kept.isDefault, kept.card?.last4], ['active', true, '4242']);
    return { client, methodId: kept.id };
  });
  const saved = { type: 'saved', token: shopper.methodId };
  await guide.step('they pay with it; staff charges it while they are away', async () => {
    same('order', (await buy(shopper.client, saved)).order.status, 'paid');
    const { order } = await buy(shopper.client, { ...card('pm_card_chargeDeclined'), gatewayId: second });
    const path = { id: order.id };
    const collected = unwrap(await payOrder({ client: owner, path, headers: keyed(), body: { paymentMethod: saved } }));
    same('order', collected.order.status, 'paid');
  });
  await guide.step('they take it away, here and at the provider', async () => {
    unwrap(await removePaymentMethod({ client: shopper.client, path: { id: shopper.methodId } }));
    same('kept', unwrap(await listPaymentMethods({ client: shopper.client })).data, []);
    await until('Stripe to forget it', () =>
      [...double.books.wallet.kept.values()].every(({ customer }) => customer === null),
    );
    const taken = [...double.books.payments.values()].map(({ amount_received: amount }) => amount);
    same(
      'charges',
      taken.filter((amount) => amount > 0),
      [PRICE.amount, PRICE.amount, PRICE.amount],
    );
    same('refused parameters', double.refused, []);
  });
}
