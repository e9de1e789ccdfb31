import { boolean, choice, integer, list, secret, url } from './setting';

const plain = { doc: '', example: '' };

/** Payment providers, and the sandbox. */
export const PAYMENT_SETTINGS = {
  MAINSTAY_PAYMENT_PROVIDERS: list(
    choice(['stripe', 'paypal', 'apple_pay'], plain),
    'a comma separated list of `stripe`, `paypal`, `apple_pay`',
    {
      doc: 'Payment providers that organizations may use with accounts of their own. No request goes to one that is not listed, whatever keys an organization saves.',
      default: [],
      defaultDoc: 'none; one whose `..._API_BASE` is set counts as listed',
      example: 'stripe,paypal',
    },
  ),
  STRIPE_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of the Stripe API, for a proxy or a double. Keys belong to the accounts of the organizations.',
    defaultDoc: '`https://api.stripe.com` where `MAINSTAY_PAYMENT_PROVIDERS` lists `stripe`',
    origin: true,
    example: 'https://api.stripe.com',
  }),
  PAYPAL_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of the PayPal API, for a proxy or a double.',
    defaultDoc:
      '`https://api-m.paypal.com`, for accounts in test mode `https://api-m.sandbox.paypal.com`, where `MAINSTAY_PAYMENT_PROVIDERS` lists `paypal`',
    origin: true,
    example: 'https://api-m.paypal.com',
  }),
  APPLE_PAY_API_BASE: url(['https'], 'an https:// URL without a path', {
    doc: 'The one address that merchant sessions of Apple Pay are asked for at, for a proxy or a double.',
    defaultDoc:
      'the gateways of Apple that a browser names, and no other, where `MAINSTAY_PAYMENT_PROVIDERS` lists `apple_pay`',
    origin: true,
    example: 'https://apple-pay-gateway.apple.com',
  }),
  APPLE_PAY_CA: secret('a certificate in PEM form', {
    doc: 'Who is trusted at APPLE_PAY_API_BASE instead of the usual authorities; best given as a file.',
    make: 'copied from whoever runs that address',
    example: '',
  }),
  MAINSTAY_GATEWAY_TIMEOUT_MS: integer(
    { min: 100, max: 80_000 },
    {
      doc: 'Milliseconds after which a call to a payment provider counts as unanswered; the payment is then checked later.',
      default: 15_000,
      example: '15000',
    },
  ),
  MAINSTAY_SANDBOX_PAYMENTS: boolean({
    doc: 'Offer the sandbox payment gateway, which moves no money.',
    default: (mode) => mode !== 'production',
    defaultDoc: '`true`; production `false`',
    example: 'false',
  }),
};
