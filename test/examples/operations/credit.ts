import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import type { Shop } from '../../support/shop';
import type { Arrangements } from '../world';

const amount = { amount: 1_250, currency: 'EUR' };

/** A gift card whose code is known. */
export async function giftCard(shop: Shop): Promise<{ id: string; code: string }> {
  const body = { amount, origin: 'given' };
  const made = await shop.asOwner.post<{ giftCard: { id: string }; code: string }>('/gift-cards', body, {
    key: newId(),
  });
  const { giftCard: card, code } = expectStatus(made, 201);
  return { id: card.id, code };
}

async function customer(shop: Shop): Promise<string> {
  const body = { email: `${newId()}@example.com`, name: 'Robin' };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/customers', body, { key: newId() }), 201).id;
}

/** Store credit of a new customer. @returns its id */
export async function storeCredit(shop: Shop): Promise<string> {
  const body = { customerId: await customer(shop), amount };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/store-credits', body, { key: newId() }), 201).id;
}

const arrangements: Arrangements = {
  issueGiftCard: async () => ({ body: { customerId: undefined } }),
  checkGiftCards: async ({ shop }) => ({ caller: 'asGuest', body: { codes: [(await giftCard(shop)).code] } }),
  getGiftCard: async ({ shop }) => ({ path: { id: (await giftCard(shop)).id } }),
  listGiftCardEntries: async ({ shop }) => ({ path: { id: (await giftCard(shop)).id } }),
  voidGiftCard: async ({ shop }) => ({ path: { id: (await giftCard(shop)).id } }),
  grantStoreCredit: async ({ shop }) => ({ body: { customerId: await customer(shop) } }),
  getStoreCredit: async ({ shop }) => ({ path: { id: await storeCredit(shop) } }),
  listStoreCreditEntries: async ({ shop }) => ({ path: { id: await storeCredit(shop) } }),
  voidStoreCredit: async ({ shop }) => ({ path: { id: await storeCredit(shop) } }),
};
export default arrangements;
