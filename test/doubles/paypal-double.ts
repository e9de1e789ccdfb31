import { createSign, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import Ajv, { type ValidateFunction } from 'ajv';

const id = (): string => randomBytes(9).toString('hex').toUpperCase().slice(0, 17);
const money = {
  type: 'object',
  additionalProperties: false,
  required: ['currency_code', 'value'],
  properties: {
    currency_code: { type: 'string', pattern: '^[A-Z]{3}$' },
    value: { type: 'string', pattern: '^\\d+(\\.\\d+)?$' },
  },
};
const params = (properties: object, required: string[] = []): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});
const url = { type: 'string', pattern: '^https?://' };

/** A wallet that was kept, as a charge names it. */
const keptWallet = params({
  paypal: params(
    {
      vault_id: { type: 'string', minLength: 1, maxLength: 255 },
      stored_credential: params(
        { payment_initiator: { enum: ['CUSTOMER', 'MERCHANT'] }, usage: { enum: ['FIRST', 'SUBSEQUENT', 'DERIVED'] } },
        ['payment_initiator'],
      ),
      experience_context: params({ return_url: url, cancel_url: url }),
    },
    ['vault_id'],
  ),
});
const vaultCustomer = params({
  id: { type: 'string', maxLength: 22 },
  merchant_customer_id: { type: 'string', maxLength: 64, pattern: '^[0-9a-zA-Z-_.^*$@#]+$' },
});

/** Bodies of the operations that Mainstay uses, written after the typings of the server SDK; nothing beyond is taken. */
const BODIES: Record<string, object> = {
  'POST /v2/checkout/orders': params(
    {
      intent: { enum: ['CAPTURE', 'AUTHORIZE'] },
      purchase_units: {
        type: 'array',
        minItems: 1,
        maxItems: 10,
        items: params(
          {
            reference_id: { type: 'string', maxLength: 256 },
            custom_id: { type: 'string', maxLength: 255 },
            amount: money,
          },
          ['amount'],
        ),
      },
      payment_source: params({
        paypal: params({ experience_context: params({ return_url: url, cancel_url: url }) }),
      }),
    },
    ['intent', 'purchase_units'],
  ),
  'POST /v2/checkout/orders/:id/capture': params({ payment_source: keptWallet }),
  'POST /v2/checkout/orders/:id/authorize': params({ payment_source: keptWallet }),
  'POST /v3/vault/setup-tokens': params(
    {
      customer: vaultCustomer,
      payment_source: params({
        paypal: params(
          {
            usage_type: { enum: ['MERCHANT', 'PLATFORM'] },
            permit_multiple_payment_tokens: { type: 'boolean' },
            experience_context: params({ return_url: url, cancel_url: url }),
          },
          ['usage_type'],
        ),
      }),
    },
    ['payment_source'],
  ),
  'POST /v3/vault/payment-tokens': params(
    {
      customer: vaultCustomer,
      payment_source: params({
        token: params({ id: { type: 'string', minLength: 1, maxLength: 255 }, type: { enum: ['SETUP_TOKEN'] } }, [
          'id',
          'type',
        ]),
      }),
    },
    ['payment_source'],
  ),
  'POST /v2/payments/authorizations/:id/capture': params({ amount: money, final_capture: { type: 'boolean' } }),
  'POST /v1/customer/disputes/:id/accept-claim': params({ note: { type: 'string', maxLength: 2_000 } }, ['note']),
  'POST /v1/customer/disputes/:id/provide-evidence': params(
    {
      evidences: {
        type: 'array',
        minItems: 1,
        items: params(
          {
            evidence_type: { enum: ['PROOF_OF_FULFILLMENT', 'PROOF_OF_REFUND', 'OTHER'] },
            notes: { type: 'string', minLength: 1, maxLength: 2_000 },
            documents: {
              type: 'array',
              minItems: 1,
              maxItems: 10,
              items: params({ name: { type: 'string', minLength: 1, maxLength: 255 } }, ['name']),
            },
            evidence_info: params({
              tracking_info: {
                type: 'array',
                items: params(
                  {
                    carrier_name: { type: 'string' },
                    carrier_name_other: { type: 'string' },
                    tracking_number: { type: 'string' },
                  },
                  ['tracking_number'],
                ),
              },
            }),
          },
          ['evidence_type'],
        ),
      },
    },
    ['evidences'],
  ),
  'POST /v2/payments/captures/:id/refund': params({ amount: money, custom_id: { type: 'string', maxLength: 127 } }),
};
const ajv = new Ajv({ strict: false });
const compiled = new Map<string, ValidateFunction>();

