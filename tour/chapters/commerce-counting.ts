import {
  addCartLine,
  approveStockCount,
  changeStockStates,
  checkOut,
  createCart,
  createMainstay,
  getOrder,
  getProfile,
  importProducts,
  listSerialHistory,
  listSerials,
  listStockCountLines,
  listStockCountVariances,
  listUnavailableStock,
  newIdempotencyKey,
  openStockCount,
  receiveStock,
  recordStockCount,
  saveItemSettings,
  shipOrder,
  unwrap,
} from '../../sdk/src';
import { as, mark, refused, signIn, signUp } from '../actors';
import { same, type Guide } from '../guide';
import { stockSteps } from '../stock';

const WATCH = `WATCH-${mark}`;
const STRAP = `STRAP-${mark}`;
const ADDRESS = { name: 'Sasha Shopper', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });

/** Goods that cannot be sold for a while, a count while the shop sells on, and pieces that have a number each. */
export async function commerceCounting(guide: Guide, url: string): Promise<void> {
  guide.chapter('Commerce: counting, and pieces with numbers');
  const email = `uma-${mark}@example.com`;
  const owner = await guide.step('a watchmaker opens a shop; of each watch the number is known', async () => {
    await signUp(url, { email, name: 'Uma Uhr', organizationName: `Watches ${mark}` });
    const client = as(url, await signIn(url, email));
    const body = `sku,name,price,currency\n${WATCH},Harbour Watch,240.00,EUR\n${STRAP},Strap,19.00,EUR\n` as never;
    unwrap(await importProducts({ client, body, headers: { 'content-type': 'text/csv' } as never }));
    unwrap(await saveItemSettings({ client, body: { items: [{ sku: WATCH, serials: true, warrantyMonths: 24 }] } }));
    return client;
  });
  const slug = unwrap(await getProfile({ client: owner })).organization!.slug;
  const guest = createMainstay({ baseUrl: url, tenant: slug });
  const buy = async (sku: string, quantity: number): Promise<string> => {
    const { id } = unwrap(await createCart({ client: guest, body: {} }));
    unwrap(await addCartLine({ client: guest, path: { id }, body: { sku, quantity } }));
    const body = {
      email: `sasha-${mark}@example.com`,
      shippingAddress: ADDRESS,
      paymentMethod: { type: 'sandbox', token: 'success' },
    };
    return unwrap(await checkOut({ client: guest, headers: keyed(), path: { id }, body })).order.id;
  };
  const watches = stockSteps(guide, owner, WATCH);
  const straps = stockSteps(guide, owner, STRAP);

  await watches('three watches arrive; without their numbers they are not taken', async () => {
    const receive = (serials?: string[]) =>
      receiveStock({ client: owner, headers: keyed(), body: { lines: [{ sku: WATCH, quantity: 3, serials }] } });
    same('refused', (await refused(receive())).code, 'inventory.serials-needed');
    unwrap(await receive(['W-1', 'W-2', 'W-3']));
  });
  const orderId = await watches('one is sold, and the parcel says which', async () => {
    const id = await buy(WATCH, 1);
    const [{ id: lineId }] = unwrap(await getOrder({ client: owner, path: { id } })).lines;
    const body = { lines: [{ lineId, quantity: 1 }], serials: [{ sku: WATCH, serial: 'W-2' }] };
    unwrap(await shipOrder({ client: owner, headers: keyed(), path: { id }, body }));
    return id;
  });
  await guide.step('years later the number leads to the order and its warranty', async () => {
    const [piece] = unwrap(await listSerials({ client: owner, query: { sku: WATCH, serial: 'W-2' } })).data;
    same('piece', [piece.state, piece.reference?.id, piece.underWarranty], ['shipped', orderId, true]);
    const { data } = unwrap(await listSerialHistory({ client: owner, path: { id: piece.id } }));
    return `W-2: ${data
      .reverse()
      .map(({ kind }) => kind)
      .join(' → ')}, warranty until ${piece.warrantyUntil!.slice(0, 10)}`;
  });

  await straps('ten straps arrive; two fall into the water and cannot be sold for now', async () => {
    const lines = [{ sku: STRAP, quantity: 10 }];
    unwrap(await receiveStock({ client: owner, headers: keyed(), body: { lines } }));
    const wet = { from: 'available' as const, to: 'damaged' as const, sku: STRAP, quantity: 2, reason: 'fell in' };
    unwrap(await changeStockStates({ client: owner, headers: keyed(), body: { lines: [wet] } }));
    const { data } = unwrap(await listUnavailableStock({ client: owner, query: { sku: [STRAP] as never } }));
    same('unavailable', [data[0].state, data[0].quantity], ['damaged', 2]);
  });
  const countId = await guide.step(
    'the shelf is counted blind: who counts does not see what should be there',
    async () => {
      const { id } = unwrap(
        await openStockCount({
          client: owner,
          headers: keyed(),
          body: { skus: [STRAP], blind: true, note: 'Shelf 4' },
        }),
      );
      const [line] = unwrap(await listStockCountLines({ client: owner, path: { id } })).data;
      same('expected', line.expected, null);
      return id;
    },
  );
  await straps('nine are found, and one is sold while the count goes on', async () => {
    const body = { lines: [{ sku: STRAP, counted: 9 }] };
    unwrap(await recordStockCount({ client: owner, headers: keyed(), path: { id: countId }, body }));
    const id = await buy(STRAP, 1);
    unwrap(await shipOrder({ client: owner, headers: keyed(), path: { id }, body: {} }));
  });
  await straps('the difference is of the moment of counting: one is missing, not two', async () => {
    const { data } = unwrap(await listStockCountVariances({ client: owner, path: { id: countId } }));
    same('variance', [data[0].expected, data[0].counted, data[0].variance], [10, 9, -1]);
    const body = { uncounted: 'keep' as const };
    unwrap(await approveStockCount({ client: owner, headers: keyed(), path: { id: countId }, body }));
  });
}
