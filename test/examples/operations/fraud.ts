import { newId } from '../../../src/kernel/ids/ids';
import { expectStatus } from '../../support/client';
import { eventually } from '../../support/eventually';
import type { Shop } from '../../support/shop';
import type { Arrangements, Example, World } from '../world';
import { order } from './orders';

const GUESTS = { signal: 'shopper.guest', op: 'eq', value: true };

const rule = async (shop: Shop, more: object = { weight: 1 }): Promise<string> => {
  const body = { name: `Example ${newId()}`, mode: 'live', condition: GUESTS, ...more };
  return expectStatus(await shop.asOwner.post<{ id: string }>('/fraud/rules', body), 201).id;
};

/** An open review, in a shop of its own: it stops the payments of guests. */
const review = async ({ ownShop }: World): Promise<Example> => {
  const shop = await ownShop();
  await rule(shop, { decision: 'review' });
  await order(shop, 'success');
  const id = await eventually(async () => {
    const { data } = (await shop.asOwner.get<{ data: { id: string }[] }>('/fraud/reviews')).body;
    return data[0]?.id;
  });
  return { client: shop.asOwner, path: { id } };
};

/** A judgement, in a shop of its own. */
const assessment = async ({ ownShop }: World): Promise<Example> => {
  const shop = await ownShop();
  await rule(shop);
  await order(shop, 'success');
  const { data } = (await shop.asOwner.get<{ data: { id: string }[] }>('/fraud/assessments')).body;
  return { client: shop.asOwner, path: { id: data[0].id } };
};

const named = ({ shop }: World): Promise<Example> =>
  rule(shop, { mode: 'off', weight: 1 }).then((id) => ({ path: { id } }));

const arrangements: Arrangements = {
  // The example's thresholds and lists must not stand in the way of the other examples.
  saveFraudSettings: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  createFraudRule: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  addFraudListEntry: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  importFraudListEntries: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  getFraudRule: named,
  listFraudRuleVersions: named,
  changeFraudRule: async (world) => ({ ...(await named(world)), body: { mode: 'shadow' } }),
  deleteFraudRule: named,
  removeFraudListEntry: async ({ shop }) => {
    const body = { list: 'block', kind: 'email', value: `${newId()}@example.com` };
    const { id } = expectStatus(await shop.asOwner.post<{ id: string }>('/fraud/list-entries', body), 201);
    return { path: { id } };
  },
  getFraudAssessment: assessment,
  labelFraudAssessment: assessment,
  dryRunFraudRule: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
  trainFraudModel: { notSent: 'It needs a history of labelled payments; test/flows/fraud trains one.' },
  getFraudModel: { notSent: 'It needs a trained model; test/flows/fraud reads one.' },
  changeFraudModel: { notSent: 'It needs a trained model; test/flows/fraud changes one.' },
  getFraudReview: review,
  approveFraudReview: review,
  rejectFraudReview: review,
  assignFraudReview: review,
  noteFraudReview: review,
};
export default arrangements;
