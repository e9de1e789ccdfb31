import { expectStatus } from '../../support/client';
import { newId } from '../../../src/kernel/ids/ids';
import { stock, type Shop } from '../../support/shop';
import type { Arrangements, Example } from '../world';

/** A transfer of two pieces from the default location to another, as far as it is said. */
async function transferOf(ownShop: () => Promise<Shop>, shipped: boolean): Promise<Example> {
  const shop = await ownShop();
  const { sku } = await stock(shop, { sku: 'TEA-100', quantity: 10 });
  const locations = await shop.asOwner.get<{ data: { id: string }[] }>('/inventory/locations');
  const annex = await shop.asOwner.post<{ id: string }>('/inventory/locations', { code: 'annex', name: 'Annex' });
  const body = {
    fromLocationId: expectStatus(locations, 200).data[0].id,
    toLocationId: expectStatus(annex, 201).id,
    lines: [{ sku, quantity: 6 }],
  };
  const made = await shop.asOwner.post<{ id: string; lines: { id: string }[] }>('/inventory/transfers', body, {
    key: newId(),
  });
  const { id, lines } = expectStatus(made, 201);
  if (shipped) expectStatus(await shop.asOwner.post(`/inventory/transfers/${id}/ship`, {}, { key: newId() }), 200);
  return { client: shop.asOwner, path: { id }, body: { ...body, lines: [{ lineId: lines[0].id, received: 6 }] } };
}

/** A count of tea at the default location, in which one piece of twelve is missing where it was counted. */
async function countOf(ownShop: () => Promise<Shop>, counted: boolean): Promise<Example> {
  const shop = await ownShop();
  const { sku } = await stock(shop, { sku: 'TEA-100', quantity: 12 });
  const made = await shop.asOwner.post<{ id: string }>('/inventory/counts', { skus: [sku] }, { key: newId() });
  const { id } = expectStatus(made, 201);
  const lines = [{ sku, counted: 11 }];
  if (counted)
    expectStatus(await shop.asOwner.post(`/inventory/counts/${id}/findings`, { lines }, { key: newId() }), 200);
  return { client: shop.asOwner, path: { id } };
}

/** A count of a piece of tea whose serial number was not read. */
async function readCountOf(ownShop: () => Promise<Shop>): Promise<Example> {
  const shop = await ownShop();
  const { sku } = await stock(shop, { sku: 'TEA-100', quantity: 1 });
  const items = [{ sku, serials: true, warrantyMonths: 24 }];
  expectStatus(await shop.asOwner.call('PUT', '/inventory/items', { items }), 200);
  const made = await shop.asOwner.post<{ id: string }>('/inventory/counts', { skus: [sku] }, { key: newId() });
  const { id } = expectStatus(made, 201);
  const lines = [{ sku, serials: [] }];
  expectStatus(await shop.asOwner.post(`/inventory/counts/${id}/findings`, { lines }, { key: newId() }), 200);
  return { client: shop.asOwner, path: { id } };
}

/** A piece of tea with a serial number. */
async function pieceOf(ownShop: () => Promise<Shop>): Promise<Example> {
  const shop = await ownShop();
  const { sku } = await stock(shop, { sku: 'TEA-100', quantity: 1 });
  const body = { items: [{ sku, serials: true, warrantyMonths: 24 }] };
  expectStatus(await shop.asOwner.call('PUT', '/inventory/items', body), 200);
  const found = await shop.asOwner.get<{ data: { id: string }[] }>(`/inventory/serials?sku=${sku}`);
  return { client: shop.asOwner, path: { id: expectStatus(found, 200).data[0].id } };
}

/** A further location that nothing lies at. */
async function attic(ownShop: () => Promise<Shop>): Promise<Example> {
  const shop = await ownShop();
  const made = await shop.asOwner.post<{ id: string }>('/inventory/locations', { code: 'attic', name: 'Attic' });
  return { client: shop.asOwner, path: { id: expectStatus(made, 201).id } };
}

const arrangements: Arrangements = {
  getStockLocation: ({ ownShop }) => attic(ownShop),
  changeStockLocation: ({ ownShop }) => attic(ownShop),
  getSerial: ({ ownShop }) => pieceOf(ownShop),
  listSerialHistory: ({ ownShop }) => pieceOf(ownShop),
  renameSerial: ({ ownShop }) => pieceOf(ownShop),
  saveItemSettings: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 1 });
    return { client: shop.asOwner };
  },
  openStockCount: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 12 });
    return { client: shop.asOwner };
  },
  getStockCount: ({ ownShop }) => countOf(ownShop, true),
  listStockCountLines: ({ ownShop }) => countOf(ownShop, true),
  listStockCountVariances: ({ ownShop }) => countOf(ownShop, true),
  listStockCountSerials: ({ ownShop }) => readCountOf(ownShop),
  recordStockCount: ({ ownShop }) => countOf(ownShop, false),
  approveStockCount: ({ ownShop }) => countOf(ownShop, true),
  cancelStockCount: ({ ownShop }) => countOf(ownShop, true),
  createStockTransfer: async ({ ownShop }) => {
    const { client, body } = await transferOf(ownShop, false);
    const { fromLocationId, toLocationId } = body as Record<string, string>;
    return { client, body: { fromLocationId, toLocationId } };
  },
  getStockTransfer: async ({ ownShop }) => {
    const { client, path } = await transferOf(ownShop, false);
    return { client, path };
  },
  shipStockTransfer: async ({ ownShop }) => {
    const { client, path } = await transferOf(ownShop, false);
    return { client, path };
  },
  receiveStockTransfer: async ({ ownShop }) => {
    const { client, path, body } = await transferOf(ownShop, true);
    return { client, path, body: { lines: (body as { lines: object[] }).lines } };
  },
  cancelStockTransfer: async ({ ownShop }) => {
    const { client, path } = await transferOf(ownShop, true);
    return { client, path };
  },
  acknowledgeStockAlert: async ({ ownShop }) => {
    const shop = await ownShop();
    const { sku } = await stock(shop);
    const body = { lines: [{ sku, reorderLevel: 1_000_000 }] };
    expectStatus(await shop.asOwner.call('PUT', '/inventory/thresholds', body), 200);
    const alerts = expectStatus(await shop.asOwner.get<{ data: { id: string }[] }>('/inventory/alerts'), 200);
    return { client: shop.asOwner, path: { id: alerts.data[0].id } };
  },
  changeStockThresholds: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner };
  },
  getStockReport: () => ({ query: { report: 'ageing' } }),
  printLotLabel: async ({ shop }) => {
    await stock(shop);
    const lots = expectStatus(await shop.asOwner.get<{ data: { id: string }[] }>('/inventory/lots?limit=1'), 200);
    return { path: { id: lots.data[0].id } };
  },
  adjustStock: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return {
      client: shop.asOwner,
      body: { lines: [{ sku: 'TEA-100', expectedOnHand: 0, onHand: 12, reason: 'found behind the shelf' }] },
    };
  },
  changeStockStates: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 12 });
    return { client: shop.asOwner };
  },
  saveBackorderTerms: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner };
  },
  receiveStock: async ({ ownShop }) => {
    const shop = await ownShop();
    await stock(shop, { sku: 'TEA-100', quantity: 0 });
    return { client: shop.asOwner };
  },
};
export default arrangements;
