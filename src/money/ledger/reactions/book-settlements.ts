import { money } from '../../../kernel/money/money';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { BalanceMoved } from '../../payments/contracts/settlement-events';
import { Bookkeeper } from '../commands/bookkeeper';
import { CODES, IN_SUSPENSE } from '../domain/chart';
import { credit, debit } from '../domain/journal-draft';

const BOOKED = {
  payout: { account: CODES.bank, purpose: 'payout', description: 'Payout of the payment provider' },
  fee: { account: CODES.paymentFees, purpose: 'provider-fee', description: 'Fee of the payment provider' },
  other: { account: CODES.suspense, purpose: IN_SUSPENSE, description: 'Movement that the payment provider reports' },
};

/** What a provider pays out is at the bank; what it keeps besides is a fee; what nobody knows waits for a person. */
@Reaction({ name: 'ledger.book-when-balance-moved', on: BalanceMoved })
export class BookWhenBalanceMoved implements Reacts<BalanceMoved> {
  constructor(private readonly bookkeeper: Bookkeeper) {}

  async react({ id, payload }: StoredEvent<BalanceMoved>): Promise<void> {
    const { kind, out, provider, intentId, at } = payload;
    const { account, purpose, description } = BOOKED[kind];
    await this.bookkeeper.post({
      kind: 'posted',
      purpose,
      description,
      source: { type: 'event', id },
      paymentId: intentId ?? undefined,
      idempotencyKey: id,
      effectiveAt: new Date(at),
      lines: [
        ...debit(account, money(out.amount, out.currency), { provider }),
        ...credit(CODES.clearing, money(out.amount, out.currency), { provider }),
      ],
    });
  }
}
