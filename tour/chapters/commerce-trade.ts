import {
  acceptQuote,
  addCartLine,
  changeStockThresholds,
  checkOut,
  createCart,
  createMainstay,
  createProduct,
  createPurchaseOrder,
  createQuote,
  createStockLocation,
  createStockTransfer,
  createSupplier,
  editOrder,
  exchangeReturn,
  getOrder,
  getOrderAnalytics,
  getProfile,
  getQuote,
  getQuoteDocument,
  inspectReturn,
  listDevMailbox,
  listStockAlerts,
  listStockLevels,
  listStockLocations,
  newIdempotencyKey,
  orderGoods,
  payOrder,
  receivePurchaseOrder,
  receiveReturn,
  receiveStockTransfer,
  requestReturn,
  sendQuote,
  shipOrder,
  shipStockTransfer,
  unwrap,
} from '../../sdk/src';
import { as, mailTo, mark, refused, signIn, signUp } from '../actors';
import { Ears } from '../ears';
import { same, until, type Guide } from '../guide';
import { stockSteps } from '../stock';

const ADDRESS = { name: 'Sasha Shopper', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const LAMP = `LAMP-${mark}`;
const SHADE = `SHADE-${mark}`;
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });

/** Goods are bought, moved, sold by an offer, run low, are added to an order and exchanged. */
export async function commerceTrade(guide: Guide, url: string): Promise<void> {
  guide.chapter('Commerce: buying, offering, exchanging');
  const email = `mona-${mark}@example.com`;
  const customer = `noor-${mark}@example.com`;
  const session = await guide.step('a lamp maker opens a shop with two products', async () => {
    await signUp(url, { email, name: 'Mona Maker', organizationName: `Lamps ${mark}` });
    const login = await signIn(url, email);
    const client = as(url, login);
    for (const [sku, name, amount] of [
      [LAMP, 'Reading lamp', 4900],
      [SHADE, 'Lamp shade', 1900],
    ] as const)
      unwrap(await createProduct({ client, body: { name, variants: [{ sku, price: eur(amount) }] } as never }));
    return login;
  });
  const owner = as(url, session);
  const slug = unwrap(await getProfile({ client: owner })).organization!.slug;
  const guest = createMainstay({ baseUrl: url, tenant: slug });
  const step = stockSteps(guide, owner, LAMP);
  const ears = await guide.step('staff listen on a socket', () => Ears.open(url, session.accessToken));

  const main = await step('goods are ordered of a supplier and arrive in two deliveries', async () => {
    const supplier = unwrap(await createSupplier({ client: owner, body: { name: `Bulbs ${mark}`, currency: 'EUR' } }));
    const lines = [
      { sku: LAMP, quantity: 10, unitCost: 2100 },
      { sku: SHADE, quantity: 10, unitCost: 700 },
    ];
    const body = { supplierId: supplier.id, lines };
    const { id, lines: made } = unwrap(
      await createPurchaseOrder({ client: owner, headers: keyed(), body: body as never }),
    );
    const path = { id };
    unwrap(await orderGoods({ client: owner, headers: keyed(), path, body: {} as never }));
    for (const [lamps, shades] of [
      [4, 10],
      [6, 0],
    ]) {
      const delivered = [
        { lineId: made[0].id, quantity: lamps },
        { lineId: made[1].id, quantity: shades },
      ].filter(({ quantity }) => quantity > 0);
      unwrap(
        await receivePurchaseOrder({ client: owner, headers: keyed(), path, body: { lines: delivered } as never }),
      );
    }
    const [level] = unwrap(await listStockLevels({ client: owner, query: { sku: [LAMP] as never } })).data;
    same('on hand', level.onHand, 10);
    return unwrap(await listStockLocations({ client: owner })).data[0].id;
  });
  await step('three lamps move to a second location; two arrive, one is lost on the way', async () => {
    const annex = unwrap(await createStockLocation({ client: owner, body: { code: `annex-${mark}`, name: 'Annex' } }));
    const body = { fromLocationId: main, toLocationId: annex.id, lines: [{ sku: LAMP, quantity: 3 }] };
    const { id, lines } = unwrap(await createStockTransfer({ client: owner, headers: keyed(), body }));
    unwrap(await shipStockTransfer({ client: owner, headers: keyed(), path: { id }, body: {} as never }));
    const arrived = { lines: [{ lineId: lines[0].id, received: 2, lost: 1 }], reason: 'fell off the van' };
    unwrap(await receiveStockTransfer({ client: owner, headers: keyed(), path: { id }, body: arrived as never }));
  });

  const orderId = await step('an offer at a price of its own is mailed, and accepted with its link, once', async () => {
    const lines = [{ sku: LAMP, quantity: 4, unitPrice: 4500 }];
    const body = { email: customer, shippingAddress: ADDRESS, lines, discount: 1000, validDays: 14 };
    const { id, number, total } = unwrap(await createQuote({ client: owner, body: body as never }));
    same('total', total, eur(17000));
    unwrap(await sendQuote({ client: owner, path: { id } }));
    const link = /quote-links\/\w{32}(qt_[\w-]+)/.exec((await mailTo(url, customer, /offer/i)).text)!;
    const page = await fetch(`${url}/api/v1/${link[0]}`);
    const shown = await page.text();
    same('page', [page.status, shown.includes(number), shown.includes('value="accept"')], [200, true, true]);
    const headers = { 'X-Quote-Token': link[1] };
    const file = unwrap(
      await getQuoteDocument({ client: guest, path: { id }, headers, parseAs: 'arrayBuffer' }),
    ) as never;
    same('PDF', Buffer.from(file).subarray(0, 5).toString(), '%PDF-');
    const accept = () => acceptQuote({ client: guest, path: { id }, headers: { ...headers, ...keyed() } });
    const { order, accessToken } = unwrap(await accept());
    same('again', (await refused(accept())).code, 'orders.quote-transition-refused');
    same('quote', unwrap(await getQuote({ client: owner, path: { id } })).orderId, order.id);
    const paid = unwrap(
      await payOrder({
        client: guest,
        path: { id: order.id },
        headers: { 'X-Order-Token': accessToken, ...keyed() },
        body: { paymentMethod: { type: 'sandbox', token: 'success' } },
      }),
    );
    same('status', paid.order.status, 'paid');
    return order.id;
  });
  const addition = await step(
    'on the telephone a shade is added to it: an order of its own, which is paid',
    async () => {
      const body = { add: [{ sku: SHADE, quantity: 1 }], note: 'Asked by telephone.' };
      const edited = unwrap(await editOrder({ client: owner, path: { id: orderId }, headers: keyed(), body }));
      same('origin', edited.addition!.origin, { kind: 'addition', id: orderId });
      const path = { id: edited.addition!.id };
      const payment = { paymentMethod: { type: 'sandbox', token: 'success' } };
      same(
        'status',
        unwrap(await payOrder({ client: owner, path, headers: keyed(), body: payment })).order.status,
        'paid',
      );
      return path.id;
    },
  );
  await step('the last lamps run low: staff hear of it once by socket and once by mail', async () => {
    unwrap(await changeStockThresholds({ client: owner, body: { lines: [{ sku: LAMP, reorderLevel: 4 }] } }));
    const { id } = unwrap(await createCart({ client: guest, body: {} }));
    unwrap(await addCartLine({ client: guest, path: { id }, body: { sku: LAMP, quantity: 1 } }));
    const body = {
      email: customer,
      shippingAddress: ADDRESS,
      paymentMethod: { type: 'sandbox', token: 'success' },
    };
    unwrap(await checkOut({ client: guest, headers: keyed(), path: { id }, body }));
    const about = (alert: object): boolean => JSON.stringify(alert).includes(LAMP);
    await ears.hear('stock.alert', about);
    await mailTo(url, email, /stock/i);
    same('alerts', unwrap(await listStockAlerts({ client: owner })).data.filter(about).length, 1);
    same('socket', ears.count('stock.alert', about), 1);
    const mails = unwrap(await listDevMailbox({ client: owner, query: { to: email } })).data;
    same('mails', mails.filter(({ subject }) => /stock/i.test(subject ?? '')).length, 1);
  });
  await step('a lamp comes back and is exchanged for two shades: the rest goes back', async () => {
    for (const id of [orderId, addition])
      unwrap(await shipOrder({ client: owner, headers: keyed(), path: { id }, body: {} }));
    const lineId = unwrap(await getOrder({ client: owner, path: { id: orderId } })).lines[0].id;
    const lines = [{ lineId, quantity: 1, reason: 'Flickers' }];
    const { id } = unwrap(await requestReturn({ client: owner, headers: keyed(), body: { orderId, lines } }));
    const path = { id };
    unwrap(await receiveReturn({ client: owner, headers: keyed(), path, body: {} }));
    const found = { lines: [{ lineId, restock: false }] };
    unwrap(await inspectReturn({ client: owner, headers: keyed(), path, body: found }));
    const wanted = { lines: [{ sku: SHADE, quantity: 2 }] };
    const exchanged = unwrap(await exchangeReturn({ client: owner, headers: keyed(), path, body: wanted }));
    // A lamp of the offer was worth 42.50, two shades cost 38.00.
    same('return', [exchanged.return.status, exchanged.return.refund], ['exchanged', eur(450)]);
    same('replacement', [exchanged.order.status, exchanged.order.total], ['paid', eur(0)]);
    unwrap(await shipOrder({ client: owner, headers: keyed(), path: { id: exchanged.order.id }, body: {} }));
    await until('The refund', async () => {
      const { refundedTotal } = unwrap(await getOrder({ client: owner, path: { id: orderId } }));
      return refundedTotal.amount === 450;
    });
  });
  await guide.step('the reports tell what sold', async () => {
    const { data, total } = unwrap(await getOrderAnalytics({ client: owner, query: { groupBy: 'product' } as never }));
    same('orders', total.orders, 4);
    return data
      .map(({ label, quantity, net }) => `${label}: ${quantity} for ${(net.amount / 100).toFixed(2)}`)
      .join(', ');
  });
  ears.close();
}
