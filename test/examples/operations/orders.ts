import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { eventually } from '../../support/eventually';
import { checkOut, fillCart, stock, type Placed, type Shop } from '../../support/shop';
import type { Arrangements, Example, World } from '../world';

/** An order of one piece by a guest, paid or not. */
export async function order(
  shop: Shop,
  card: 'success' | 'declined' | 'requires_action' | 'disputed',
): Promise<Placed> {
  const { sku } = await stock(shop);
  const cart = await fillCart(shop.asGuest, [{ sku, quantity: 1 }]);
  return expectStatus(await checkOut(shop.asGuest, cart, card, newId()), 201);
}

/** A paid order by a guest, and the token that shows it. */
async function paid(shop: Shop) {
  const placed = await order(shop, 'success');
  return { path: { id: placed.order.id }, placed, headers: { 'x-order-token': placed.accessToken! } };
}

/** A paid order of which everything left. */
async function shipped(shop: Shop) {
  const { path, placed } = await paid(shop);
  const at = `/orders/${path.id}/shipments`;
  expectStatus(await shop.asOwner.post(at, {}, { key: newId() }), 201);
  return { path, placed };
}

const shown = async ({ shop }: World): Promise<Example> => {
  const { path, headers } = await paid(shop);
  return { path, headers };
};
const held = async ({ shop }: World): Promise<Example> => {
  const { path } = await paid(shop);
  expectStatus(await shop.asOwner.post(`/orders/${path.id}/hold`, {}), 200);
  return { path };
};

/** A return of one piece, brought so far. */
const returned =
  (asker: 'staff' | 'customer', ...steps: ['receive' | 'inspect', object][]) =>
  async ({ shop }: World): Promise<Example & { path: { id: string }; lineId: string }> => {
    const { placed } = await shipped(shop);
    const lineId = placed.order.lines[0].id;
    const body = { orderId: placed.order.id, lines: [{ lineId, quantity: 1, reason: 'Too small' }] };
    const client = asker === 'staff' ? shop.asOwner : shop.asGuest;
    const headers: Record<string, string> = asker === 'staff' ? {} : { 'x-order-token': placed.accessToken! };
    const back = await client.post<{ id: string }>('/returns', body, { key: newId(), headers });
    const { id } = expectStatus(back, 201);
    for (const [step, more] of steps) {
      const answer = await shop.asOwner.post(
        `/returns/${id}/${step}`,
        step === 'inspect' ? { lines: [{ lineId, ...more }] } : more,
        { key: newId() },
      );
      expectStatus(answer, 200);
    }
    return { path: { id }, lineId };
  };
const RECEIVED: ['receive', object] = ['receive', {}];
const INSPECTED: ['inspect', object] = ['inspect', { restock: true }];

const arrangements: Arrangements = {
  getSalesByDay: () => ({ query: { from: '2026-01-01' } }),
  getCustomerCohorts: () => ({ query: { from: '2026-01-01' } }),
  listShipments: shown,
  getOrderTimeline: shown,
  getInvoice: shown,
  listCreditNotes: shown,
  getCreditNote: async ({ shop }) => {
    const { path, placed, headers } = await paid(shop);
    expectStatus(await shop.asGuest.get(`/orders/${path.id}/invoice.pdf`, { headers }), 200);
    expectStatus(await shop.asOwner.post(`/orders/${path.id}/cancel`, {}, { key: newId() }), 200);
    const creditNoteId = await eventually(async () => {
      const found = await shop.asOwner.get<{ data: { id: string }[] }>(`/orders/${placed.order.id}/credit-notes`);
      return expectStatus(found, 200).data[0]?.id;
    });
    return { path: { ...path, creditNoteId }, headers };
  },
  shipOrder: async ({ shop }) => {
    const { path, placed } = await paid(shop);
    return { path, body: { lines: [{ lineId: placed.order.lines[0].id, quantity: 1 }] } };
  },
  deliverShipment: async ({ shop }) => {
    const { path } = await shipped(shop);
    const found = await shop.asOwner.get<{ data: { id: string }[] }>(`/orders/${path.id}/shipments`);
    return { path: { ...path, shipmentId: expectStatus(found, 200).data[0].id } };
  },
  holdOrder: async ({ shop }) => ({ path: (await paid(shop)).path }),
  releaseOrder: held,
  closeOrder: async ({ shop }) => ({ path: (await shipped(shop)).path }),
  changeOrderAddress: async ({ shop }) => ({ path: (await paid(shop)).path }),
  noteOrder: async ({ shop }) => ({ path: (await paid(shop)).path }),
  manageOrders: async ({ shop }) => ({ body: { orderIds: [(await paid(shop)).path.id] } }),
  requestReturn: async ({ shop }) => {
    const { path, placed } = await shipped(shop);
    const lines = [{ lineId: placed.order.lines[0].id, quantity: 1, reason: 'Too small' }];
    return { client: shop.asOwner, body: { orderId: path.id, lines } };
  },
  getReturn: async (world) => ({ client: world.shop.asOwner, path: (await returned('staff')(world)).path }),
  approveReturn: async (world) => ({ path: (await returned('customer')(world)).path }),
  rejectReturn: async (world) => ({ path: (await returned('customer')(world)).path }),
  cancelReturn: async (world) => ({ path: (await returned('staff')(world)).path }),
  receiveReturn: async (world) => {
    const { path, lineId } = await returned('staff')(world);
    return { path, body: { lines: [{ lineId, quantity: 1 }] } };
  },
  inspectReturn: async (world) => {
    const { path, lineId } = await returned('staff', RECEIVED)(world);
    return { path, body: { lines: [{ lineId, restock: true }] } };
  },
  refundReturn: async (world) => ({ path: (await returned('staff', RECEIVED, INSPECTED)(world)).path }),
  closeReturn: async (world) => ({ path: (await returned('staff', RECEIVED, INSPECTED)(world)).path }),
  getOrder: shown,
  editOrder: async ({ shop }) => {
    const placed = await order(shop, 'success');
    const { sku } = await stock(shop);
    return { path: { id: placed.order.id }, body: { add: [{ sku, quantity: 1 }], change: undefined } };
  },
  exchangeReturn: async (world) => {
    const { path } = await returned('staff', RECEIVED, INSPECTED)(world);
    const { sku } = await stock(world.shop);
    return { path, body: { lines: [{ sku, quantity: 1 }] } };
  },
  cancelOrder: async ({ shop }) => ({
    path: { id: (await order(shop, 'declined')).order.id },
    body: { lines: undefined },
  }),
  fulfilOrder: async ({ shop }) => ({ path: { id: (await order(shop, 'success')).order.id } }),
  payOrder: async ({ shop }) => {
    const placed = await order(shop, 'declined');
    return { path: { id: placed.order.id }, headers: { 'x-order-token': placed.accessToken! } };
  },
};
export default arrangements;
