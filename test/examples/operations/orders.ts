import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { checkOut, fillCart, stock, type Placed, type Shop } from '../../support/shop';
import type { Arrangements } from '../world';

/** An order of one piece by a guest, paid or not. */
export async function order(shop: Shop, card: 'success' | 'declined' | 'requires_action'): Promise<Placed> {
  const { sku } = await stock(shop);
  const cart = await fillCart(shop.asGuest, [{ sku, quantity: 1 }]);
  return expectStatus(await checkOut(shop.asGuest, cart, card, newId()), 201);
}

const arrangements: Arrangements = {
  getOrder: async ({ shop }) => {
    const placed = await order(shop, 'success');
    return { path: { id: placed.order.id }, headers: { 'x-order-token': placed.accessToken! } };
  },
  cancelOrder: async ({ shop }) => ({ path: { id: (await order(shop, 'declined')).order.id } }),
  fulfilOrder: async ({ shop }) => ({ path: { id: (await order(shop, 'success')).order.id } }),
  payOrder: async ({ shop }) => {
    const placed = await order(shop, 'declined');
    return { path: { id: placed.order.id }, headers: { 'x-order-token': placed.accessToken! } };
  },
};
export default arrangements;
