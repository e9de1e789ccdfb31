import {
  createGrant,
  createRole,
  explainDecision,
  getProfile,
  listMembers,
  changeMember,
  listOrders,
  readClock,
  register,
  revokeGrant,
  unwrap,
  verifyEmail,
  createMainstay,
  type TokensView,
} from '../../sdk/src';
import { as, mailTo, mark, PASSWORD, refused, signIn, signUp } from '../actors';
import { same, type Guide } from '../guide';

const HOUR = 3_600;

/** A role of the shop's own, lent to somebody for two hours and from this network alone, and what is said about it. */
export async function accessGrants(guide: Guide, url: string): Promise<void> {
  guide.chapter('Access: roles and grants');
  const [ownerMail, helperMail] = [`greta-${mark}@example.com`, `hugo-${mark}@example.com`];
  const { owner, shop } = await guide.step('an owner opens a shop', async () => {
    await signUp(url, { email: ownerMail, name: 'Greta Grants', organizationName: `Grants ${mark}` });
    const tokens = await signIn(url, ownerMail);
    return { owner: as(url, tokens), shop: unwrap(await getProfile({ client: as(url, tokens) })).organization! };
  });
  const helper = await guide.step('a helper joins it, with no rights but to know that it exists', async () => {
    const visitor = createMainstay({ baseUrl: url, tenant: shop.slug });
    unwrap(await register({ client: visitor, body: { email: helperMail, password: PASSWORD, name: 'Hugo Helper' } }));
    const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(url, helperMail)).text)![1];
    unwrap(await verifyEmail({ client: visitor, path: { token } }));
    const tokens: TokensView = await signIn(url, helperMail);
    const { data } = unwrap(await listMembers({ client: owner }));
    const member = data.find(({ userId }) => userId === tokens.user.id)!;
    unwrap(await changeMember({ client: owner, path: { id: member.id }, body: { role: 'user' } }));
    same('code', (await refused(listOrders({ client: as(url, tokens) }))).code, 'auth.permission-missing');
    return { client: as(url, tokens), id: tokens.user.id };
  });
  const role = await guide.step('the owner makes a role, and one that inherits it', async () => {
    const packer = unwrap(
      await createRole({
        client: owner,
        body: { name: `Packer ${mark}`, permissions: ['orders:read', 'inventory:*'] },
      }),
    );
    return unwrap(
      await createRole({
        client: owner,
        body: { name: `Night packer ${mark}`, permissions: [], inherits: [packer.key] },
      }),
    );
  });
  const grant = await guide.step('and lends it for two hours, to this network and a sign-in of today', async () => {
    const today = (await now(owner)).getTime();
    return unwrap(
      await createGrant({
        client: owner,
        body: {
          subject: { type: 'user', id: helper.id },
          role: role.key,
          effect: 'allow',
          validTo: new Date(today + 2 * HOUR * 1_000).toISOString(),
          condition: { all: [{ ip: ['127.0.0.0/8', '::1/128'] }, { auth_age: 24 * HOUR }] },
          reason: 'Packs while the others are at the fair.',
        },
      }),
    );
  });
  await guide.step('it holds at once, for the session that was open before', async () => {
    unwrap(await listOrders({ client: helper.client }));
  });
  const ask = async (circumstances?: { ip?: string; at?: string }) =>
    unwrap(await explainDecision({ client: helper.client, body: { permission: 'orders:read', circumstances } }));
  await guide.step('explained: the way through the roles; from elsewhere, the condition that fails', async () => {
    const here = await ask();
    same('decision', [here.allowed, here.path.length, here.grants[0].id], [true, 2, grant.id]);
    const elsewhere = await ask({ ip: '198.51.100.7' });
    same('decision', [elsewhere.allowed, elsewhere.reason], [false, 'conditions_failed']);
    same('pointer', elsewhere.failedConditions[0].pointer, '/condition/all/0/ip');
    return `${here.path.join(' → ')}; not from 198.51.100.7`;
  });
  await guide.step('the helper cannot hand it on: nobody gives what they do not hold for good', async () => {
    const to = { type: 'user' as const, id: helper.id };
    unwrap(await createGrant({ client: owner, body: { subject: to, permission: 'grants:write', effect: 'allow' } }));
    const body = { subject: to, permission: 'orders:read', effect: 'allow' as const };
    same('code', (await refused(createGrant({ client: helper.client, body }))).code, 'identity.not-yours-to-give');
  });
  await guide.step('an explicit denial wins, until it is lifted', async () => {
    const denied = unwrap(
      await createGrant({
        client: owner,
        body: { subject: { type: 'user', id: helper.id }, permission: 'orders:*', effect: 'deny' },
      }),
    );
    same('code', (await refused(listOrders({ client: helper.client }))).code, 'auth.permission-missing');
    same('reason', (await ask()).reason, 'explicitly_denied');
    unwrap(await revokeGrant({ client: owner, path: { id: denied.id } }));
    unwrap(await listOrders({ client: helper.client }));
  });
  await guide.step('two hours later it is over by itself', async () => {
    const later = await ask({ at: new Date((await now(owner)).getTime() + 3 * HOUR * 1_000).toISOString() });
    same('pointer', later.failedConditions[0].pointer, '/validTo');
    return 'asked for a moment three hours from now';
  });
}

/** The product's time: tours before this one may have moved it. */
async function now(owner: ReturnType<typeof as>): Promise<Date> {
  return new Date(unwrap(await readClock({ client: owner })).now);
}
