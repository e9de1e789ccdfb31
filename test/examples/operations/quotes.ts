import { expectStatus } from '../../support/client';
import { ADDRESS, stock, type Shop } from '../../support/shop';
import type { Arrangements, Example, World } from '../world';

const draft = async (shop: Shop): Promise<{ sku: string; id: string }> => {
  const { sku } = await stock(shop);
  const body = { email: 'sasha@example.com', shippingAddress: ADDRESS, lines: [{ sku, quantity: 1 }] };
  return { sku, id: expectStatus(await shop.asOwner.post<{ id: string }>('/quotes', body), 201).id };
};
const drafted = async ({ shop }: World): Promise<Example> => ({
  client: shop.asOwner,
  path: { id: (await draft(shop)).id },
});
const sent = async ({ shop }: World): Promise<Example> => {
  const { id } = await draft(shop);
  expectStatus(await shop.asOwner.post(`/quotes/${id}/send`, {}), 200);
  return { client: shop.asOwner, path: { id } };
};

const arrangements: Arrangements = {
  createQuote: async ({ shop }) => ({ body: { lines: [{ sku: (await stock(shop)).sku, quantity: 1 }] } }),
  rewriteQuote: async ({ shop }) => {
    const { id, sku } = await draft(shop);
    return { path: { id }, body: { lines: [{ sku, quantity: 2 }] } };
  },
  getQuote: drafted,
  getQuoteDocument: drafted,
  sendQuote: drafted,
  withdrawQuote: drafted,
  acceptQuote: sent,
  declineQuote: sent,
};
export default arrangements;
