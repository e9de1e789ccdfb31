import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeForm } from './form';
import { publishedFault } from './stripe-published';
import { faultOf } from './stripe-schema';
import { Refusal, StripeBooks, type StripePayment } from './stripe-payments';

/** A webhook that the double tells. */
export interface StripeEvent {
  id: string;
  object: 'event';
  type: string;
  created: number;
  data: { object: Record<string, unknown> };
}

interface Kept {
  params: string;
  status: number;
  body: string;
}

function operationOf(method: string, at: string): string {
  const [, , resource, id, action] = at.split('/');
  return `${method} /v1/${resource}${id ? '/:id' : ''}${action ? `/${action}` : ''}`;
}

const FILES = 'POST /v1/files';
const BROKEN = { error: { type: 'api_error', message: 'An unexpected error occurred.' } };
const OTHER_WORDS = {
  error: { type: 'idempotency_error', message: 'Keys for idempotent requests are for the same parameters only.' },
};
/** What a key stands for; the boundary of a form's parts is another one in each call. */
function paramsOf(pathname: string, text: string, contentType = ''): string {
  const [, boundary] = /boundary=([^;]+)/.exec(contentType) ?? [];
  return `${pathname} ${boundary ? text.replaceAll(boundary, '') : text}`;
}

/** Names of the parameters, and values that are words: what tells two requests apart for a schema. */
const shapeOf = (form: string): string =>
  [...new URLSearchParams(form)]
    .map(([name, value]) => `${name}=${/^[a-z_]{1,30}$/.test(value) ? value : typeof value}`)
    .sort()
    .join();

const PAGE = (title: string, body: string): string =>
  `<!doctype html><meta charset="utf-8"><title>${title}</title><style>body{font:16px system-ui;margin:15vh auto;max-width:24rem;text-align:center}button{font:inherit;padding:.7rem 1.4rem;margin:.4rem}</style><h1>${title}</h1>${body}`;

/**
 * A double of Stripe's API on loopback that the official client speaks to unchanged: idempotency with replay, 3-D Secure
 * and redirect methods with a page, declines, money that comes later, answers that are lost after the charge, disputes.
 * It refuses parameters that Stripe does not have, and wrong types. It moves no money and keeps everything in memory.
 *
 * Payment methods: those of Stripe's test mode, `pm_double_lost` (charges, and the connection breaks), `pm_double_500`
 * (charges, and answers 500, also to the same key again).
 */
