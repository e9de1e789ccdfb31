import { money } from '../../../kernel/money/money';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { DisputeClosed, DisputeFundsMoved } from '../../payments/contracts/dispute-events';
import { Bookkeeper } from '../commands/bookkeeper';
import { CODES } from '../domain/chart';
import { credit, debit } from '../domain/journal-draft';

/**
 * Money that the provider takes for a dispute is a claim until the dispute has ended; what it takes besides is a fee. What
 * moves once the dispute is lost is a loss, or less of one.
 */
@Reaction({ name: 'ledger.book-when-dispute-funds-moved', on: DisputeFundsMoved })
export class BookWhenDisputeFundsMoved implements Reacts<DisputeFundsMoved> {
  constructor(private readonly bookkeeper: Bookkeeper) {}

  async react({ id, at, payload }: StoredEvent<DisputeFundsMoved>): Promise<void> {
    const { kind, moved, fee, ended, provider, intentId, payable } = payload;
    const out = kind === 'withdrawn';
    const amount = money(out ? moved.amount : -moved.amount, moved.currency);
    const cost = fee ?? money(0, moved.currency);
    const lines = [
      ...debit(ended === 'lost' ? CODES.disputeLosses : CODES.disputed, amount, { provider }),
      ...debit(CODES.paymentFees, cost, { provider }),
      ...credit(CODES.clearing, money(amount.amount + cost.amount, moved.currency), { provider }),
    ];
    if (lines.length < 2) return;
    await this.bookkeeper.post({
      kind: 'posted',
      purpose: out ? 'dispute-withdrawn' : 'dispute-reinstated',
      description: out ? 'Disputed payment taken by the provider' : 'Disputed payment given back by the provider',
      source: { type: 'event', id },
      document: payable,
      paymentId: intentId,
      idempotencyKey: id,
      effectiveAt: at,
      lines,
    });
  }
}

/** A lost dispute is a loss: what was a claim until then. */
@Reaction({ name: 'ledger.book-when-dispute-closed', on: DisputeClosed })
export class BookWhenDisputeClosed implements Reacts<DisputeClosed> {
  constructor(private readonly bookkeeper: Bookkeeper) {}

  async react({ id, at, payload }: StoredEvent<DisputeClosed>): Promise<void> {
    const { outcome, kept, provider, intentId, payable } = payload;
    if (outcome !== 'lost' || kept.amount === 0) return;
    await this.bookkeeper.post({
      kind: 'posted',
      purpose: 'dispute-lost',
      description: 'Dispute lost',
      source: { type: 'event', id },
      document: payable,
      paymentId: intentId,
      idempotencyKey: id,
      effectiveAt: at,
      lines: [...debit(CODES.disputeLosses, kept, { provider }), ...credit(CODES.disputed, kept, { provider })],
    });
  }
}
