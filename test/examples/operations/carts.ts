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

/** The coupon that the examples name. */
async function coupon(shop: Shop): Promise<string> {
  const terms = { name: 'Spring sale', code: 'SPRING-10', kind: 'percentage', basisPoints: 1000 };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/coupons', terms), 201).id;
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
  addCartCoupon: async ({ ownShop }) => {
    const shop = await ownShop();
    await coupon(shop);
    const { id } = await cartOf(shop);
    return { client: shop.asGuest, path: { id } };
  },
  removeCartCoupon: async ({ ownShop }) => {
    const shop = await ownShop();
    const couponId = await coupon(shop);
    const { id } = await cartOf(shop);
    expectStatus(await shop.asGuest.post(`/carts/${id}/coupons`, { code: 'SPRING-10' }), 201);
    return { client: shop.asGuest, path: { id, couponId } };
  },
  // A percentage has no amount.
  createCoupon: async ({ ownShop }) => ({ client: (await ownShop()).asOwner, body: { amount: undefined } }),
  getCoupon: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, path: { id: await coupon(shop) } };
  },
  changeCoupon: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, path: { id: await coupon(shop) } };
  },
  setCartDestination: inOwnShop(),
  saveCheckoutSettings: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  checkOut: inOwnShop(),
};
export default arrangements;
