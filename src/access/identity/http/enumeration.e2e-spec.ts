import { newId } from '../../../kernel/ids/ids';
import { expectStatus, TestClient, type Answer } from '../../../../test/support/client';
import { server } from '../../../../test/support/server';
import { mailTo, openShop, PASSWORD, signUp, type Shop } from '../../../../test/support/shop';

type Kind = 'present' | 'absent' | 'locked' | 'closed' | 'unproven';

/** Header fields that differ from request to request, whoever asks for whom; `server-timing` is of development alone. */
const OF_THE_REQUEST = /^(?:date|x-request-id|ratelimit|server-timing)$/;

/** Nobody learns from an answer whether there is an account. How long answers take is compared by the security run. */
describe('answers that do not tell whether there is an account', () => {
  let anybody: TestClient;
  let shop: Shop;
  beforeAll(async () => {
    const { url } = await server();
    anybody = new TestClient(url);
    shop = await openShop(url, 'Silent');
  });
  const address = (): string => `silent-${newId().slice(-14)}@example.com`;
  const logIn = (email: string, password: string) => anybody.post('/auth/login', { email, password });
  /** Addresses of one length, in the state that their name says. */
  const people = async (): Promise<Record<Kind, string>> => {
    const all = { present: address(), absent: address(), locked: address(), closed: address(), unproven: address() };
    for (const email of [all.present, all.locked]) await signUp(shop.asGuest, { email, name: 'Sam Silent' });
    const closed = await signUp(shop.asGuest, { email: all.closed, name: 'Sam Silent' });
    const disabled = await anybody.post('/auth/account/disable', { password: PASSWORD }, { token: closed.accessToken });
    expectStatus(disabled, 204);
    await shop.asGuest.post('/auth/register', { email: all.unproven, password: PASSWORD, name: 'Sam Silent' });
    for (let i = 0; i < 6; i++) await logIn(all.locked, `wrong guess ${i}`);
    return all;
  };
  /** All that an answer says, but for the address and the names of this one request. */
  const told = (answer: Answer, email: string): string => {
    const fields = [...answer.headers].map(([name, value]) => (OF_THE_REQUEST.test(name) ? name : `${name}: ${value}`));
    const body = answer.text.replaceAll(email, '<address>').replace(/"requestId":"[^"]+"/, '');
    return [answer.status, body, ...fields].join('\n');
  };
  const sameFor = async (kinds: Kind[], ask: (email: string) => Promise<Answer>): Promise<Record<Kind, string>> => {
    const all = await people();
    const said = new Set<string>();
    for (const kind of kinds) said.add(told(await ask(all[kind]), all[kind]));
    const [first, ...others] = said;
    for (const other of others) expect(other).toBe(first);
    return all;
  };
  const KINDS: Kind[] = ['present', 'absent', 'locked', 'closed', 'unproven'];

  it('of a sign-in with a wrong password', () =>
    sameFor(KINDS, (email) => logIn(email, 'none of my passwords at all')).then(() => undefined));

  it('of a sign-in with the right password that is locked, or of a closed account', async () => {
    const all = await people();
    const wrong = told(await logIn(all.absent, PASSWORD), all.absent);
    for (const kind of ['locked', 'closed'] as const)
      expect(told(await logIn(all[kind], PASSWORD), all[kind])).toBe(wrong);
  });

  it('of a registration, which asks the database as often whatever the address', async () => {
    const all = await people();
    const trips = async (email: string): Promise<string> => {
      const form = { email, password: PASSWORD, name: 'Sam', organizationName: 'Silent Four' };
      return (await anybody.post('/auth/register', form)).headers.get('server-timing')!.replace(/dur=[\d.]+/, '');
    };
    const present = await trips(all.present);
    expect(await trips(all.absent)).toBe(present);
    expect(await trips(all.unproven)).toBe(present);
  });

  it('of a registration, in a shop or with one', async () => {
    await sameFor(KINDS, (email) => shop.asGuest.post('/auth/register', { email, password: PASSWORD, name: 'Sam' }));
    await sameFor(KINDS, (email) =>
      anybody.post('/auth/register', { email, password: PASSWORD, name: 'Sam', organizationName: 'Silent Two' }),
    );
  });

  it('of a forgotten password and a further link; mail goes to who has an account alone', async () => {
    const all = await sameFor(KINDS, (email) => anybody.post('/auth/forgot-password', { email }));
    await sameFor(KINDS, (email) => anybody.post('/auth/verify-email/resend', { email }));
    await mailTo(anybody, all.present, /Set a new password/);
    await mailTo(anybody, all.closed, /Set a new password/);
    const inbox = await anybody.get<{ data: unknown[] }>(`/dev/mailbox?to=${all.absent}`);
    expect(inbox.body.data).toEqual([]);
  });

  it('of an administrator who asks somebody to work in the organization', async () => {
    const other = await openShop(shop.url, 'Silent three');
    await sameFor(['present', 'absent', 'locked', 'closed', 'unproven'], (email) =>
      other.asOwner.post('/users', { email, name: 'Sam', role: 'staff' }),
    );
  });

  it('of links that never were', async () => {
    for (const [path, body] of [
      ['/auth/reset-password', { token: 'nothing', password: PASSWORD }],
      ['/auth/email-change/confirm', { token: 'nothing' }],
      ['/auth/email-change/undo', { token: 'nothing' }],
      ['/auth/account/keep', { token: 'nothing' }],
    ] as const)
      expect([path, (await anybody.post(path, body)).status]).toEqual([path, 404]);
  });
});