interface Amount {
  currency_code: string;
  value: string;
}
interface Part {
  id: string;
  status: string;
  amount: Amount;
  custom_id?: string;
  [more: string]: unknown;
}
interface PayPalOrder {
  id: string;
  intent: string;
  status: string;
  purchase_units: {
    custom_id?: string;
    amount: Amount;
    payments: { captures: Part[]; authorizations: Part[]; refunds: Part[] };
  }[];
  links: { rel: string; href: string; method: string }[];
  return_url: string;
  payment_source?: object;
}

/** A wallet on its way into the vault. */
interface SetupToken {
  id: string;
  status: string;
  customer: { id: string };
  links: { rel: string; href: string; method: string }[];
  return_url: string;
}

interface ReportLine {
  transaction_initiation_date: string;
  transaction_id: string;
  transaction_amount: Amount;
  fee_amount?: Amount;
}

/** A dispute as PayPal shows it. */
export interface PayPalDispute {
  dispute_id: string;
  create_time: string;
  reason: string;
  status: string;
  dispute_life_cycle_stage: string;
  dispute_amount: Amount;
  dispute_outcome?: { outcome_code: string };
  seller_response_due_date?: string;
  disputed_transactions: { seller_transaction_id: string; custom?: string }[];
  money_movements: { affected_party: string; amount: Amount; initiated_time: string; type: string; reason: string }[];
  evidences: unknown[];
}

/** A form of evidence, taken apart. */
interface EvidenceForm {
  input: string;
  files: { part: string; name: string; type: string; content: Buffer }[];
}

async function formOf(contentType: string, bytes: Buffer): Promise<EvidenceForm> {
  if (!contentType.startsWith('multipart/form-data;')) throw new Refused(415, 'UNSUPPORTED_MEDIA_TYPE', 'NO_FORM');
  const form = await new Response(Uint8Array.from(bytes), { headers: { 'content-type': contentType } }).formData();
  const parsed: EvidenceForm = { input: '', files: [] };
  for (const [part, value] of form)
    if (part === 'input') parsed.input = typeof value === 'string' ? value : await value.text();
    else if (typeof value !== 'string' && /^file\d+$/.test(part))
      parsed.files.push({ part, name: value.name, type: value.type, content: Buffer.from(await value.arrayBuffer()) });
    else throw new Refused(400, 'INVALID_REQUEST', 'INVALID_PARAMETER_SYNTAX');
  return parsed;
}

interface Kept {
  paypal: { vault_id: string; experience_context?: { return_url?: string } };
}

class Refused extends Error {
  constructor(
    readonly status: number,
    override readonly name: string,
    readonly issue: string,
  ) {
    super(issue);
  }
}

const UNPROCESSABLE = 'UNPROCESSABLE_ENTITY';
const printed = ({ name, issue }: Refused): string =>
  JSON.stringify({ name, message: issue, details: [{ issue, description: issue }] });

/** What a request says; the boundary of a form's parts is another one in each. */
function words(text: string, contentType = ''): string {
  const [, boundary] = /boundary=([^;]+)/.exec(contentType) ?? [];
  return boundary ? text.replaceAll(boundary, '') : text;
}

const cents = (amount: Amount): number => Math.round(Number(amount.value) * 100);
const worth = (value: number, like: Amount): Amount => ({ ...like, value: (value / 100).toFixed(2) });

/**
 * A double of PayPal's Orders v2 and Payments v2 on loopback that the official server SDK speaks to unchanged: tokens,
 * replay by `PayPal-Request-Id`, the page of the shopper's approval, webhooks signed with a certificate of its own. It
 * refuses members that PayPal does not have. Amounts are of currencies with two digits. Nothing is kept.
 */
