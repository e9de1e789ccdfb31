import type { Arrangements } from '../world';

const arrangements: Arrangements = {
  changeCurrentOrganization: async ({ ownShop }) => ({ client: (await ownShop()).asOwner }),
};
export default arrangements;
