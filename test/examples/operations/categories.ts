import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus, type TestClient } from '../../support/client';
import type { Arrangements } from '../world';

/** A category of its own. @returns its id */
export const category = async (client: TestClient): Promise<string> =>
  expectStatus(await client.post<{ id: string }>('/categories', { name: `Shelf ${newId().slice(-10)}` }), 201).id;

const arrangements: Arrangements = {
  getCategory: async ({ shop }) => ({ path: { id: await category(shop.asOwner) } }),
  getCategoryBySlug: async ({ ownShop }) => {
    const { asGuest, asOwner } = await ownShop();
    expectStatus(await asOwner.post('/categories', { name: 'Tea' }), 201);
    return { client: asGuest, query: { slug: 'tea' } };
  },
  changeCategory: async ({ ownShop }) => {
    const { asOwner } = await ownShop();
    return { client: asOwner, path: { id: await category(asOwner) } };
  },
  removeCategory: async ({ shop }) => ({ path: { id: await category(shop.asOwner) } }),
};
export default arrangements;
