import { CommandBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import {
  PAID_TWICE,
  RefundFailed,
  RefundReversed,
  RefundSucceeded,
} from '../../../money/payments/contracts/payment-events';
import { NoteFailedRefundCommand, NoteRefundCommand, NoteReversedRefundCommand } from '../commands/note-refund';

/** The money of a cancelled or sold-out order is back with the shopper. */
@Reaction({ name: 'orders.note-when-refund-succeeded', on: RefundSucceeded })
export class NoteWhenRefundSucceeded implements Reacts<RefundSucceeded> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload }: StoredEvent<RefundSucceeded>): Promise<void> {
    // A charge too many went back: the one that paid the order is kept.
    if (payload.payable.type !== 'order' || payload.reason === PAID_TWICE) return;
    const { payable, refundId, amount, reason, lines } = payload;
    await this.commands.execute(new NoteRefundCommand({ orderId: payable.id, refundId, amount, reason, lines }));
  }
}

/** A return whose money the gateway did not give back can be refunded again. */
@Reaction({ name: 'orders.note-when-refund-failed', on: RefundFailed })
export class NoteWhenRefundFailed implements Reacts<RefundFailed> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: { payable, refundId } }: StoredEvent<RefundFailed>): Promise<void> {
    if (payable.type !== 'order') return;
    await this.commands.execute(new NoteFailedRefundCommand({ orderId: payable.id, refundId }));
  }
}

/** A refund failed after it had succeeded: the order says so, and can be refunded again. */
@Reaction({ name: 'orders.note-when-refund-reversed', on: RefundReversed })
export class NoteWhenRefundReversed implements Reacts<RefundReversed> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload }: StoredEvent<RefundReversed>): Promise<void> {
    const { payable, refundId, amount, reason, code } = payload;
    if (payable.type !== 'order' || reason === PAID_TWICE) return;
    await this.commands.execute(new NoteReversedRefundCommand({ orderId: payable.id, refundId, amount, code }));
  }
}
