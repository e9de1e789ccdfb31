import { Command } from '@nestjs/cqrs';
import type { Money } from '../../../kernel/money/money';
import type { Payable } from './payment-view';

interface PostalAddress {
  line1?: string | null;
  city?: string | null;
  postalCode?: string | null;
  /** ISO 3166-1 alpha-2. */
  country?: string | null;
}

/** Who pays, as far as the caller knows. */
export interface PayingShopper {
  email?: string | null;
  /** The signed-in user; null for guests. */
  userId?: string | null;
  name?: string | null;
  shipping?: PostalAddress | null;
  billing?: PostalAddress | null;
}

/** What a provider is told of a shopper who uses no script of its: no more than the method cannot do without. */
export interface PayingAs {
  name?: string;
  email?: string;
  /** ISO 3166-1 alpha-2, of the bill. */
  country?: string;
  /** Whence the shopper agreed to be debited: a mandate says so. */
  agreedFrom?: { ip: string; userAgent: string };
}

/** `paymentMethod.type` of a kept way to pay; its token is the id of one. */
export const SAVED = 'saved';

/** How a shopper pays. */
export interface PayingMethod {
  /** Names the gateway's method: `sandbox`, `card`, `ideal`. */
  type: string;
  /** The gateway's own and opaque to us; `new` where the method needs none. */
  token: string;
  /** The account whose script made the token; where absent, rules choose one. */
  gatewayId?: string | null;
  /** Tokens of further accounts, for when that one cannot be reached. */
  alternatives?: { gatewayId: string; token: string }[] | null;
}

/** An attempt that was written just now, as the gateway call needs it: whoever opened it need not have it read again. */
export interface OpenedAttempt {
  intentId: string;
  gatewayId: string;
  amount: Money;
  method: { type: string; token: string };
  metadata: Record<string, string>;
  capture: 'automatic' | 'manual';
  /** The provider's id of the person, for a kept way to pay. */
  payer?: string | null;
  /** The shopper is not there. */
  offSession?: boolean;
  payingAs?: PayingAs | null;
  /** Where it goes on should this gateway surely not take it up, next first. */
  failover?: { gatewayId: string; provider: string; method: { type: string; token: string } }[];
  /** The shopper's bank is asked to make sure of the shopper (3-D Secure), where the gateway can. */
  challenge: boolean;
}

export interface OpenedIntent {
  intentId: string;
  attemptId: string;
  attempt: OpenedAttempt;
}

/**
 * Opens the payment of a payable, or a further try on its open intent, and writes the attempt as `started`, all in the
 * caller's transaction and before any gateway is called. A timer of the same commit settles the attempt should the
 * process die before `RecordOutcomeCommand`.
 *
 * @throws AppError conflict `payments.payment-in-flight` while an earlier try may still charge,
 *   conflict `payments.already-paid`, invalid `payments.unknown-method`, `payments.gateway-not-routed`, `payments.return-url-invalid`,
 *   `payments.card-number-refused`, `payments.shopper-unknown`, not-found `payments.method-not-found`, conflict `payments.method-not-active`,
 *   `payments.gateway-off` for a kept way to pay, conflict `payments.amount-changed`,
 *   conflict `payments.not-accepted` for what the shop does not take, whatever the reason.
 */
export class OpenIntentCommand extends Command<OpenedIntent> {
  constructor(
    readonly request: {
      payable: Payable;
      /** Integer minor units, greater than zero. */
      amount: Money;
      method: PayingMethod;
      /** Where the shopper's browser ends after a redirect; default a small page of our own. */
      returnUrl?: string;
      /** `manual` only reserves the amount; it is captured or let go by a later decision. Default `automatic`. */
      capture?: 'automatic' | 'manual';
      /** Where the sale was made, for reports; default `online`. */
      channel?: string;
      /** Who pays, for the judgement whether to take the payment; not passed on to the gateway. */
      shopper?: PayingShopper;
      /** Passed on to the gateway; never personal data. */
      metadata?: Record<string, string>;
    },
  ) {
    super();
  }
}
