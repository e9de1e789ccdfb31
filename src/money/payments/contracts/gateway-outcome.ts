import type { Money } from '../../../kernel/money/money';

/** What the provider says of the card that was used. */
export interface ReportedCard {
  /** The provider's own name of the card, the same for each use of it; never its number. */
  fingerprint: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
  funding: string | null;
  /** Checks of the bank: of the postal address, and of the security code. */
  avs: 'pass' | 'fail' | 'unchecked' | null;
  cvc: 'pass' | 'fail' | 'unchecked' | null;
}

/** What a gateway said about one attempt. The provider's word is recorded as it is; deciding is the domain's. */
export type GatewayOutcome =
  | { status: 'charged'; providerPaymentId: string; captured: Money; fee?: Money | null; card?: ReportedCard | null }
  | { status: 'authorized'; providerPaymentId: string; authorized: Money; card?: ReportedCard | null }
  | { status: 'requires_action'; providerPaymentId: string; url: string }
  /** The shopper agreed at the provider's page; the money is taken by a further call (`confirm` of the port). */
  | { status: 'approved'; providerPaymentId: string }
  | { status: 'processing'; providerPaymentId: string }
  | {
      status: 'failed';
      providerPaymentId: string | null;
      code: string;
      message: string;
      /** The gateway surely did not take up this call: never reached, or refused for the account's sake. */
      notAttempted?: true;
    }
  | { status: 'canceled'; providerPaymentId: string }
  /** The gateway has never heard of the attempt (asked by idempotency key). */
  | { status: 'unknown' }
  /** Timed out, or the answer could not be read: it may have charged. Never the same as failed. */
  | { status: 'unresolved'; reason: string };
