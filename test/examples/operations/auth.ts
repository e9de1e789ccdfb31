import { newId } from '../../../src/kernel/ids/ids';
import { mailTo, PASSWORD } from '../../support/shop';
import type { Arrangements } from '../world';

const arrangements: Arrangements = {
  register: ({ anyone }) => ({ client: anyone }),
  login: async ({ shop, customer, anyone }) => {
    const { email, password } = await customer(shop);
    return { client: anyone, body: { email, password, organization: shop.slug } };
  },
  refreshTokens: async ({ shop, customer, anyone }) => ({
    client: anyone,
    body: { refreshToken: (await customer(shop)).refreshToken },
  }),
  logout: async ({ shop, customer }) => ({ client: (await customer(shop)).client }),
  switchOrganization: async ({ ownShop }) => {
    const shop = await ownShop();
    return { client: shop.asOwner, body: { organization: shop.slug } };
  },
  verifyEmail: async ({ anyone }) => {
    const email = `verify-${newId().slice(-12)}@example.com`;
    await anyone.post('/auth/register', { email, password: PASSWORD, name: 'Vera', organizationName: 'Example' });
    const { text } = await mailTo(anyone, email);
    return { client: anyone, path: { token: /\/verify-email\/([\w-]+)/.exec(text)![1] } };
  },
};
export default arrangements;
