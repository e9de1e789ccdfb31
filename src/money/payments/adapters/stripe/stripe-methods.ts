import type Stripe from 'stripe';
import type { GatewayOutcome } from '../../contracts/gateway-outcome';
import type { CreateRequest, GatewayAccount } from '../../domain/payment-gateway';
import type { KeepOutcome, KeepRequest } from '../../domain/saved-method';
import { EXPAND, outcomeOf, surelyNothing, type StripeFault } from './stripe-answers';
import type { StripeClients } from './stripe-client';
import { twice } from './stripe-twice';

/** Methods that are kept and charged without the shopper. SEPA debits would need the data of their mandate as well. */
export const KEPT = ['card'];

/**
 * Ways to pay kept at Stripe: a customer per person and account, a SetupIntent per keeping. Both carry an idempotency key
 * of ours, so that asking again makes nothing twice.
 */
export class StripeMethods {
  constructor(private readonly clients: StripeClients) {}

  async ensurePayer(
    account: GatewayAccount,
    { payerId, userId }: { payerId: string; userId: string },
  ): Promise<string> {
    const stripe = await this.clients.of(account);
    const params: Stripe.CustomerCreateParams = { metadata: { payer_id: payerId, user_id: userId } };
    return (await twice(() => stripe.customers.create(params, { idempotencyKey: `payer:${payerId}` }))).id;
  }

  async keep(
    account: GatewayAccount,
    { savedMethodId, payer, method, returnUrl, setupId }: KeepRequest,
  ): Promise<KeepOutcome> {
    const stripe = await this.clients.of(account);
    const expand = ['payment_method'];
    if (setupId) return keptOf(await twice(() => stripe.setupIntents.retrieve(setupId, { expand })));
    const params: Stripe.SetupIntentCreateParams = {
      customer: payer,
      payment_method: method.token,
      // Lists of types have changed their name between versions of the API; the account says what it takes.
      automatic_payment_methods: { enabled: true },
      usage: 'off_session',
      confirm: true,
      return_url: returnUrl,
      metadata: { saved_method_id: savedMethodId },
      expand,
    };
    try {
      return keptOf(await twice(() => stripe.setupIntents.create(params, { idempotencyKey: `keep:${savedMethodId}` })));
    } catch (error) {
      const fault = error as StripeFault & { setup_intent?: Stripe.SetupIntent };
      const isRefused = fault.type === 'StripeCardError' || fault.type === 'StripeInvalidRequestError';
      if (!isRefused) throw error;
      const code = (fault.code === 'card_declined' ? fault.decline_code : undefined) ?? fault.code ?? 'declined';
      const message =
        fault.type === 'StripeCardError' ? (fault.message ?? 'Declined.') : 'Stripe does not know the token.';
      return { status: 'failed', setupId: fault.setup_intent?.id ?? null, code, message };
    }
  }

  async forget(account: GatewayAccount, providerMethodId: string): Promise<void> {
    const stripe = await this.clients.of(account);
    try {
      await twice(() => stripe.paymentMethods.detach(providerMethodId));
    } catch (error) {
      // It is attached to nobody any more.
      if ((error as StripeFault).type !== 'StripeInvalidRequestError') throw error;
    }
  }
}

function keptOf(setup: Stripe.SetupIntent): KeepOutcome {
  const setupId = setup.id;
  const method = setup.payment_method;
  switch (setup.status) {
    case 'succeeded': {
      const card = method && typeof method !== 'string' ? method.card : null;
      const providerMethodId = typeof method === 'string' ? method : method!.id;
      const label = card && { brand: card.brand, last4: card.last4, expMonth: card.exp_month, expYear: card.exp_year };
      return { status: 'active', setupId, providerMethodId, card: label ?? null };
    }
    case 'requires_action': {
      const url = setup.next_action?.redirect_to_url?.url;
      if (!url) break;
      return { status: 'requires_action', setupId, url };
    }
    case 'requires_payment_method':
    case 'canceled': {
      const { last_setup_error: error } = setup;
      const code = error?.decline_code ?? error?.code ?? (setup.status === 'canceled' ? 'canceled' : 'declined');
      return { status: 'failed', setupId, code, message: error?.message ?? 'It was not confirmed.' };
    }
    case 'processing':
    case 'requires_confirmation':
      break;
  }
  return { status: 'pending', setupId };
}

/**
 * The bank wants to hear the shopper, who is not there: the same payment is confirmed once more as with a shopper, which
 * gives the page of the bank that is mailed to them. Source: Stripe, "Charge saved payment methods off-session".
 * @returns null where the error is another one
 */
export async function askShopper(
  stripe: Stripe,
  { attemptId, method, returnUrl }: CreateRequest,
  fault: StripeFault,
): Promise<GatewayOutcome | null> {
  const wantsShopper = fault.code === 'authentication_required' || fault.decline_code === 'authentication_required';
  const id = fault.payment_intent?.id;
  if (fault.type !== 'StripeCardError' || !wantsShopper || !id) return null;
  const params: Stripe.PaymentIntentConfirmParams = {
    payment_method: method.token,
    return_url: returnUrl,
    expand: EXPAND,
  };
  try {
    const key = { idempotencyKey: `${attemptId}:with-shopper` };
    return outcomeOf(await twice(() => stripe.paymentIntents.confirm(id, params, key)));
  } catch (error) {
    // Surely declined, or never asked: the first answer stands. Anything else is found out by asking.
    const { type } = error as StripeFault;
    if (type === 'StripeCardError' || surelyNothing(error as StripeFault)) return null;
    throw error;
  }
}