export class StripeDouble {
  readonly books = new StripeBooks(
    () => this.url,
    (type, object) => this.tell(type, object),
  );
  /** Everything that was told so far, oldest first. */
  readonly events: StripeEvent[] = [];
  /** Requests that were refused for their parameters. */
  readonly refused: string[] = [];
  /** Requests by `METHOD /path`. */
  readonly requests: string[] = [];
  /** One request of each shape that came, whatever was answered. */
  private readonly seen = new Map<string, { operation: string; form: string }>();
  /** Files that were uploaded, by their id. */
  readonly files = new Map<string, { name: string; type: string; content: Buffer }>();
  /**
   * The next such operation (`POST /v1/disputes/:id`) is done and the connection breaks (`lost`), or is not done and is
   * answered with 500 (`error`); so is every call with its key again, as Stripe keeps answers by their keys.
   */
  failNext: { operation: string; how: 'lost' | 'error' } | null = null;
  /** Every call is answered with 500, and none of it is done. */
  down = false;
  url = '';
  private readonly server: Server;
  private readonly kept = new Map<string, Kept>();
  /** Keys whose answers never arrive. */
  private readonly lost = new Set<string>();
  private endpoint: { url: string; secret: string } | null = null;
  private readonly sending = new Set<Promise<void>>();

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return (this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.endpoint = null;
    await Promise.allSettled(this.sending);
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The form that asked for a payment, by our mark on it. */
  asked(attemptId: string): URLSearchParams | undefined {
    return [...this.seen.values()]
      .map(({ form }) => new URLSearchParams(form))
      .find((form) => form.get('metadata[attempt_id]') === attemptId);
  }

  /** What Stripe's published description says against any request that came. */
  publishedFaults(): string[] {
    return [...this.seen.values()]
      .map(({ operation, form }) => publishedFault(operation, form))
      .filter((fault) => fault !== null);
  }

  /** From now on webhooks are sent there, each of them twice: providers promise "at least once". */
  sendTo(endpoint: { url: string; secret: string } | null): void {
    this.endpoint = endpoint;
  }

  /** As Stripe does after a day. */
  forgetKeys(): void {
    this.kept.clear();
  }

  /** Waits until every webhook is delivered, or given up. */
  async delivered(): Promise<void> {
    while (this.sending.size > 0) await Promise.allSettled(this.sending);
  }

  /** Header and body of a webhook, signed as Stripe signs. */
  static signed(event: object, secret: string, at = Math.floor(Date.now() / 1000)): { header: string; body: string } {
    const body = JSON.stringify(event);
    const v1 = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
    return { header: `t=${at},v1=${v1}`, body };
  }

  private tell(type: string, object: object): void {
    const event: StripeEvent = {
      id: `evt_${randomBytes(12).toString('hex')}`,
      object: 'event',
      type,
      created: Math.floor(Date.now() / 1000),
      data: { object: structuredClone(object) as Record<string, unknown> },
    };
    this.events.push(event);
    if (!this.endpoint) return;
    const { endpoint } = this;
    const sent = Promise.all([this.send(event, endpoint), this.send(event, endpoint)]).then(() => undefined);
    this.sending.add(sent);
    void sent.finally(() => this.sending.delete(sent));
  }

  private async send(event: StripeEvent, endpoint: { url: string; secret: string }): Promise<void> {
    for (let tries = 0; tries < 5; tries++) {
      const { header, body } = StripeDouble.signed(event, endpoint.secret);
      const headers = { 'content-type': 'application/json', 'stripe-signature': header };
      const answer = await fetch(endpoint.url, { method: 'POST', headers, body }).catch(() => null);
      if (answer?.ok) return;
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url!, this.url);
    if (url.pathname.startsWith('/double/')) return this.page(request.method!, url, response);
    const text = request.method === 'GET' ? url.search.slice(1) : Buffer.concat(chunks).toString('utf8');
    this.requests.push(`${request.method} ${url.pathname}`);
    const answer = (status: number, body: object | string, replayed = false): void => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'request-id': `req_${randomBytes(7).toString('hex')}`,
        ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
      });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const auth = /^Bearer ((?:sk|rk)_test_\w+)$/.exec(request.headers.authorization ?? '');
    if (!auth) return answer(401, { error: { type: 'invalid_request_error', message: 'Invalid API Key provided.' } });
    const key = request.headers['idempotency-key'];
    const named = key ? `${auth[1]} ${request.method} ${String(key)}` : null;
    const operation = operationOf(request.method!, url.pathname);
    const params = paramsOf(url.pathname, text, request.headers['content-type']);
    if (this.down) return answer(500, BROKEN);
    const fails = this.failNext?.operation === operation ? this.failNext.how : null;
    if (fails) this.failNext = null;
    if (fails === 'lost' && named) this.lost.add(named);
    if (fails === 'error') {
      if (named) this.kept.set(named, { params, status: 500, body: JSON.stringify(BROKEN) });
      return answer(500, BROKEN);
    }
    const before = named && this.kept.get(named);
    if (before && before.params !== params) return answer(400, OTHER_WORDS);
    const isLost = /payment_method=pm_double_lost/.test(text) || (named !== null && this.lost.has(named));
    if (before) return isLost ? void response.destroy() : answer(before.status, before.body, true);
    if (operation === FILES)
      return this.takeFile(Buffer.concat(chunks), request, answer, named ? { named, params } : null);
    this.seen.set(`${operation} ${shapeOf(text)}`, { operation, form: text });
    const [status, body] = this.act(request.method!, url.pathname, text);
    const printed = JSON.stringify(body);
    // What was refused before it began is not kept under its key.
    if (named && request.method === 'POST' && !(status === 400 && 'parameter' in body))
      this.kept.set(named, { params, status, body: printed });
    if (isLost) response.destroy();
    else answer(status, printed);
  }

  /** A file for evidence, as a form in parts; the same key gives the same file. */
  private takeFile(
    body: Buffer,
    request: IncomingMessage,
    answer: (status: number, body: object | string) => void,
    key: { named: string; params: string } | null,
  ): void {
    void new Response(Uint8Array.from(body), { headers: { 'content-type': request.headers['content-type']! } })
      .formData()
      .then(async (form) => {
        const parts = [...form].map(([name, part]) => [name, typeof part === 'string' ? part : part.name]);
        const said = new URLSearchParams(parts).toString();
        this.seen.set(`${FILES} ${shapeOf(said)}`, { operation: FILES, form: said });
        const file = form.get('file');
        const fault = publishedFault(FILES, said);
        if (fault || !file || typeof file === 'string') {
          this.refused.push(fault ?? `${FILES}: no file`);
          return answer(400, { error: { type: 'invalid_request_error', message: fault ?? 'No file.' } });
        }
        const id = `file_${randomBytes(12).toString('hex')}`;
        const content = Buffer.from(await file.arrayBuffer());
        this.files.set(id, { name: file.name, type: file.type, content });
        const printed = JSON.stringify({ id, object: 'file', purpose: form.get('purpose'), size: content.length });
        if (key) this.kept.set(key.named, { params: key.params, status: 200, body: printed });
        answer(200, printed);
      });
  }

  private act(method: string, path: string, text: string): [number, object] {
    const [, , , id] = path.split('/');
    const operation = operationOf(method, path);
    const given = decodeForm(text) as Record<string, unknown>;
    const fault = faultOf(operation, given);
    if (fault === undefined)
      return [
        404,
        { error: { type: 'invalid_request_error', message: `Unrecognized request URL (${method}: ${path}).` } },
      ];
    if (fault) {
      this.refused.push(`${operation}: ${fault.message}`);
      return [400, { error: { type: 'invalid_request_error', ...fault }, parameter: true }];
    }
    try {
      const done = this.answerTo(operation, id, given);
      if (given.payment_method === 'pm_double_500') return [500, BROKEN];
      return [200, done];
    } catch (error) {
      if (error instanceof Refusal) return [error.status, { error: error.error }];
      throw error;
    }
  }

  private answerTo(operation: string, id: string, given: Record<string, unknown>): object {
    const { books } = this;
    const list = (all: object[]) => {
      const { limit = 10, starting_after: after } = given as { limit?: number; starting_after?: string };
      const from = after ? all.findIndex((one) => (one as { id: string }).id === after) + 1 : 0;
      return { object: 'list', data: all.slice(from, from + limit), has_more: all.length > from + limit, url: '/v1' };
    };
    switch (operation) {
      case 'POST /v1/payment_intents':
        return books.create(given);
      case 'GET /v1/payment_intents': {
        const { gte = 0, lte = Infinity } = (given.created ?? {}) as { gte?: number; lte?: number };
        return list([...books.payments.values()].filter(({ created }) => created >= gte && created <= lte).reverse());
      }
      case 'GET /v1/payment_intents/:id':
        return books.find(id);
      case 'POST /v1/payment_intents/:id/capture':
        return books.capture(books.find(id), given.amount_to_capture as number | undefined);
      case 'POST /v1/payment_intents/:id/cancel':
        return books.cancel(books.find(id));
      case 'POST /v1/payment_intents/:id/confirm':
        return books.confirmAgain(books.find(id), given);
      case 'POST /v1/payment_methods':
        return books.wallet.ofToken((given.card as { token: string }).token);
      case 'POST /v1/customers':
        return books.wallet.customer(given);
      case 'POST /v1/setup_intents':
        return books.wallet.keep(given);
      case 'GET /v1/setup_intents/:id':
        return books.wallet.find(id);
      case 'POST /v1/payment_methods/:id/detach':
        return books.wallet.detach(id);
      case 'POST /v1/refunds':
        return books.refund(given);
      case 'GET /v1/refunds':
        return list([...books.refunds.values()].filter((one) => one.payment_intent === given.payment_intent));
      case 'GET /v1/disputes/:id':
        return books.answerDispute(id, false);
      case 'POST /v1/disputes/:id':
        return books.answerDispute(id, given.submit === true, given.evidence as Record<string, string>);
      case 'POST /v1/disputes/:id/close':
        return books.closeDispute(id, 'lost');
      case 'GET /v1/payouts/:id':
        return books.findPayout(id).payout;
      case 'GET /v1/balance_transactions':
        return list(
          given.payout
            ? books.findPayout(given.payout as string).lines
            : books.balance((given.created ?? {}) as { gte?: number; lt?: number }),
        );
      default:
        throw new Error(`The double has no answer to ${operation}.`);
    }
  }

  /** The page of the bank: `GET /double/pages/<payment>`, `POST .../approve`, `POST .../decline`. */
  private page(method: string, url: URL, response: ServerResponse): void {
    const [, , , id, answer] = url.pathname.split('/');
    const setup = this.books.wallet.setups.get(id);
    if (setup && method === 'POST') {
      this.books.wallet.settle(setup, answer === 'approve');
      response.writeHead(303, { location: setup.return_url });
      return void response.end();
    }
    const payment: StripePayment | undefined = this.books.payments.get(id);
    const html = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
      response.end(text);
    };
    if (!payment) return html(404, PAGE('No such payment', ''));
    if (method === 'GET') {
      const money = `${(payment.amount / 100).toFixed(2)} ${payment.currency.toUpperCase()}`;
      const button = (to: string, label: string) =>
        `<form method="post" action="/double/pages/${id}/${to}"><button>${label}</button></form>`;
      return html(
        200,
        PAGE('Confirm your payment', `<p>${money}</p>${button('approve', 'Approve')}${button('decline', 'Decline')}`),
      );
    }
    if (payment.status === 'requires_action') {
      if (answer === 'approve') this.books.charge(payment);
      else this.books.decline(payment, 'authentication_required');
    }
    const back = new URL(payment.return_url!);
    back.searchParams.set('payment_intent', payment.id);
    response.writeHead(303, { location: back.href });
    response.end();
  }
}
