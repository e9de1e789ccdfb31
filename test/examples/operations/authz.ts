import type { Arrangements } from '../world';

const arrangements: Arrangements = {
  explainDecision: async ({ shop, customer }) => ({
    body: { subject: { type: 'user', id: (await customer(shop)).user.id } },
  }),
  reviewAccess: () => ({ query: { permission: 'orders:read' } }),
};
export default arrangements;
