import { expectStatus } from '../../support/client';
import { fillCart, stock, type Shop } from '../../support/shop';
import type { Arrangements, Example, World } from '../world';

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

/** A way to ship to the country of the examples. */
async function shippingMethod(shop: Shop): Promise<string> {
  const zones = [{ countries: ['PT'], rates: [{ from: 0, price: 495 }] }];
  const terms = { name: 'Parcel', currency: 'EUR', rateBy: 'weight', zones };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/shipping-methods', terms), 201).id;
}

/** A cart that says where it goes, in a shop that ships there. */
const destined: (world: World) => Promise<Example & { methodId: string }> = async ({ ownShop }) => {
  const shop = await ownShop();
  const methodId = await shippingMethod(shop);
  const { id } = await cartOf(shop);
  expectStatus(await shop.asGuest.call('PUT', `/carts/${id}/destination`, { country: 'PT' }), 200);
  return { client: shop.asGuest, path: { id }, methodId };
};

const ofMethod: Arrangements[string] = async ({ ownShop }) => {
  const shop = await ownShop();
  return { client: shop.asOwner, path: { id: await shippingMethod(shop) } };
};

const inOwnShop =
  (line = false): Arrangements[string] =>
  async ({ ownShop }) => {
    const shop = await ownShop();
    const { id, lineId } = await cartOf(shop);
    return { client: shop.asGuest, path: { id, ...(line ? { lineId } : {}) } };
  };

const arrangements: Arrangements = {
  getCart: inOwnShop(),
  getOwnCart: async (world) => {
    const { client } = await world.customer(world.shop);
    const { sku } = await stock(world.shop);
    await fillCart(client, [{ sku, quantity: 1 }]);
    return { client };
  },
  mergeCart: async (world) => {
    const { client } = await world.customer(world.shop);
    const { sku } = await stock(world.shop);
    return { client, path: { id: await fillCart(world.shop.asGuest, [{ sku, quantity: 1 }]) } };
  },
  setCartCurrency: inOwnShop(),
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
  listCartShippingMethods: async (world) => {
    const { client, path } = await destined(world);
    return { client, path };
  },
  chooseShippingMethod: async (world) => {
    const { client, path, methodId } = await destined(world);
    return { client, path, body: { methodId } };
  },
  createShippingMethod: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getShippingMethod: ofMethod,
  changeShippingMethod: ofMethod,
  setCartDestination: inOwnShop(),
  saveCheckoutSettings: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  checkOut: inOwnShop(),
};
export default arrangements;
