import { expectStatus } from '../../support/client';
import { fillCart, stock, type Shop } from '../../support/shop';
import type { Arrangements } from '../world';

/** A cart of a shop that sells what the examples name. */
async function cartOf(shop: Shop): Promise<{ id: string; lineId: string }> {
  const { sku } = await stock(shop, { sku: 'TEA-100', price: 1_250 });
  const id = await fillCart(shop.asGuest, [{ sku, quantity: 2 }]);
  const cart = expectStatus(await shop.asGuest.get<{ lines: { id: string }[] }>(`/carts/${id}`), 200);
  return { id, lineId: cart.lines[0].id };
}

const inOwnShop =
  (line = false): Arrangements[string] =>
  async ({ ownShop }) => {
    const shop = await ownShop();
    const { id, lineId } = await cartOf(shop);
    return { client: shop.asGuest, path: { id, ...(line ? { lineId } : {}) } };
  };

const arrangements: Arrangements = {
  getCart: inOwnShop(),
  addCartLine: inOwnShop(),
  changeCartLine: inOwnShop(true),
  removeCartLine: inOwnShop(true),
  setCartDestination: inOwnShop(),
  saveCheckoutSettings: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  checkOut: inOwnShop(),
};
export default arrangements;