export class PayPalDouble {
  readonly orders = new Map<string, PayPalOrder>();
  readonly disputes = new Map<string, PayPalDispute>();
  readonly events: object[] = [];
  /** Files of evidence, as they came. */
  readonly files: EvidenceForm['files'] = [];
  readonly refused: string[] = [];
  url = '';
  /** The next order's capture is refused with this issue, e.g. `INSTRUMENT_DECLINED`. */
  declineNext: string | null = null;
  /** The answer to the next capture is lost after it happened. */
  loseNext = false;
  /** The next call of such a path is done and its answer lost, or is not done and answered with 500, which PayPal does not keep. */
  failNext: { path: RegExp; how: 'lost' | 'error' } | null = null;
  /** What happens between an act and its answer. */
  meanwhile: ((pathname: string) => Promise<unknown>) | null = null;
  /** The next look at an order is refused with this status. */
  refuseLook: number | null = null;
  /** What the next payment is made with instead of a PayPal account, and what its bank checked. */
  cardNext: { source: object; processor: object } | null = null;
  /** The person must agree at PayPal before a kept wallet is charged the next time. */
  askNext = false;
  readonly setups = new Map<string, SetupToken>();
  /** Kept wallets by their tokens: the customer whose they are. */
  readonly wallets = new Map<string, { customer: { id: string } }>();
  private readonly server: Server;
  private readonly kept = new Map<string, { asked: string; status: number; body: string }>();
  private readonly key = readFileSync(path.join(__dirname, 'paypal-double.key.pem'));
  private readonly certificate = readFileSync(path.join(__dirname, 'paypal-double.cert.pem'));

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return (this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Headers of a webhook as PayPal signs it. */
  signed(body: string, webhookId: string, time = new Date().toISOString()): Record<string, string> {
    const transmission = randomBytes(16).toString('hex');
    const text = `${transmission}|${time}|${webhookId}|${crc32(Buffer.from(body))}`;
    return {
      'paypal-transmission-id': transmission,
      'paypal-transmission-time': time,
      'paypal-cert-url': `${this.url}/v1/notifications/certs/CERT-double`,
      'paypal-auth-algo': 'SHA256withRSA',
      'paypal-transmission-sig': createSign('sha256').update(text).sign(this.key, 'base64'),
    };
  }

  /** The shopper agrees at PayPal's page. */
  approve(orderId: string): void {
    const order = this.find(orderId);
    if (order.status !== 'PAYER_ACTION_REQUIRED') return;
    order.status = 'APPROVED';
    this.tell('CHECKOUT.ORDER.APPROVED', order);
  }

  private tell(type: string, resource: object): void {
    this.events.push({ id: `WH-${id()}`, event_type: type, resource: structuredClone(resource) });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url!, this.url);
    const text = Buffer.concat(chunks).toString('utf8');
    const answer = (status: number, body: string, type = 'application/json'): void => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    };
    if (pathname.startsWith('/v1/notifications/certs/')) return this.showCertificate(pathname, response);
    if (pathname.startsWith('/double/pages/')) return this.page(request.method!, pathname, response);
    if (pathname === '/v1/oauth2/token')
      return answer(200, JSON.stringify({ access_token: 'A21.double', token_type: 'Bearer', expires_in: 32_400 }));
    if (request.headers.authorization !== 'Bearer A21.double') return answer(401, '{"name":"AUTHENTICATION_FAILURE"}');
    const given = request.headers['paypal-request-id'];
    const named = request.method === 'POST' && given ? `${pathname} ${String(given)}` : null;
    const before = named && this.kept.get(named);
    const asked = words(text, request.headers['content-type']);
    if (before && before.asked !== asked)
      return answer(422, printed(new Refused(422, UNPROCESSABLE, 'DUPLICATE_REQUEST_ID')));
    if (before) return answer(before.status, before.body);
    const fails = this.failNext?.path.test(pathname) ? this.failNext.how : null;
    if (fails) this.failNext = null;
    if (fails === 'error')
      return answer(500, printed(new Refused(500, 'INTERNAL_SERVER_ERROR', 'INTERNAL_SERVER_ERROR')));
    let status: number;
    let body: string;
    try {
      // What may carry files is a form with the members in its part `input`.
      const isForm = pathname.endsWith('/provide-evidence');
      const form = isForm ? await formOf(request.headers['content-type'] ?? '', Buffer.concat(chunks)) : null;
      const json = form?.input ?? text;
      if (form) this.checkFiles(form, pathname);
      if (request.method === 'DELETE') {
        if (!this.wallets.delete(pathname.slice('/v3/vault/payment-tokens/'.length)))
          throw new Refused(404, 'RESOURCE_NOT_FOUND', 'TOKEN_NOT_FOUND');
        return void response.writeHead(204).end();
      }
      const result =
        pathname === '/v1/reporting/transactions'
          ? this.report(searchParams)
          : this.act(request.method!, pathname, json ? (JSON.parse(json) as object) : {});
      [status, body] = [request.method === 'POST' ? 201 : 200, JSON.stringify(result)];
      if (named) this.kept.set(named, { asked, status, body });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      [status, body] = [error.status, printed(error)];
    }
    await this.meanwhile?.(pathname);
    if (this.loseNext && /\/(?:capture|authorize)$/.test(pathname)) {
      this.loseNext = false;
      response.destroy();
    } else if (fails === 'lost') response.destroy();
    else answer(status, body);
  }

  /** Certificates that cannot be had are asked for by names that say why. */
  private showCertificate(pathname: string, response: ServerResponse): void {
    const show = (status: number, text: string, headers = {}) => response.writeHead(status, headers).end(text);
    switch (pathname.split('/').pop()) {
      case 'CERT-broken':
        return void show(200, '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n');
      case 'CERT-gone':
        return void show(404, '');
      case 'CERT-busy':
        return void show(503, '');
      case 'CERT-moved':
        return void show(302, '', { location: `${this.url}/v1/notifications/certs/CERT-double` });
      case 'CERT-cut':
        return void response.destroy();
      case 'CERT-silent':
        return;
      default:
        return void show(200, String(this.certificate));
    }
  }

  /** Files are those that the evidence names, of kinds and sizes that PayPal takes. */
  private checkFiles({ input, files }: EvidenceForm, pathname: string): void {
    const { evidences = [] } = JSON.parse(input) as { evidences?: { documents?: { name: string }[] }[] };
    const named = evidences.flatMap(({ documents = [] }) => documents.map(({ name }) => name));
    const sent = files.map(({ name }) => name);
    const isTaken = files.every(
      ({ type, content }) =>
        ['application/pdf', 'image/png', 'image/jpeg', 'image/gif'].includes(type) && content.length <= 10_000_000,
    );
    if (!isTaken || named.sort().join('\n') !== sent.sort().join('\n')) {
      this.refused.push(`POST ${pathname}: files ${sent.join(', ')}; named ${named.join(', ')}`);
      throw new Refused(400, 'INVALID_REQUEST', 'INVALID_DOCUMENT');
    }
    this.files.push(...files);
  }

  private act(method: string, pathname: string, body: object): object {
    const [, version, area, kind, thing, action] = pathname.split('/');
    const operation = `${method} /${version}/${area}/${kind}${thing ? '/:id' : ''}${action ? `/${action}` : ''}`;
    const schema = BODIES[operation] ?? params({});
    let validate = compiled.get(operation);
    if (!validate) compiled.set(operation, (validate = ajv.compile(schema)));
    if (!validate(body)) {
      this.refused.push(`${operation}: ${ajv.errorsText(validate.errors)}`);
      throw new Refused(400, 'INVALID_REQUEST', 'INVALID_PARAMETER_SYNTAX');
    }
    switch (operation) {
      case 'POST /v2/checkout/orders':
        return this.create(body as never);
      case 'GET /v2/checkout/orders/:id':
        return this.look(thing);
      case 'POST /v2/checkout/orders/:id/capture':
      case 'POST /v2/checkout/orders/:id/authorize':
        return this.complete(this.find(thing), action, (body as { payment_source?: Kept }).payment_source);
      case 'POST /v3/vault/setup-tokens':
        return this.setUp(body as never);
      case 'GET /v3/vault/setup-tokens/:id':
        return this.setup(thing);
      case 'POST /v3/vault/payment-tokens':
        return this.keep((body as { payment_source: { token: { id: string } } }).payment_source.token.id);
      case 'POST /v2/payments/authorizations/:id/capture':
        return this.capture(thing, (body as { amount?: Amount }).amount);
      case 'POST /v2/payments/authorizations/:id/void':
        return this.void(thing);
      case 'POST /v2/payments/captures/:id/refund':
        return this.refund(thing, body as { amount?: Amount; custom_id?: string });
      case 'GET /v1/customer/disputes/:id':
        return this.findDispute(thing);
      case 'POST /v1/customer/disputes/:id/accept-claim':
        return this.resolve(thing, 'RESOLVED_BUYER_FAVOUR');
      case 'POST /v1/customer/disputes/:id/provide-evidence':
        return this.takeEvidence(this.findDispute(thing), body as { evidences: unknown[] });
      default:
        throw new Refused(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
    }
  }

  private setup(setupId: string): SetupToken {
    const setup = this.setups.get(setupId);
    if (!setup) throw new Refused(404, 'RESOURCE_NOT_FOUND', 'TOKEN_NOT_FOUND');
    return setup;
  }

  private setUp(body: {
    customer?: { merchant_customer_id?: string };
    payment_source: { paypal: { experience_context?: { return_url?: string } } };
  }): SetupToken {
    const setup: SetupToken = {
      id: id(),
      status: 'PAYER_ACTION_REQUIRED',
      customer: { id: body.customer?.merchant_customer_id?.slice(-22) ?? id() },
      links: [],
      return_url: body.payment_source.paypal.experience_context?.return_url ?? '',
    };
    setup.links.push({ rel: 'approve', href: `${this.url}/double/pages/${setup.id}`, method: 'GET' });
    this.setups.set(setup.id, setup);
    return setup;
  }

  private keep(setupId: string): object {
    const setup = this.setup(setupId);
    if (setup.status !== 'APPROVED') throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'SETUP_TOKEN_NOT_APPROVED');
    setup.status = 'VAULTED';
    const token = { id: id(), customer: setup.customer };
    this.wallets.set(token.id, token);
    return { ...token, payment_source: { paypal: { email_address: 'kim@example.com', account_id: 'PAYER2222222' } } };
  }

  private findDispute(disputeId: string): PayPalDispute {
    const dispute = this.disputes.get(disputeId);
    if (!dispute) throw new Refused(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
    return dispute;
  }

  /** A shopper complains: first an inquiry, or at once a chargeback, which takes the money. */
  dispute(orderId: string, stage: 'INQUIRY' | 'CHARGEBACK' = 'CHARGEBACK'): PayPalDispute {
    const [capture] = this.find(orderId).purchase_units[0].payments.captures;
    const dispute: PayPalDispute = {
      dispute_id: `PP-D-${id()}`,
      create_time: new Date().toISOString(),
      reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
      status: 'WAITING_FOR_SELLER_RESPONSE',
      dispute_life_cycle_stage: stage,
      dispute_amount: capture.amount,
      seller_response_due_date: new Date(Date.now() + 10 * 86_400_000).toISOString(),
      disputed_transactions: [{ seller_transaction_id: capture.id, custom: capture.custom_id }],
      money_movements: [],
      evidences: [],
    };
    this.disputes.set(dispute.dispute_id, dispute);
    if (stage === 'CHARGEBACK') this.moveDisputed(dispute, 'DEBIT');
    this.tell('CUSTOMER.DISPUTE.CREATED', dispute);
    return dispute;
  }

  /** What was an inquiry takes the money now. */
  escalate(disputeId: string): void {
    const dispute = this.findDispute(disputeId);
    dispute.dispute_life_cycle_stage = 'CHARGEBACK';
    dispute.status = 'WAITING_FOR_SELLER_RESPONSE';
    this.moveDisputed(dispute, 'DEBIT');
    this.tell('CUSTOMER.DISPUTE.UPDATED', dispute);
  }

  resolve(disputeId: string, outcome: 'RESOLVED_BUYER_FAVOUR' | 'RESOLVED_SELLER_FAVOUR'): PayPalDispute {
    const dispute = this.findDispute(disputeId);
    if (dispute.status === 'RESOLVED') throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'DISPUTE_RESOLVED');
    dispute.status = 'RESOLVED';
    dispute.dispute_outcome = { outcome_code: outcome };
    if (outcome === 'RESOLVED_SELLER_FAVOUR' && dispute.money_movements.length > 0)
      this.moveDisputed(dispute, 'CREDIT');
    this.tell('CUSTOMER.DISPUTE.RESOLVED', dispute);
    return dispute;
  }

  private takeEvidence(dispute: PayPalDispute, { evidences }: { evidences: unknown[] }): PayPalDispute {
    if (dispute.status !== 'WAITING_FOR_SELLER_RESPONSE')
      throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE');
    dispute.status = 'UNDER_REVIEW';
    dispute.evidences.push(...evidences);
    this.tell('CUSTOMER.DISPUTE.UPDATED', dispute);
    return dispute;
  }

  /** The amount, and when it is taken a fee of 20.00 besides. */
  private moveDisputed(dispute: PayPalDispute, type: 'DEBIT' | 'CREDIT'): void {
    const amount = dispute.dispute_amount;
    const line = { affected_party: 'SELLER', initiated_time: new Date().toISOString(), type };
    dispute.money_movements.push({ ...line, amount, reason: 'DISPUTE_SETTLEMENT' });
    if (type === 'DEBIT')
      dispute.money_movements.push({ ...line, amount: worth(2_000, amount), reason: 'DISPUTE_SETTLEMENT_FEE' });
  }

  private create(body: {
    intent: string;
    purchase_units: { custom_id?: string; amount: Amount }[];
    payment_source?: { paypal?: { experience_context?: { return_url?: string } } };
  }): PayPalOrder {
    const orderId = id();
    const order: PayPalOrder = {
      id: orderId,
      intent: body.intent,
      status: body.payment_source ? 'PAYER_ACTION_REQUIRED' : 'CREATED',
      purchase_units: body.purchase_units.map((unit) => ({
        ...unit,
        payments: { captures: [], authorizations: [], refunds: [] },
      })),
      links: [{ rel: 'payer-action', href: `${this.url}/double/pages/${orderId}`, method: 'GET' }],
      return_url: body.payment_source?.paypal?.experience_context?.return_url ?? '',
    };
    this.orders.set(orderId, order);
    return order;
  }

  find(orderId: string): PayPalOrder {
    const order = this.orders.get(orderId);
    if (!order) throw new Refused(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
    return order;
  }

  private look(orderId: string): PayPalOrder {
    const status = this.refuseLook;
    this.refuseLook = null;
    if (status) throw new Refused(status, 'REFUSED', 'REFUSED');
    return this.find(orderId);
  }

  /** A kept wallet needs nobody's approval, but where PayPal wants it this time. */
  private chargeable(order: PayPalOrder, { paypal }: Kept): void {
    if (!this.wallets.has(paypal.vault_id)) throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'TOKEN_ID_NOT_FOUND');
    if (order.status !== 'CREATED') return;
    if (this.askNext) {
      this.askNext = false;
      order.status = 'PAYER_ACTION_REQUIRED';
      order.return_url = paypal.experience_context?.return_url ?? '';
      throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'PAYER_ACTION_REQUIRED');
    }
    order.status = 'APPROVED';
  }

  private complete(order: PayPalOrder, action: string, kept?: Kept): PayPalOrder {
    if (kept) this.chargeable(order, kept);
    if (order.status === 'COMPLETED') throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'ORDER_ALREADY_CAPTURED');
    if (order.status !== 'APPROVED') throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'ORDER_NOT_APPROVED');
    if (this.declineNext) {
      const issue = this.declineNext;
      this.declineNext = null;
      throw new Refused(422, 'UNPROCESSABLE_ENTITY', issue);
    }
    order.status = 'COMPLETED';
    const account = { account_id: 'PAYER2222222', email_address: 'kim@example.com', address: { country_code: 'NL' } };
    order.payment_source = this.cardNext?.source ?? { paypal: account };
    const [unit] = order.purchase_units;
    if (action === 'authorize') {
      const reserved = { id: id(), status: 'CREATED', amount: unit.amount, custom_id: unit.custom_id };
      unit.payments.authorizations.push(reserved);
      this.tell('PAYMENT.AUTHORIZATION.CREATED', { ...reserved, ...related(order) });
    } else this.take(order, unit.amount);
    return order;
  }

  private take(order: PayPalOrder, amount: Amount): Part {
    const [unit] = order.purchase_units;
    const fee = worth(Math.round(cents(amount) * 0.0299) + 39, amount);
    const capture: Part = {
      id: id(),
      status: 'COMPLETED',
      amount,
      custom_id: unit.custom_id,
      final_capture: true,
      create_time: new Date().toISOString(),
      seller_receivable_breakdown: { gross_amount: amount, paypal_fee: fee },
      ...(this.cardNext ? { processor_response: this.cardNext.processor } : {}),
    };
    this.cardNext = null;
    unit.payments.captures.push(capture);
    this.tell('PAYMENT.CAPTURE.COMPLETED', { ...capture, ...related(order) });
    return capture;
  }

  private partOf(kind: 'captures' | 'authorizations', partId: string): { order: PayPalOrder; part: Part } {
    for (const order of this.orders.values())
      for (const part of order.purchase_units[0].payments[kind]) if (part.id === partId) return { order, part };
    throw new Refused(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
  }

  private capture(authorizationId: string, amount: Amount | undefined): Part {
    const { order, part } = this.partOf('authorizations', authorizationId);
    if (part.status !== 'CREATED') throw new Refused(422, 'UNPROCESSABLE_ENTITY', `AUTHORIZATION_${part.status}`);
    if (amount && cents(amount) > cents(part.amount))
      throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'MAX_CAPTURE_AMOUNT_EXCEEDED');
    part.status = 'CAPTURED';
    return this.take(order, amount ?? part.amount);
  }

  private void(authorizationId: string): Part {
    const { order, part } = this.partOf('authorizations', authorizationId);
    if (part.status !== 'CREATED') throw new Refused(422, 'UNPROCESSABLE_ENTITY', `AUTHORIZATION_${part.status}`);
    part.status = 'VOIDED';
    this.tell('PAYMENT.AUTHORIZATION.VOIDED', { ...part, ...related(order) });
    return part;
  }

  /** Also what a merchant does at PayPal's own console. */
  refund(captureId: string, given: { amount?: Amount; custom_id?: string }): Part {
    const { order, part } = this.partOf('captures', captureId);
    const { refunds } = order.purchase_units[0].payments;
    const left = cents(part.amount) - refunds.reduce((sum, one) => sum + cents(one.amount), 0);
    const amount = given.amount ?? worth(left, part.amount);
    if (cents(amount) > left || left === 0) throw new Refused(422, 'UNPROCESSABLE_ENTITY', 'REFUND_AMOUNT_EXCEEDED');
    part.status = cents(amount) === left ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
    const mark = given.custom_id ?? part.custom_id;
    const refund: Part = {
      id: id(),
      status: 'COMPLETED',
      amount,
      custom_id: mark,
      create_time: new Date().toISOString(),
    };
    refunds.push(refund);
    this.tell('PAYMENT.CAPTURE.REFUNDED', refund);
    return refund;
  }

  /** What all that moved comes to, minor units. */
  balance(): number {
    const signed = ({ value }: Amount): number => Math.round(Number(value) * 100);
    return this.lines().reduce(
      (sum, { transaction_amount: amount, fee_amount: fee }) => sum + signed(amount) + (fee ? signed(fee) : 0),
      0,
    );
  }

  /** How a payment stands: captured and given back in minor units, and what Mainstay calls that. */
  stateOf(orderId: string): [captured: number, refunded: number, status: string] {
    const { captures, refunds } = this.find(orderId).purchase_units[0].payments;
    const sum = (parts: Part[]): number => parts.reduce((total, { amount }) => total + cents(amount), 0);
    return [sum(captures), sum(refunds), captures.length > 0 ? 'succeeded' : 'requires_payment_method'];
  }

  /** Lines of the balance, oldest first within their kind. */
  private lines(): ReportLine[] {
    const lines: ReportLine[] = [];
    const add = (transactionId: string, code: string, amount: Amount, at: string, more: object = {}): void => {
      const info = { transaction_id: transactionId, transaction_event_code: code, transaction_amount: amount };
      const line = { ...info, transaction_initiation_date: at, transaction_status: 'S', ...more };
      lines.push(line);
    };
    const out = (amount: Amount): Amount => ({ ...amount, value: `-${amount.value}` });
    for (const { purchase_units: units } of this.orders.values()) {
      const { captures, refunds } = units[0].payments;
      for (const one of captures) {
        const { paypal_fee: fee } = one.seller_receivable_breakdown as { paypal_fee: Amount };
        const more = { fee_amount: out(fee), custom_field: one.custom_id };
        add(one.id, 'T0006', one.amount, one.create_time as string, more);
      }
      for (const one of refunds)
        add(one.id, 'T1107', out(one.amount), one.create_time as string, { custom_field: one.custom_id });
    }
    for (const { dispute_id: reference, money_movements: moved } of this.disputes.values())
      for (const [index, { amount, initiated_time: at, type, reason }] of moved.entries()) {
        const code = reason.endsWith('FEE') ? 'T0106' : type === 'DEBIT' ? 'T1201' : 'T1202';
        const more = { paypal_reference_id: reference };
        add(`${reference}-${index}`, code, type === 'DEBIT' ? out(amount) : amount, at, more);
      }
    return lines;
  }

  /** All that moved the balance in a period, a page of two lines at a time. */
  report(query: URLSearchParams): object {
    const lines = this.lines();
    const [start, end] = ['start_date', 'end_date'].map((name) => Date.parse(query.get(name)!));
    const found = lines.filter(
      ({ transaction_initiation_date: at }) => Date.parse(at) >= start && Date.parse(at) <= end,
    );
    const page = Number(query.get('page'));
    const details = found.slice((page - 1) * 2, page * 2).map((info) => ({ transaction_info: info }));
    return { transaction_details: details, total_pages: Math.max(1, Math.ceil(found.length / 2)) };
  }

  /** `GET /double/pages/<order>` shows PayPal's page, `POST .../approve` and `.../leave` answer it. */
  private page(method: string, pathname: string, response: ServerResponse): void {
    const [, , , orderId, action] = pathname.split('/');
    const order = this.orders.get(orderId);
    const setup = this.setups.get(orderId);
    if (setup && method === 'POST') {
      if (action === 'approve') setup.status = 'APPROVED';
      const back = new URL(setup.return_url);
      back.searchParams.set('approval_token_id', orderId);
      response.writeHead(303, { location: back.href }).end();
    } else if (!order) {
      response.writeHead(404).end();
    } else if (method === 'GET') {
      const { value, currency_code: currency } = order.purchase_units[0].amount;
      const form = (to: string, label: string) =>
        `<form method="post" action="/double/pages/${orderId}/${to}"><button>${label}</button></form>`;
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(
        `<!doctype html><title>PayPal</title><p>${value} ${currency}</p>${form('approve', 'Pay')}${form('leave', 'Cancel')}`,
      );
    } else {
      if (action === 'approve') this.approve(orderId);
      const back = new URL(order.return_url);
      back.searchParams.set('token', orderId);
      response.writeHead(303, { location: back.href }).end();
    }
  }
}

const related = (order: PayPalOrder): object => ({ supplementary_data: { related_ids: { order_id: order.id } } });
