import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import type { Shop } from '../../support/shop';
import type { Arrangement, Arrangements, World } from '../world';

const place = async ({ asOwner }: Shop): Promise<string> => {
  const body = { name: `Station ${newId().slice(-8)}`, kind: 'charger', lat: 47.07, lng: 15.44, listed: true };
  return expectStatus(await asOwner.post<{ id: string }>('/places', body), 201).id;
};
const ofPlace: Arrangement = async ({ shop }) => ({ path: { id: await place(shop) } });

/** A review that a customer wrote of a new place. */
const review = async (world: World) => {
  const { client } = await world.customer(world.shop);
  const id = await place(world.shop);
  const body = { stars: 4, text: 'Quick.' };
  const written = await client.call<{ id: string }>('PUT', `/places/${id}/reviews/mine`, body);
  return { client, placeId: id, reviewId: expectStatus(written, 200).id };
};
const ofReview: Arrangement = async (world) => ({ path: { id: (await review(world)).reviewId } });
const ofOwnReview: Arrangement = async (world) => {
  const { client, placeId } = await review(world);
  return { client, path: { id: placeId } };
};

const arrangements: Arrangements = {
  listNearbyPlaces: async ({ shop }) => {
    await place(shop);
    return { query: { lat: '47.07', lng: '15.44' } };
  },
  createPlace: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getPlace: ofPlace,
  changePlace: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, path: { id: await place(shop) } };
  },
  deletePlace: ofPlace,
  tellPlacePrices: ofPlace,
  withdrawPlacePrice: async ({ shop }) => {
    const id = await place(shop);
    const prices = [{ product: 'diesel', unit: 'l', price: { amount: 158, currency: 'EUR' } }];
    expectStatus(await shop.asOwner.call('PUT', `/places/${id}/prices`, { prices }), 200);
    return { path: { id }, query: { product: 'diesel', unit: 'l' } };
  },
  withdrawPlaceAvailability: async ({ shop }) => {
    const id = await place(shop);
    const resources = [{ resource: 'ccs', free: 2 }];
    expectStatus(await shop.asOwner.call('PUT', `/places/${id}/availability`, { resources }), 200);
    return { path: { id }, query: { resource: 'ccs' } };
  },
  listPlacePrices: ofPlace,
  tellPlaceAvailability: ofPlace,
  importPlaces: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  createPlaceKind: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  deletePlaceKind: async ({ shop }) => {
    const body = { key: `kind_${newId().slice(-8)}`, name: 'Kind' };
    return { path: { id: expectStatus(await shop.asOwner.post<{ id: string }>('/place-kinds', body), 201).id } };
  },
  getPlaceReview: ofReview,
  hidePlaceReview: ofReview,
  showPlaceReview: ofReview,
  answerPlaceReview: ofReview,
  withdrawPlaceReviewAnswer: ofReview,
  reportPlaceReview: ofReview,
  listPlaceReviews: ofPlace,
  writePlaceReview: ofPlace,
  getOwnPlaceReview: ofOwnReview,
  deletePlaceReview: ofOwnReview,
};
export default arrangements;
