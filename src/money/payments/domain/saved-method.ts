/** What became of keeping a way to pay. `removed` rows stay, as payments name them. */
export type SavedMethodState = 'pending' | 'requires_action' | 'active' | 'failed' | 'removed';

/** What a shopper knows a card by. */
export interface CardLabel {
  brand: string | null;
  /** Last digits, two to four. */
  last4: string | null;
  expMonth: number | null;
  expYear: number | null;
}

/** A way to pay that is to be kept, as a gateway is asked for it. */
export interface KeepRequest {
  savedMethodId: string;
  /** The provider's id of the person. */
  payer: string;
  method: { type: string; token: string };
  returnUrl: string;
  /** What the provider named this keeping, where an answer carried it. */
  setupId: string | null;
  createdAt: Date;
}

/** What a provider says of keeping a way to pay. */
export type KeepOutcome =
  | {
      status: 'active';
      setupId: string | null;
      providerMethodId: string;
      card: CardLabel | null;
      /** What the person knows it by where it is no card. */
      label?: string | null;
    }
  | { status: 'requires_action'; setupId: string; url: string }
  | { status: 'pending'; setupId: string | null }
  | { status: 'failed'; setupId: string | null; code: string; message: string };

/** `s…@example.com`: enough to know one's own address by. */
export const maskedEmail = (email: string): string => email.replace(/^(.)[^@]*/, '$1…');

/** Seconds after which a provider is asked what became of a keeping that nobody heard of; then it counts as given up. */
const ASK_AFTER_SECONDS = [120, 3_600, 86_400] as const;

export const askAboutSetupAt = (begun: Date, step: number): Date | null =>
  step < ASK_AFTER_SECONDS.length ? new Date(begun.getTime() + ASK_AFTER_SECONDS[step] * 1000) : null;

/** Ways to pay that one person may have kept, and tries in a day: whoever tests stolen cards tries many. */
export const MOST_METHODS = 30;
export const MOST_TRIES_A_DAY = 15;
