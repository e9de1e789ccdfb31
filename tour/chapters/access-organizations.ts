import {
  acceptInvitation,
  addApprovalRule,
  addCartLine,
  addCorporatePerson,
  approve,
  changeBranding,
  checkOut,
  createCart,
  createMainstay,
  createProduct,
  getOrder,
  inviteMember,
  listApprovals,
  newIdempotencyKey,
  openCorporateAccount,
  payOrder,
  receiveStock,
  registerInvited,
  switchOrganization,
  unwrap,
  type Client,
  type TokensView,
} from '../../sdk/src';
import { as, mailTo, mark, PASSWORD, refused, signIn, signUp } from '../actors';
import { same, until, type Guide } from '../guide';

const ADDRESS = { name: 'Bela Buyer', line1: 'Quay 7', city: 'Porto', postalCode: '4000-001', country: 'PT' };
const CARD = { type: 'sandbox', token: 'success' };
const SKU = `BARREL-${mark}`;
const keyed = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': newIdempotencyKey() });

/** A wholesaler invites people, and an order above a limit waits until somebody in the buyer's company agrees. */
export async function accessOrganizations(guide: Guide, url: string): Promise<void> {
  guide.chapter('Access: an invitation and an approval');
  const anyone = createMainstay({ baseUrl: url });
  const tokenOf = async (email: string): Promise<string> =>
    /\/invitations\/([\w-]+)/.exec((await mailTo(url, email, /invited/i)).text)![1];
  const invite = (client: Client, email: string, role: string) =>
    inviteMember({ client, body: { email, role }, headers: keyed() });

  const owner = await guide.step('a wholesaler opens, in its own colours', async () => {
    await signUp(url, { email: `wanda-${mark}@example.com`, name: 'Wanda', organizationName: `Wholesale ${mark}` });
    const client = as(url, await signIn(url, `wanda-${mark}@example.com`));
    const shown = unwrap(await changeBranding({ client, body: { primaryColor: '#0a5c9e', tagline: 'By the barrel' } }));
    same('text on the colour', shown.textColor, '#ffffff');
    return client;
  });

  const boss = await guide.step('it invites Mara, who has no account: the link in her mail makes one', async () => {
    const email = `mara-${mark}@example.com`;
    unwrap(await invite(owner, email, 'customer'));
    const token = await tokenOf(email);
    unwrap(await registerInvited({ client: anyone, body: { token, name: 'Mara', password: PASSWORD } }));
    const used = await refused(registerInvited({ client: anyone, body: { token, name: 'Mara', password: PASSWORD } }));
    same('code', used.code, 'organizations.invitation-spent');
    return signIn(url, email);
  });

  const buyer = await guide.step('and Bela, who has one: only he can accept, and only once', async () => {
    const email = `bela-${mark}@example.com`;
    await signUp(url, { email, name: 'Bela', organizationName: `Imports ${mark}` });
    const client = as(url, await signIn(url, email));
    const invitation = unwrap(await invite(owner, email, 'customer'));
    const token = await tokenOf(email);
    const other = await refused(acceptInvitation({ client: as(url, boss), body: { token } }));
    same('code', other.code, 'organizations.invitation-for-another');
    const joined = unwrap(await acceptInvitation({ client, body: { token } }));
    same('role', joined.role, invitation.role);
    return unwrap(await switchOrganization({ client, body: { organization: joined.organization.slug } })) as TokensView;
  });

  await guide.step('both buy for one company, where orders above 250 EUR need a manager', async () => {
    const account = unwrap(
      await openCorporateAccount({ client: owner, body: { name: `Imports ${mark}`, currency: 'EUR' } }),
    );
    const add = async (tokens: TokensView, role: 'buyer' | 'manager'): Promise<unknown> =>
      unwrap(
        await addCorporatePerson({
          client: owner,
          path: { id: account.id },
          body: { userId: tokens.user!.id, roles: [role] },
        }),
      );
    await add(buyer, 'buyer');
    await add(boss, 'manager');
    unwrap(
      await addApprovalRule({
        client: owner,
        path: { id: account.id },
        body: { name: 'Large orders', subject: 'order', above: 25_000, steps: [{ role: 'manager', needed: 1 }] },
      }),
    );
    const variants = [{ sku: SKU, price: { amount: 10_000, currency: 'EUR' } }];
    unwrap(await createProduct({ client: owner, body: { name: `Barrel ${mark}`, variants } }));
    unwrap(await receiveStock({ client: owner, body: { lines: [{ sku: SKU, quantity: 10 }] }, headers: keyed() }));
  });

  const order = await guide.step('Bela orders three barrels: the order waits and nothing is charged', async () => {
    const client = as(url, buyer);
    const cart = unwrap(await createCart({ client, body: {} }));
    unwrap(await addCartLine({ client, path: { id: cart.id }, body: { sku: SKU, quantity: 3 } }));
    const placed = unwrap(
      await checkOut({
        client,
        path: { id: cart.id },
        body: { email: `bela-${mark}@example.com`, shippingAddress: ADDRESS, paymentMethod: CARD },
        headers: keyed(),
      }),
    );
    same('status', placed.order.status, 'awaiting_approval');
    same('payment', placed.payment, null);
    return placed.order;
  });

  await guide.step('Mara finds it in her inbox and approves; Bela gets a mail and pays', async () => {
    const client = as(url, boss);
    const waiting = await until('The approval', async () => {
      const { data } = unwrap(await listApprovals({ client, query: { mine: true } }));
      return data.find(({ subjectId }) => subjectId === order.id);
    });
    const own = await refused(approve({ client: as(url, buyer), path: { id: waiting.id }, body: {} }));
    same('code', own.code, 'organizations.own-approval');
    unwrap(await approve({ client, path: { id: waiting.id }, body: { comment: 'Fits the budget' } }));
    const letter = await mailTo(url, `bela-${mark}@example.com`, /approved/);
    same('comment', /Fits the budget/.test(letter.text), true);
    unwrap(
      await payOrder({
        client: as(url, buyer),
        path: { id: order.id },
        body: { paymentMethod: CARD },
        headers: keyed(),
      }),
    );
    const paid = unwrap(await getOrder({ client: as(url, buyer), path: { id: order.id } }));
    same('status', paid.status, 'paid');
  });
}
