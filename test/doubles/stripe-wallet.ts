import { randomBytes } from 'node:crypto';
import { Refusal } from './stripe-refusal';

const id = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;

interface StripeCustomer {
  id: string;
  object: 'customer';
  metadata: Record<string, string>;
}

export interface StripeKept {
  id: string;
  object: 'payment_method';
  type: string;
  customer: string | null;
  card?: { brand: string; last4: string; exp_month: number; exp_year: number };
}

export interface StripeSetup {
  id: string;
  object: 'setup_intent';
  status: string;
  customer: string;
  payment_method: StripeKept | null;
  next_action: { type: string; redirect_to_url: { url: string; return_url: string } } | null;
  last_setup_error: { type: string; code: string; decline_code?: string; message: string } | null;
  metadata: Record<string, string>;
  return_url: string;
}

const missing = (message: string): Refusal =>
  new Refusal(400, { type: 'invalid_request_error', code: 'resource_missing', message });

/** Customers of the double and the ways to pay that are kept for them; each stands for the token that it was made of. */
export class StripeWallet {
  readonly customers = new Map<string, StripeCustomer>();
  readonly setups = new Map<string, StripeSetup>();
  readonly kept = new Map<string, StripeKept>();
  private readonly tokens = new Map<string, string>();

  constructor(
    private readonly url: () => string,
    private readonly tell: (type: string, object: object) => void,
  ) {}

  customer(given: Record<string, unknown>): StripeCustomer {
    const customer = { id: id('cus'), object: 'customer' as const, metadata: (given.metadata ?? {}) as never };
    this.customers.set(customer.id, customer);
    return customer;
  }

  keep(given: Record<string, unknown>): StripeSetup {
    const customer = this.customers.get(given.customer as string);
    if (!customer) throw missing(`No such customer: '${String(given.customer)}'`);
    const token = given.payment_method as string;
    if (!token.startsWith('pm_')) throw missing(`No such PaymentMethod: '${token}'`);
    const setup: StripeSetup = {
      id: id('seti'),
      object: 'setup_intent',
      status: 'requires_payment_method',
      customer: customer.id,
      payment_method: this.made(token),
      next_action: null,
      last_setup_error: null,
      metadata: (given.metadata ?? {}) as Record<string, string>,
      return_url: given.return_url as string,
    };
    this.setups.set(setup.id, setup);
    if (token.startsWith('pm_card_chargeDeclined')) {
      this.settle(setup, false, 'generic_decline');
      const error = { ...setup.last_setup_error!, setup_intent: { ...setup } };
      throw new Refusal(402, error as never);
    }
    if (token === 'pm_card_threeDSecure2Required') {
      setup.status = 'requires_action';
      const redirect = { url: `${this.url()}/double/pages/${setup.id}`, return_url: setup.return_url };
      setup.next_action = { type: 'redirect_to_url', redirect_to_url: redirect };
    } else this.settle(setup, true);
    return setup;
  }

  /** The shopper has answered, or nobody had to ask them. */
  settle(setup: StripeSetup, isAgreed: boolean, decline = 'authentication_required'): void {
    setup.next_action = null;
    setup.status = isAgreed ? 'succeeded' : 'requires_payment_method';
    if (isAgreed) {
      setup.payment_method!.customer = setup.customer;
      this.tell('setup_intent.succeeded', setup);
      return;
    }
    setup.last_setup_error = {
      type: 'card_error',
      code: 'card_declined',
      decline_code: decline,
      message: 'Your card was declined.',
    };
    setup.payment_method = null;
    this.tell('setup_intent.setup_failed', setup);
  }

  find(setupId: string): StripeSetup {
    const setup = this.setups.get(setupId);
    if (!setup) throw missing(`No such setup_intent: '${setupId}'`);
    return setup;
  }

  detach(methodId: string): StripeKept {
    const method = this.kept.get(methodId);
    if (!method?.customer) throw missing('It is attached to no customer.');
    method.customer = null;
    return method;
  }

  /** The token that a payment method stands for. @throws Refusal where it is not that customer's */
  behind(methodId: string | null, customer: string | undefined): string | null {
    const method = methodId ? this.kept.get(methodId) : undefined;
    if (!method) return methodId;
    if (method.customer !== (customer ?? null)) throw missing('The payment method is of another customer, or of none.');
    return this.tokens.get(method.id)!;
  }

  /** A payment method of a token of the browser's script; each token makes one. */
  ofToken(token: string): StripeKept {
    if (!token.startsWith('tok_')) throw missing(`No such token: '${token}'`);
    return this.made(token === 'tok_visa' ? 'pm_card_visa' : token);
  }

  private made(token: string): StripeKept {
    const card = { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2099 };
    const method: StripeKept = { id: id('pm'), object: 'payment_method', type: 'card', customer: null, card };
    this.kept.set(method.id, method);
    this.tokens.set(method.id, token);
    return method;
  }
}
