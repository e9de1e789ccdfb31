import {
  addCartLine,
  checkOut,
  createCart,
  createMainstay,
  createProduct,
  fulfilOrder,
  getProfile,
  getTrialBalance,
  listJournals,
  newIdempotencyKey,
  postJournal,
  receiveStock,
  reverseJournal,
  unwrap,
} from '../../sdk/src';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const eur = (amount: number): { amount: number; currency: string } => ({ amount, currency: 'EUR' });
const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });
const ADDRESS = { name: 'Leo Ledger', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };

/** What is sold, received and shipped stands in the books by itself; nothing there is ever changed. */
export async function moneyLedger(guide: Guide, url: string): Promise<void> {
  guide.chapter('Money: the ledger');
  const sku = `BOOK-${mark}`;
  const owner = await guide.step('a shop receives goods at 7.00 a piece', async () => {
    const email = `leo-${mark}@example.com`;
    await signUp(url, { email, name: 'Leo Ledger', organizationName: `Books ${mark}` });
    const client = as(url, await signIn(url, email));
    unwrap(await createProduct({ client, body: { name: 'Atlas', variants: [{ sku, price: eur(2_500) }] } }));
    const lines = [{ sku, quantity: 10, lot: { number: 'FIRST', unitCost: eur(700) } }];
    unwrap(await receiveStock({ client, headers: keyed(), body: { lines } }));
    return client;
  });
  const balances = async (): Promise<Record<string, number>> => {
    const { data, total } = unwrap(await getTrialBalance({ client: owner }));
    for (const { balance } of total) same('sum of all balances', balance.amount, 0);
    return Object.fromEntries(data.map(({ account, balance }) => [account, balance.amount]));
  };
  /** Waits until these accounts stand at these balances. */
  const stand = (expected: Record<string, number>): Promise<true> =>
    until(`Balances ${JSON.stringify(expected)}`, async () => {
      const found = await balances();
      return Object.entries(expected).every(([account, balance]) => (found[account] ?? 0) === balance) || undefined;
    });
  const order = await guide.step('a shopper pays 50.00: it is a deposit until the goods leave', async () => {
    await stand({ 1300: 7_000, 2050: -7_000 });
    const { organization } = unwrap(await getProfile({ client: owner }));
    const client = createMainstay({ baseUrl: url, tenant: organization!.slug });
    const { id } = unwrap(await createCart({ client, body: {} }));
    unwrap(await addCartLine({ client, path: { id }, body: { sku, quantity: 2 } }));
    const body = {
      email: `reader-${mark}@example.com`,
      shippingAddress: ADDRESS,
      paymentMethod: { type: 'sandbox', token: 'success' },
    };
    const placed = unwrap(await checkOut({ client, path: { id }, headers: keyed(), body }));
    await stand({ 2100: -5_000, 4000: 0 });
    return placed.order;
  });
  await guide.step('shipped: revenue of 50.00, cost of 14.00 from the lot', async () => {
    unwrap(await fulfilOrder({ client: owner, path: { id: order.id }, headers: keyed() }));
    await stand({ 2100: 0, 4000: -5_000, 5000: 1_400, 1300: 5_600 });
    const { data } = unwrap(await listJournals({ client: owner, query: { sourceId: order.id } }));
    same(
      'journals of the order',
      data
        .map(({ purpose }) => purpose)
        .filter((one) => one !== 'payment-fee')
        .sort(),
      ['cost-of-goods', 'order-shipped', 'payment-captured'],
    );
  });
  await guide.step('a journal by hand must balance, and is reversed, never changed', async () => {
    const line = (account: string, side: 'debit' | 'credit', amount: number) => ({
      account,
      side,
      amount: eur(amount),
    });
    const post = (lines: ReturnType<typeof line>[]) =>
      postJournal({ client: owner, headers: keyed(), body: { description: 'Till money', lines } });
    same(
      'code',
      (await refused(post([line('1000', 'debit', 100), line('3900', 'credit', 99)]))).code,
      'ledger.unbalanced',
    );
    const { id } = unwrap(await post([line('1000', 'debit', 100), line('3900', 'credit', 100)]));
    unwrap(await reverseJournal({ client: owner, path: { id }, headers: keyed(), body: {} }));
    const again = await refused(reverseJournal({ client: owner, path: { id }, headers: keyed(), body: {} }));
    same('code', again.code, 'ledger.already-reversed');
  });
  await guide.step('the trial balance sums to zero', async () => {
    const { data, total } = unwrap(await getTrialBalance({ client: owner }));
    const cell = (amount: number): string => (amount / 100).toFixed(2).padStart(10);
    const rows = data.map(
      ({ account, name, debits, credits, balance }) =>
        `    ${account}  ${name.padEnd(30)}${cell(debits.amount)}${cell(credits.amount)}${cell(balance.amount)}`,
    );
    const sums = total.map(
      ({ currency, debits, credits, balance }) =>
        `    ${currency.padEnd(36)}${cell(debits.amount)}${cell(credits.amount)}${cell(balance.amount)}`,
    );
    for (const { balance } of total) same('balance', balance.amount, 0);
    return `\n${[...rows, ...sums].join('\n')}`;
  });
}
