import {
  createMainstay,
  listDevMailbox,
  login,
  MainstayError,
  newIdempotencyKey,
  register,
  unwrap,
  verifyEmail,
  type Client,
  type TokensView,
} from '../sdk/src';
import { until } from './guide';

export const PASSWORD = 'a long walk by the harbour';

/** Tells the names of this tour from those of tours before it. */
export const mark = newIdempotencyKey().slice(0, 8);

/** The newest mail to an address, waited for. */
export async function mailTo(url: string, to: string, subject?: RegExp): Promise<{ subject: string; text: string }> {
  const client = createMainstay({ baseUrl: url });
  return until(`Mail to ${to}`, async () => {
    const { data } = unwrap(await listDevMailbox({ client, query: { to } }));
    return data.find((one) => !subject || subject.test(one.subject ?? '')) as
      { subject: string; text: string } | undefined;
  });
}

/** Registers and proves the address; does not sign in. */
export async function signUp(
  url: string,
  account: { email: string; name: string; organizationName: string },
): Promise<void> {
  const client = createMainstay({ baseUrl: url });
  unwrap(await register({ client, body: { ...account, password: PASSWORD } }));
  const token = /\/verify-email\/([\w-]+)/.exec((await mailTo(url, account.email)).text)![1];
  unwrap(await verifyEmail({ client, path: { token } }));
}

/** Signs in. `headers` name the client, such as its `User-Agent` or `X-Device`. */
export async function signIn(url: string, email: string, headers: Record<string, string> = {}): Promise<TokensView> {
  const client = createMainstay({ baseUrl: url });
  return unwrap(await login({ client, body: { email, password: PASSWORD }, headers })) as TokensView;
}

/** @returns the problem of a call that has to be refused */
export async function refused(
  call: Promise<{ data?: unknown; error?: unknown; response?: Response }>,
): Promise<MainstayError> {
  try {
    unwrap(await call);
  } catch (error) {
    if (error instanceof MainstayError) return error;
    throw error;
  }
  throw new Error('This should have been refused.');
}

export const as = (url: string, { accessToken }: TokensView): Client => createMainstay({ baseUrl: url, accessToken });
