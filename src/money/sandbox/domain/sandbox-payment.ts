import type { Money } from '../../../kernel/money/money';
import type { SandboxCard, SandboxStatus } from '../contracts/sandbox-provider';

/** What a token makes the double do. */
export interface Verdict {
  status: SandboxStatus;
  error: { code: string; message: string } | null;
  /** The answer is lost on the way back although the payment stands. */
  silent: boolean;
}

/** Decides a confirmation by its token; unknown tokens are declined, as a provider would. */
export function verdictOf(told: string, capture: 'automatic' | 'manual', challenge = false): Verdict {
  const [plain] = told.split(':');
  const token = challenge && plain === 'success' ? 'requires_action' : plain;
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

const checked = (value: string | undefined): SandboxCard['avs'] =>
  value === 'pass' || value === 'fail' || value === 'unchecked' ? value : null;

/** The card that a token stands for: `success:card=blue,country=BR,avs=fail,cvc=pass,funding=prepaid`. */
export function cardOf(token: string): SandboxCard | null {
  const said = new Map((token.split(':')[1] ?? '').split(',').map((pair) => pair.split('=') as [string, string]));
  const fingerprint = said.get('card');
  if (!fingerprint) return null;
  const country = said.get('country') ?? null;
  const funding = said.get('funding') ?? null;
  return { fingerprint, country, funding, avs: checked(said.get('avs')), cvc: checked(said.get('cvc')) };
}
