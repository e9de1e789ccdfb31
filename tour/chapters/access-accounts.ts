import {
  changeProfile,
  createMainstay,
  forgotPassword,
  listLoginHistory,
  login,
  resetPassword,
  unwrap,
  type TokensView,
} from '../../sdk/src';
import { as, mailTo, mark, PASSWORD, refused, signIn, signUp } from '../actors';
import { same, type Guide } from '../guide';

const NEW_PASSWORD = 'seven quiet boats at anchor';

/** An account that strangers guess at: its own device goes on, and a new password by mail opens it again. */
export async function accessAccounts(guide: Guide, url: string): Promise<void> {
  guide.chapter('Access: accounts');
  const email = `alma-${mark}@example.com`;
  const anyone = createMainstay({ baseUrl: url });
  const tokens = await guide.step('somebody registers, opens the link of the mail and signs in', async () => {
    await signUp(url, { email, name: 'Alma Account', organizationName: `Accounts ${mark}` });
    return signIn(url, email);
  });
  await guide.step('strangers guess: after five tries even the right password of a stranger is refused', async () => {
    for (let i = 0; i < 6; i++) {
      const guess = await refused(login({ client: anyone, body: { email, password: `guess number ${i}` } }));
      same('code', guess.code, 'identity.invalid-credentials');
    }
    const right = await refused(login({ client: anyone, body: { email, password: PASSWORD } }));
    same('code', right.code, 'identity.invalid-credentials');
  });
  await guide.step('the device that the account knows signs in all the same', async () => {
    const again = await signIn(url, email, { 'X-Device': tokens.deviceToken! });
    same('e-mail', again.user.email, email);
  });
  // Not a text: the guide prints what a step returns as one, and this opens the account.
  const { token } = await guide.step('a new password is asked for by mail', async () => {
    unwrap(await forgotPassword({ client: anyone, body: { email } }));
    const { text } = await mailTo(url, email, /new password/i);
    return { token: /\/reset-password\/([\w-]+)/.exec(text)![1] };
  });
  const fresh = await guide.step('a common one is refused, a good one opens the account, once', async () => {
    const common = await refused(resetPassword({ client: anyone, body: { token, password: 'passwordpassword1' } }));
    same('code', common.code, 'identity.password-refused');
    unwrap(await resetPassword({ client: anyone, body: { token, password: NEW_PASSWORD } }));
    const spent = await refused(resetPassword({ client: anyone, body: { token, password: NEW_PASSWORD } }));
    same('code', spent.code, 'identity.link-spent');
    return unwrap(await login({ client: anyone, body: { email, password: NEW_PASSWORD } })) as TokensView;
  });
  await guide.step('its owner sees the tries, and says in which language to be spoken to', async () => {
    const { data } = unwrap(await listLoginHistory({ client: as(url, fresh), query: {} }));
    same('results', [...new Set(data.map(({ result }) => result))].sort().join(), 'success,wrong_password');
    const profile = unwrap(await changeProfile({ client: as(url, fresh), body: { locale: 'pt-pt' } }));
    same('locale', profile.locale, 'pt-PT');
  });
}
