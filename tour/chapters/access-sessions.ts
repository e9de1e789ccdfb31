import {
  createMainstay,
  endSession,
  getProfile,
  listSessions,
  refreshTokens,
  unwrap,
  type TokensView,
} from '../../sdk/src';
import { as, mailTo, mark, refused, signIn, signUp } from '../actors';
import { same, type Guide } from '../guide';

const LAPTOP = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1';

/** Two devices of one person: one signs the other out; then a token is used twice, and only its family ends. */
export async function accessSessions(guide: Guide, url: string): Promise<void> {
  guide.chapter('Access: sessions and devices');
  const email = `devon-${mark}@example.com`;
  const anyone = createMainstay({ baseUrl: url });
  const laptop = await guide.step('a person signs in on a laptop', async () => {
    await signUp(url, { email, name: 'Devon Devices', organizationName: `Devices ${mark}` });
    return signIn(url, email, { 'User-Agent': LAPTOP });
  });
  const phone = await guide.step('and on a phone: a mail tells of the new device', async () => {
    const tokens = await signIn(url, email, { 'User-Agent': PHONE });
    await mailTo(url, email, /new sign-in/i);
    return tokens;
  });
  await guide.step('from the phone the laptop is signed out: its token opens nothing any more', async () => {
    const { data } = unwrap(await listSessions({ client: as(url, phone), query: {} }));
    same('sessions', data.length, 2);
    unwrap(await endSession({ client: as(url, phone), path: { id: data.find(({ current }) => !current)!.id } }));
    same('code', (await refused(getProfile({ client: as(url, laptop) }))).code, 'auth.session-ended');
    const left = unwrap(await listSessions({ client: as(url, phone), query: {} }));
    same('sessions left', [left.data.length, left.data[0].current], [1, true]);
  });
  await guide.step('a refresh token is used twice: its family ends, the other device stays signed in', async () => {
    const again = await signIn(url, email, { 'User-Agent': LAPTOP, 'X-Device': laptop.deviceToken! });
    const refresh = async (refreshToken: string): Promise<TokensView> =>
      unwrap(await refreshTokens({ client: anyone, body: { refreshToken } })) as TokensView;
    const next = await refresh(again.refreshToken!);
    await refresh(next.refreshToken!);
    const reuse = await refused(refreshTokens({ client: anyone, body: { refreshToken: again.refreshToken! } }));
    same('code', reuse.code, 'identity.refresh-token-invalid');
    same('code', (await refused(getProfile({ client: as(url, next) }))).code, 'auth.session-ended');
    same('e-mail', unwrap(await getProfile({ client: as(url, phone) })).email, email);
  });
}
