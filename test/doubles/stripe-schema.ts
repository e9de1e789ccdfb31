import Ajv, { type ValidateFunction } from 'ajv';

const text = { type: 'string', maxLength: 5_000 };
const amount = { type: 'integer', minimum: 1 };
const currency = { type: 'string', pattern: '^[a-z]{3}$' };
const metadata = { type: 'object', maxProperties: 50, additionalProperties: { type: 'string', maxLength: 500 } };
const expand = { type: 'array', items: { type: 'string', maxLength: 5_000 } };
const page = {
  limit: { type: 'integer', minimum: 1, maximum: 100 },
  starting_after: text,
  ending_before: text,
  expand,
};
/** Parts of evidence that are files, by their ids. */
const EVIDENCE_FILES = [
  'cancellation_policy',
  'customer_communication',
  'customer_signature',
  'duplicate_charge_documentation',
  'receipt',
  'refund_policy',
  'service_documentation',
  'shipping_documentation',
  'uncategorized_file',
];
/** Parts of evidence that are texts, after the typings of the SDK. */
const EVIDENCE = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_tracking_number',
  'uncategorized_text',
];
const METHODS = ['card', 'ideal', 'bancontact', 'sepa_debit', 'klarna', 'eps', 'p24', 'paypal'];
const ADDRESS = ['line1', 'line2', 'city', 'state', 'postal_code', 'country'];
const range = {
  anyOf: [
    { type: 'integer' },
    {
      type: 'object',
      additionalProperties: false,
      properties: {
        gt: { type: 'integer' },
        gte: { type: 'integer' },
        lt: { type: 'integer' },
        lte: { type: 'integer' },
      },
    },
  ],
};

const params = (properties: object, required: string[] = []): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});

/** The types that the account is set up for; lists of types have changed their name between versions of the API. */
const automatic = params({ enabled: { type: 'boolean' }, allow_redirects: { enum: ['always', 'never'] } }, ['enabled']);

/**
 * Parameters of the operations that Mainstay uses, written after the typings of the SDK (PaymentIntents, Refunds, Disputes,
 * Payouts, BalanceTransactions): names, types and enums as there, nothing beyond. Unknown parameters and wrong types are
 * refused as Stripe refuses them.
 */
const OPERATIONS: Record<string, object> = {
  'POST /v1/payment_intents': params(
    {
      amount,
      currency,
      metadata,
      expand,
      payment_method: text,
      confirmation_token: text,
      customer: text,
      description: { type: 'string', maxLength: 1_000 },
      payment_method_options: params({
        card: params({ request_three_d_secure: { enum: ['any', 'automatic', 'challenge'] } }),
      }),
      confirm: { type: 'boolean' },
      off_session: { type: 'boolean' },
      mandate_data: params({
        customer_acceptance: params(
          {
            type: { enum: ['online', 'offline'] },
            online: params({ ip_address: text, user_agent: text }, ['ip_address', 'user_agent']),
            offline: params({}),
          },
          ['type'],
        ),
      }),
      return_url: { type: 'string', pattern: '^https?://' },
      capture_method: { enum: ['automatic', 'automatic_async', 'manual'] },
      automatic_payment_methods: automatic,
      payment_method_data: params(
        {
          type: { enum: METHODS },
          metadata,
          billing_details: params({
            name: text,
            email: text,
            phone: text,
            address: params(Object.fromEntries(ADDRESS.map((part) => [part, text]))),
          }),
          sepa_debit: params({ iban: text }, ['iban']),
        },
        ['type'],
      ),
    },
    ['amount', 'currency'],
  ),
  'GET /v1/payment_intents': params({ ...page, created: range, customer: text }),
  'GET /v1/payment_intents/:id': params({ expand, client_secret: text }),
  'POST /v1/payment_intents/:id/capture': params({ amount_to_capture: amount, metadata, expand }),
  'POST /v1/payment_intents/:id/cancel': params({
    cancellation_reason: { enum: ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] },
    expand,
  }),
  'POST /v1/payment_intents/:id/confirm': params({
    payment_method: text,
    return_url: { type: 'string', pattern: '^https?://' },
    off_session: { type: 'boolean' },
    expand,
  }),
  'POST /v1/payment_methods': params(
    { type: { enum: METHODS }, card: params({ token: text }, ['token']), metadata, expand },
    ['type'],
  ),
  'POST /v1/customers': params({ email: text, name: text, description: text, metadata, expand }),
  'GET /v1/customers/:id': params({ expand }),
  'POST /v1/setup_intents': params({
    confirm: { type: 'boolean' },
    customer: text,
    payment_method: text,
    automatic_payment_methods: automatic,
    usage: { enum: ['off_session', 'on_session'] },
    return_url: { type: 'string', pattern: '^https?://' },
    metadata,
    expand,
  }),
  'GET /v1/setup_intents/:id': params({ client_secret: text, expand }),
  'POST /v1/payment_methods/:id/detach': params({ expand }),
  'POST /v1/refunds': params({
    payment_intent: text,
    charge: text,
    amount,
    metadata,
    expand,
    reason: { enum: ['duplicate', 'fraudulent', 'requested_by_customer'] },
  }),
  'GET /v1/refunds': params({ ...page, payment_intent: text, charge: text, created: range }),
  'GET /v1/disputes/:id': params({ expand }),
  'POST /v1/disputes/:id': params({
    evidence: params({
      ...Object.fromEntries(EVIDENCE.map((name) => [name, { type: 'string', maxLength: 20_000 }])),
      ...Object.fromEntries(EVIDENCE_FILES.map((name) => [name, { type: 'string', pattern: '^file_' }])),
    }),
    metadata,
    submit: { type: 'boolean' },
    expand,
  }),
  'POST /v1/disputes/:id/close': params({ expand }),
  'GET /v1/payouts/:id': params({ expand }),
  'GET /v1/balance_transactions': params({ ...page, payout: text, source: text, type: text, created: range }),
};

const ajv = new Ajv({ coerceTypes: true, allErrors: false, strict: false });
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with the parameters of an operation; null when nothing is, undefined when there is no such operation. */
export function faultOf(
  operation: string,
  given: object,
): { message: string; param: string; code: string } | null | undefined {
  const schema = OPERATIONS[operation];
  if (!schema) return undefined;
  let validate = compiled.get(operation);
  if (!validate) compiled.set(operation, (validate = ajv.compile(schema)));
  if (validate(given)) return null;
  const [error] = validate.errors!;
  const at = error.instancePath.split('/').slice(1);
  const named = (path: string[]): string =>
    path[0] +
    path
      .slice(1)
      .map((part) => `[${part}]`)
      .join('');
  if (error.keyword === 'additionalProperties') {
    const param = named([...at, (error.params as { additionalProperty: string }).additionalProperty]);
    return { message: `Received unknown parameter: ${param}`, param, code: 'parameter_unknown' };
  }
  if (error.keyword === 'required') {
    const param = named([...at, (error.params as { missingProperty: string }).missingProperty]);
    return { message: `Missing required param: ${param}.`, param, code: 'parameter_missing' };
  }
  const param = named(at);
  return { message: `Invalid ${param}: ${error.message}`, param, code: 'parameter_invalid' };
}
