import { invalid, type AppError } from '../../../kernel/errors/app-error';
import type { GatewaySecrets } from './payment-gateway';

/** Providers that a tenant may have accounts at. */
export const PROVIDERS = ['stripe', 'paypal', 'sandbox'] as const;
export type Provider = (typeof PROVIDERS)[number];

interface Credential {
  required: boolean;
  form: RegExp;
  /** What it looks like, for whoever mistyped it. */
  expected: string;
  /** Public by nature: shown again in full. */
  open?: true;
}

const FORMS: Record<Provider, Record<string, Credential>> = {
  stripe: {
    secretKey: {
      required: true,
      form: /^(?:sk|rk)_(?:test|live)_\w{3,250}$/,
      expected: 'sk_live_..., sk_test_... or rk_...',
    },
    webhookSecret: { required: false, form: /^whsec_[\w+/=-]{8,250}$/, expected: 'whsec_...' },
    publishableKey: { required: false, form: /^pk_(?:test|live)_\w{3,250}$/, expected: 'pk_...', open: true },
  },
  paypal: {
    clientId: { required: true, form: /^[\w-]{8,200}$/, expected: 'the client id of the app', open: true },
    clientSecret: { required: true, form: /^[\w-]{8,200}$/, expected: 'the secret of the app' },
    webhookId: { required: false, form: /^[\w-]{6,60}$/, expected: 'the id of the webhook', open: true },
  },
  sandbox: {},
};

/** The one credential that webhooks are checked with. */
const WEBHOOK: Record<Provider, string | null> = { stripe: 'webhookSecret', paypal: 'webhookId', sandbox: null };

const refused = (errors: { pointer: string; code: string; detail: string }[]): AppError =>
  invalid('payments.credentials-invalid', 'The credentials are not those of the provider.', { errors });

/** Checks credentials by their form. @throws AppError invalid `payments.credentials-invalid`; values are never repeated */
export function checkCredentials(provider: Provider, credentials: Record<string, string>, all: boolean): void {
  const forms = FORMS[provider];
  const fault = (name: string, code: string, detail: string) => ({ pointer: `/credentials/${name}`, code, detail });
  const errors = [];
  for (const name of Object.keys(credentials)) {
    if (!Object.hasOwn(forms, name)) errors.push(fault(name, 'unknown', `${provider} has no such credential.`));
    else if (typeof credentials[name] !== 'string' || !forms[name].form.test(credentials[name]))
      errors.push(fault(name, 'form', `Expected ${forms[name].expected}.`));
  }
  if (all)
    for (const [name, { required, expected }] of Object.entries(forms))
      if (required && !(name in credentials)) errors.push(fault(name, 'required', `Expected ${expected}.`));
  if (errors.length) throw refused(errors);
}

/** Credentials as they are sealed: the webhook's secret apart, as it can be rolled. */
export function secretsOf(provider: Provider, credentials: Record<string, string>): GatewaySecrets {
  const webhook = WEBHOOK[provider];
  const others = Object.fromEntries(Object.entries(credentials).filter(([name]) => name !== webhook));
  return { webhook: webhook && credentials[webhook] ? [credentials[webhook]] : [], credentials: others };
}

/** Credentials as they were given, out of the sealed form. */
export function credentialsOf(provider: Provider, secrets: GatewaySecrets): Record<string, string> {
  const webhook = WEBHOOK[provider];
  return { ...secrets.credentials, ...(webhook && secrets.webhook[0] ? { [webhook]: secrets.webhook[0] } : {}) };
}

/** What is shown of credentials ever after: public ones in full, of secrets the last four characters. */
export const hintsOf = (provider: Provider, credentials: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => [
      name,
      FORMS[provider][name].open ? value : `…${value.slice(-4)}`,
    ]),
  );

/** Keys of Stripe say themselves whether they move money; elsewhere the tenant says it. */
export function isTestMode(
  provider: Provider,
  credentials: Record<string, string>,
  said: boolean | undefined,
): boolean {
  if (provider === 'sandbox') return true;
  if (provider !== 'stripe') return said ?? false;
  const test = credentials.secretKey.includes('_test_');
  if (said !== undefined && said !== test)
    throw refused([
      {
        pointer: '/credentials/secretKey',
        code: 'mode',
        detail: test ? 'This is a key of the test mode.' : 'This is a key of the live mode.',
      },
    ]);
  return test;
}
