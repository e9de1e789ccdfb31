import {
  addCartLine,
  cancelOrder,
  checkGiftCards,
  checkOut,
  createCart,
  createMainstay,
  createProduct,
  getGiftCard,
  getProfile,
  getTrialBalance,
  grantStoreCredit,
  issueGiftCard,
  listGiftCardEntries,
  newIdempotencyKey,
  receiveStock,
  unwrap,
} from '../../sdk/src';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const eur = (amount: number): { amount: number; currency: string } => ({ amount, currency: 'EUR' });
const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });
const ADDRESS = { name: 'Gil Giver', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };

/** Gift cards and store credit: made, spent in part beside a card, put back, and owed in the books to the cent. */
export async function moneyCredit(guide: Guide, url: string): Promise<void> {
  guide.chapter('Money: gift cards and store credit');
  const sku = `LAMP-${mark}`;
  const { owner, shopper } = await guide.step('a shop sells lamps at 25.00', async () => {
    const email = `gil-${mark}@example.com`;
    await signUp(url, { email, name: 'Gil Giver', organizationName: `Lamps ${mark}` });
    const client = as(url, await signIn(url, email));
    unwrap(await createProduct({ client, body: { name: 'Lamp', variants: [{ sku, price: eur(2_500) }] } }));
    unwrap(await receiveStock({ client, headers: keyed(), body: { lines: [{ sku, quantity: 9 }] } }));
    const { organization } = unwrap(await getProfile({ client }));
    return { owner: client, shopper: createMainstay({ baseUrl: url, tenant: organization!.slug }) };
  });
  const card = await guide.step('a gift card of 30.00: its code is shown once, a wrong letter is no card', async () => {
    const body = { amount: eur(3_000), origin: 'paid' as const };
    const { giftCard, code } = unwrap(await issueGiftCard({ client: owner, headers: keyed(), body }));
    const found = unwrap(await checkGiftCards({ client: shopper, body: { codes: [code!.toLowerCase()] } }));
    same('what is left', found.data[0].available.amount, 3_000);
    const wrong = (code!.startsWith('0') ? '1' : '0') + code!.slice(1);
    const problem = await refused(checkGiftCards({ client: shopper, body: { codes: [wrong] } }));
    same('refused', problem.code, 'ledger.gift-card-unknown');
    return { id: giftCard.id, code: code! };
  });
  const left = async (): Promise<number> =>
    unwrap(await getGiftCard({ client: owner, path: { id: card.id } })).balance.amount;
  const owed = (amount: number): Promise<true> =>
    until(`Gift cards of ${amount} in the books`, async () => {
      const { data, total } = unwrap(await getTrialBalance({ client: owner }));
      for (const { balance } of total) same('sum of all balances', balance.amount, 0);
      return (data.find(({ account }) => account === '2300')?.balance.amount ?? 0) === -amount || undefined;
    });
  const order = await guide.step('two lamps: the card pays 30.00, the gateway the other 20.00', async () => {
    const { id } = unwrap(await createCart({ client: shopper, body: {} }));
    unwrap(await addCartLine({ client: shopper, path: { id }, body: { sku, quantity: 2 } }));
    const body = {
      email: `lit-${mark}@example.com`,
      shippingAddress: ADDRESS,
      paymentMethod: { type: 'sandbox', token: 'success' },
      giftCards: [card.code],
      expectedDue: eur(2_000),
    };
    const placed = unwrap(await checkOut({ client: shopper, path: { id }, headers: keyed(), body }));
    same('charged', placed.payment!.amount.amount, 2_000);
    same('left on the card', await left(), 0);
    await owed(0);
    return placed.order;
  });
  await guide.step('cancelled: the card has its 30.00 again, and the statement says how', async () => {
    unwrap(await cancelOrder({ client: owner, path: { id: order.id }, headers: keyed(), body: {} }));
    same('left on the card', await left(), 3_000);
    const { data } = unwrap(await listGiftCardEntries({ client: owner, path: { id: card.id } }));
    same(
      'statement',
      data.map(({ kind }) => kind),
      ['refunded', 'redeemed', 'issued'],
    );
    await owed(3_000);
  });
  await guide.step('the customer gets 5.00 of store credit for the trouble', async () => {
    const body = { customerId: order.customerId!, amount: eur(500), note: 'For the trouble' };
    same('store credit', unwrap(await grantStoreCredit({ client: owner, headers: keyed(), body })).balance.amount, 500);
  });
}
