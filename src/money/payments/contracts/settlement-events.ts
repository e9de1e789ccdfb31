import type { Money } from '../../../kernel/money/money';
import { DomainEvent } from '../../../kernel/messaging/domain-event';

/**
 * The provider's balance moved without a payment of ours: a transfer to the bank, a fee, or something else. Each movement is told once.
 * Aggregate: the account at the provider.
 */
export class BalanceMoved extends DomainEvent<{
  gatewayId: string;
  provider: string;
  /** The provider's id of the movement. */
  entryId: string;
  /** `other`: what is neither a payment of ours nor one of these; a person says what it is. */
  kind: 'payout' | 'fee' | 'other';
  /** What left the balance; negative where it came back. */
  out: Money;
  /** The payment that a fee is for, where it is for one. */
  intentId: string | null;
  /** RFC 3339, when the provider says it moved. */
  at: string;
}> {
  static override readonly type = 'payments.balance-moved.v1';
}
