import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import type { Shop } from '../../support/shop';
import type { Arrangements } from '../world';

const line = (account: string, side: string) => ({ account, side, amount: { amount: 1_250, currency: 'EUR' } });

/** A journal by hand. @returns its id */
async function journal(shop: Shop, pending = false): Promise<string> {
  const body = { description: 'Example', pending, lines: [line('1000', 'debit'), line('3900', 'credit')] };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/ledger/journals', body, { key: newId() }), 201).id;
}

const arrangements: Arrangements = {
  resolveSuspense: {
    notSent: 'needs a movement that only a provider reports; test/flows/ledger-books.int-spec.ts resolves one',
  },
  getJournal: async ({ shop }) => ({ path: { id: await journal(shop) } }),
  postPendingJournal: async ({ shop }) => ({ path: { id: await journal(shop, true) }, body: { lines: undefined } }),
  voidPendingJournal: async ({ shop }) => ({ path: { id: await journal(shop, true) } }),
  reverseJournal: async ({ shop }) => ({ path: { id: await journal(shop) } }),
};
export default arrangements;
