import type { Money } from '../../../kernel/money/money';
import type { SandboxStatus } from '../contracts/sandbox-provider';

/** What a token makes the double do. */
export interface Verdict {
  status: SandboxStatus;
  error: { code: string; message: string } | null;
  /** The answer is lost on the way back although the payment stands. */
  silent: boolean;
}

/** Decides a confirmation by its token; unknown tokens are declined, as a provider would. */
export function verdictOf(token: string, capture: 'automatic' | 'manual'): Verdict {
  const paid: SandboxStatus = capture === 'manual' ? 'authorized' : 'succeeded';
  switch (token) {
    case 'success':
    case 'disputed':
      return { status: paid, error: null, silent: false };
    case 'timeout_after_success':
      return { status: paid, error: null, silent: true };
    case 'requires_action':
      return { status: 'requires_action', error: null, silent: false };
    case 'declined':
      return { status: 'failed', error: { code: 'card_declined', message: 'The card was declined.' }, silent: false };
    default:
      return {
        status: 'failed',
        error: { code: 'invalid_token', message: 'The payment token is not known.' },
        silent: false,
      };
  }
}

/** Name of the webhook that tells of a status. */
export const eventTypeOf = (status: SandboxStatus): string => `payment.${status}`;

/** What the shopper's answer to the 3-D Secure page makes of the payment. */
export const answerOf = (decision: 'approve' | 'decline', capture: 'automatic' | 'manual'): Verdict =>
  decision === 'approve'
    ? verdictOf('success', capture)
    : {
        status: 'failed',
        error: { code: 'authentication_failed', message: 'The payment was not approved.' },
        silent: false,
      };

export const zeroOf = (amount: Money): Money => ({ amount: 0, currency: amount.currency });
