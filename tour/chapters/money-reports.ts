import {
  addCartLine,
  checkOut,
  createCart,
  createMainstay,
  createProduct,
  createReportSchedule,
  deleteReportSchedule,
  fulfilOrder,
  getCashFlow,
  getProfile,
  getProfitAndLoss,
  getStockValue,
  getTrialBalance,
  newIdempotencyKey,
  receiveStock,
  unwrap,
} from '../../sdk/src';
import { as, mark, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const eur = (amount: number): { amount: number; currency: string } => ({ amount, currency: 'EUR' });
const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });
const ADDRESS = { name: 'Rex Reporter', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };

/** Two products are sold and shipped: every report says the same of it, as rows, as CSV, as PDF and by mail. */
export async function moneyReports(guide: Guide, url: string): Promise<void> {
  guide.chapter('Money: financial reports');
  const [map, globe] = [`MAP-${mark}`, `GLOBE-${mark}`];
  const { owner, accessToken } = await guide.step('a shop sells two maps and a globe, and ships them', async () => {
    const email = `rex-${mark}@example.com`;
    await signUp(url, { email, name: 'Rex Reporter', organizationName: `Reports ${mark}` });
    const tokens = await signIn(url, email);
    const client = as(url, tokens);
    for (const [sku, name, price, unitCost] of [
      [map, 'Map', 1_500, 400],
      [globe, 'Globe', 9_000, 3_500],
    ] as const) {
      unwrap(await createProduct({ client, body: { name, variants: [{ sku, price: eur(price) }] } }));
      const lines = [{ sku, quantity: 5, lot: { number: 'FIRST', unitCost: eur(unitCost) } }];
      unwrap(await receiveStock({ client, headers: keyed(), body: { lines } }));
    }
    const { organization } = unwrap(await getProfile({ client }));
    const shopper = createMainstay({ baseUrl: url, tenant: organization!.slug });
    const { id } = unwrap(await createCart({ client: shopper, body: {} }));
    unwrap(await addCartLine({ client: shopper, path: { id }, body: { sku: map, quantity: 2 } }));
    unwrap(await addCartLine({ client: shopper, path: { id }, body: { sku: globe, quantity: 1 } }));
    const paymentMethod = { type: 'sandbox', token: 'success' };
    const body = { email: `reader-${mark}@example.com`, shippingAddress: ADDRESS, paymentMethod };
    const { order } = unwrap(await checkOut({ client: shopper, path: { id }, headers: keyed(), body }));
    unwrap(await fulfilOrder({ client, path: { id: order.id }, headers: keyed() }));
    await until('The books to follow', async () => {
      const { data } = unwrap(await getTrialBalance({ client }));
      return data.find(({ account }) => account === '5000')?.balance.amount === 4_300 || undefined;
    });
    return { owner: client, accessToken: tokens.accessToken! };
  });
  const from = new Date(Date.now() - 86_400_000).toISOString();
  // The clock of the installation may have been moved ahead by what was shown before.
  const to = new Date(Date.now() + 400 * 86_400_000).toISOString();
  await guide.step('profit and loss: 120.00 of revenue, 43.00 of cost, by product and on the whole', async () => {
    const { data, total } = unwrap(
      await getProfitAndLoss({ client: owner, query: { from, to, groupBy: ['product'] } }),
    );
    const margins = data.map(({ sales, costOfGoods, grossProfit }) =>
      [sales, costOfGoods, grossProfit].map(({ amount }) => amount),
    );
    same(
      'by product',
      margins.filter(([sales]) => sales > 0).sort((a, b) => a[0] - b[0]),
      [
        [3_000, 800, 2_200],
        [9_000, 3_500, 5_500],
      ],
    );
    const [sum] = total;
    same('total', [sum.sales.amount, sum.costOfGoods.amount, sum.grossProfit.amount], [12_000, 4_300, 7_700]);
    return `gross margin ${(sum.grossMarginBasisPoints! / 100).toFixed(2)} %`;
  });
  await guide.step('cash flow and stock value agree with the trial balance', async () => {
    const { data: accounts } = unwrap(await getTrialBalance({ client: owner }));
    const balance = (account: string): number => accounts.find((line) => line.account === account)?.balance.amount ?? 0;
    const cash = unwrap(await getCashFlow({ client: owner, query: { from, to } })).total;
    same('cash', cash[0].closing.amount, balance('1000') + balance('1100'));
    const stock = unwrap(await getStockValue({ client: owner, query: { from, to } })).total;
    same('stock', stock[0].closing.amount, balance('1300'));
  });
  await guide.step('the same as CSV and as PDF', async () => {
    const query = new URLSearchParams({ from, to });
    const file = async (accept: string): Promise<Buffer> => {
      const headers = { accept, authorization: `Bearer ${accessToken}` };
      const answer = await fetch(`${url}/api/v1/finance/reports/profit-and-loss?${query.toString()}`, { headers });
      same('type', answer.headers.get('content-type')!.split(';')[0], accept);
      return Buffer.from(await answer.arrayBuffer());
    };
    if (!(await file('text/csv')).toString('utf8').includes('120.00')) throw new Error('The CSV lacks the revenue.');
    const pdf = await file('application/pdf');
    same('PDF', pdf.subarray(0, 5).toString('latin1'), '%PDF-');
    return `${pdf.length} bytes of PDF`;
  });
  await guide.step('it is mailed each month to whoever wants it, until it is called off', async () => {
    const recipients = [`books-${mark}@example.com`];
    const body = {
      report: 'profit-and-loss',
      groupBy: ['product'],
      format: 'pdf',
      every: 'month',
      day: 2,
      recipients,
    } as const;
    const made = unwrap(
      await createReportSchedule({
        client: owner,
        headers: keyed(),
        body: { ...body, groupBy: ['product'], recipients },
      }),
    );
    unwrap(await deleteReportSchedule({ client: owner, path: { id: made.id } }));
    return `next on ${made.nextAt!.slice(0, 10)}`;
  });
}
