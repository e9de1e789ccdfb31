import type { Money } from '../../../kernel/money/money';
import { DomainEvent } from '../../../kernel/messaging/domain-event';
import type { Payable } from './payment-view';

/** What every event says of its dispute. */
export interface DisputeFacts {
  disputeId: string;
  intentId: string;
  attemptId: string;
  payable: Payable;
  gatewayId: string;
  provider: string;
  /** What is disputed of the charge. */
  amount: Money;
  /** The provider's word, e.g. `fraudulent`. */
  reason: string;
  /** RFC 3339: until when evidence is taken; null: none is. */
  evidenceDueBy: string | null;
}

/** A shopper disputes a charge with the bank or the provider, or asks about it (`inquiry`). Aggregate: the dispute. */
export class DisputeOpened extends DomainEvent<DisputeFacts & { inquiry: boolean }> {
  static override readonly type = 'payments.dispute-opened.v1';
}

/** The time to answer is nearly over and nobody has. Aggregate: the dispute. */
export class DisputeDeadlineNear extends DomainEvent<DisputeFacts & { hoursLeft: number }> {
  static override readonly type = 'payments.dispute-deadline-near.v1';
}

/**
 * The provider took money for a dispute, or gave it back. Each movement is told once. Aggregate: the dispute.
 */
export class DisputeFundsMoved extends DomainEvent<
  DisputeFacts & {
    movementId: string;
    kind: 'withdrawn' | 'reinstated';
    /** What was moved, without the fee; greater than zero. */
    moved: Money;
    /** What the provider took for it besides; negative where a fee came back; null: nothing. */
    fee: Money | null;
    /** How the dispute had ended by then; null: not yet. */
    ended: 'won' | 'lost' | 'warning_closed' | null;
  }
> {
  static override readonly type = 'payments.dispute-funds-moved.v1';
}

/** A dispute ended. Aggregate: the dispute. */
export class DisputeClosed extends DomainEvent<
  DisputeFacts & {
    outcome: 'won' | 'lost' | 'warning_closed';
    /** What the provider keeps of the charge, as far as it moved by then, without fees. */
    kept: Money;
  }
> {
  static override readonly type = 'payments.dispute-closed.v1';
}
