import { newId } from '../../../src/kernel/ids/ids';
import type { TestClient } from '../../support/client';
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
  forgotPassword: ({ anyone }) => ({ client: anyone }),
  resetPassword: async ({ shop, customer, anyone }) => ({
    client: anyone,
    body: { token: await resetToken(anyone, (await customer(shop)).email) },
  }),
  changePassword: async ({ shop, customer }) => {
    const { client, password } = await customer(shop);
    return { client, body: { currentPassword: password } };
  },
  logoutAll: async ({ shop, customer }) => ({ client: (await customer(shop)).client }),
  askEmailChange: async ({ shop, customer }) => {
    const { client, password } = await customer(shop);
    return { client, body: { password, email: `new-${newId().slice(-12)}@example.com` } };
  },
  confirmEmailChange: async ({ shop, customer, anyone }) => ({
    client: anyone,
    body: { token: (await changedAddress(anyone, await customer(shop))).confirm },
  }),
  undoEmailChange: async ({ shop, customer, anyone }) => {
    const person = await customer(shop);
    const { confirm } = await changedAddress(anyone, person);
    await anyone.post('/auth/email-change/confirm', { token: confirm });
    return { client: anyone, body: { token: linkToken((await mailTo(anyone, person.email, /was changed/)).text) } };
  },
  disableAccount: async ({ shop, customer }) => {
    const { client, password } = await customer(shop);
    return { client, body: { password } };
  },
  deleteAccount: async ({ shop, customer }) => {
    const { client, password } = await customer(shop);
    return { client, body: { password } };
  },
  keepAccount: async ({ shop, customer, anyone }) => {
    const { client, email, password } = await customer(shop);
    await client.post('/auth/account/delete', { password });
    return { client: anyone, body: { token: linkToken((await mailTo(anyone, email, /will be deleted/)).text) } };
  },
};

/** The token of the one link in a mail. */
const linkToken = (text: string): string => /https?:\/\/\S+\/([\w-]{20,})/.exec(text)![1];

async function resetToken(anyone: TestClient, email: string): Promise<string> {
  await anyone.post('/auth/forgot-password', { email });
  return linkToken((await mailTo(anyone, email, /new password/)).text);
}

/** Asks for another address. @returns the token that proves it */
async function changedAddress(
  anyone: TestClient,
  person: { client: TestClient; password: string },
): Promise<{ email: string; confirm: string }> {
  const email = `moved-${newId().slice(-12)}@example.com`;
  await person.client.post('/auth/email-change', { email, password: person.password });
  return { email, confirm: linkToken((await mailTo(anyone, email, /Confirm/)).text) };
}
export default arrangements;
