import {
  addCartLine,
  adjustStock,
  checkOut,
  createCart,
  createMainstay,
  getInvoice,
  getOrder,
  getOrderTimeline,
  getProfile,
  getStockReport,
  importProducts,
  inspectReturn,
  newIdempotencyKey,
  receiveReturn,
  receiveStock,
  refundReturn,
  requestReturn,
  shipOrder,
  unwrap,
} from '../../sdk/src';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';
import { stockSteps } from '../stock';

const ADDRESS = { name: 'Sasha Shopper', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const YOGURT = `YOG-${mark}`;
const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });

/** Goods with batches: imported, received twice, fought over, given out first expired first, shipped and counted. */
export async function commerceStock(guide: Guide, url: string): Promise<void> {
  guide.chapter('Commerce: stock with batches');
  const email = `lena-${mark}@example.com`;
  const owner = await guide.step('a dairy opens its shop', async () => {
    await signUp(url, { email, name: 'Lena Lots', organizationName: `Dairy ${mark}` });
    return as(url, await signIn(url, email));
  });
  const slug = unwrap(await getProfile({ client: owner })).organization!.slug;
  const guest = createMainstay({ baseUrl: url, tenant: slug });

  const step = stockSteps(guide, owner, YOGURT);

  await step('a file brings the product', async () => {
    const body = `sku,name,price,currency\n${YOGURT},Harbour Yogurt,1.90,EUR\n` as never;
    unwrap(await importProducts({ client: owner, body, headers: { 'content-type': 'text/csv' } as never }));
  });
  const receive = async (number: string, expiresAt: string, quantity: number, amount: number): Promise<void> => {
    const lot = { number, expiresAt, unitCost: { amount, currency: 'EUR' } };
    const lines = [{ sku: YOGURT, quantity, lot }];
    unwrap(await receiveStock({ client: owner, headers: keyed(), body: { lines } }));
  };
  await step('two batches arrive, the one that keeps longer first', async () => {
    await receive('LATE', '2099-06-01T00:00:00Z', 3, 90);
    await receive('SOON', '2098-06-01T00:00:00Z', 2, 80);
  });
  await step('a third is past its day already', () => receive('GONE', '2020-01-01T00:00:00Z', 9, 70));

  const cartOf = async (quantity: number): Promise<string> => {
    const { id } = unwrap(await createCart({ client: guest, body: {} }));
    unwrap(await addCartLine({ client: guest, path: { id }, body: { sku: YOGURT, quantity } }));
    return id;
  };
  const buy = (cartId: string) =>
    checkOut({
      client: guest,
      headers: keyed(),
      path: { id: cartId },
      body: {
        email: `sasha-${mark}@example.com`,
        shippingAddress: ADDRESS,
        paymentMethod: { type: 'sandbox', token: 'success' },
      },
    });
  const orderId = await step('two carts race for the last units: one gets them, the other is told', async () => {
    const carts = [await cartOf(4), await cartOf(4)];
    const [first, second] = await Promise.all(carts.map(buy));
    const [won, lost] = first.error ? [second, first] : [first, second];
    same('refused', (await refused(Promise.resolve(lost as never))).code, 'inventory.out-of-stock');
    return unwrap(won as typeof first).order.id;
  });
  await step('the order shows its batches, first to expire first', async () => {
    const order = unwrap(await getOrder({ client: owner, path: { id: orderId } }));
    same('allocations', order.lines[0].allocations, [
      { lotNumber: 'SOON', quantity: 2 },
      { lotNumber: 'LATE', quantity: 2 },
    ]);
  });
  const lineId = unwrap(await getOrder({ client: owner, path: { id: orderId } })).lines[0].id;
  await step('a first parcel leaves with one piece', async () => {
    const body = { lines: [{ lineId, quantity: 1 }], carrier: 'DHL', trackingNumber: '00340434161094042557' };
    const order = unwrap(await shipOrder({ client: owner, headers: keyed(), path: { id: orderId }, body }));
    same('status', order.status, 'partly_fulfilled');
  });
  await step('a second one with the rest', async () => {
    const order = unwrap(await shipOrder({ client: owner, headers: keyed(), path: { id: orderId }, body: {} }));
    same('status', order.status, 'fulfilled');
  });
  await step('a count that somebody made before that is stale; the next one is taken', async () => {
    const adjust = (expectedOnHand: number, onHand: number) =>
      adjustStock({
        client: owner,
        headers: keyed(),
        body: { lines: [{ sku: YOGURT, lotNumber: 'LATE', expectedOnHand, onHand, reason: 'one was broken' }] },
      });
    same('stale', (await refused(adjust(3, 2))).code, 'inventory.stale-count');
    unwrap(await adjust(1, 0));
  });
  await step('a piece comes back, is looked at and put on the shelf again', async () => {
    const lines = [{ lineId, quantity: 1, reason: 'Wrong flavour' }];
    const back = unwrap(await requestReturn({ client: owner, headers: keyed(), body: { orderId, lines } }));
    const path = { id: back.id };
    unwrap(await receiveReturn({ client: owner, headers: keyed(), path, body: {} }));
    const body = { lines: [{ lineId, restock: true }] };
    unwrap(await inspectReturn({ client: owner, headers: keyed(), path, body }));
    const asked = unwrap(await refundReturn({ client: owner, headers: keyed(), path, body: {} }));
    same('refund', asked.refund, { amount: 190, currency: 'EUR' });
  });
  await guide.step('the money is back, the order tells its story, and its invoice is a PDF', async () => {
    await until('The refund', async () => {
      const order = unwrap(await getOrder({ client: owner, path: { id: orderId } }));
      return order.refundedTotal.amount === 190;
    });
    const { data } = unwrap(await getOrderTimeline({ client: owner, path: { id: orderId } }));
    const file = unwrap(await getInvoice({ client: owner, path: { id: orderId }, parseAs: 'arrayBuffer' })) as never;
    same('PDF', Buffer.from(file).subarray(0, 5).toString(), '%PDF-');
    return data.map(({ kind }) => kind).join(' → ');
  });
  await guide.step('what is left is past its day, and the report says what it cost', async () => {
    const { data } = unwrap(await getStockReport({ client: owner, query: { report: 'expiring' } }));
    same(
      'expiring',
      data.map((row) => [row.lotNumber, row.onHand, row.value]),
      [['GONE', 9, [{ amount: 630, currency: 'EUR' }]]],
    );
  });
}
