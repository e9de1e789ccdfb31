import { money } from '../../../kernel/money/money';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { BalanceMoved } from '../../payments/contracts/settlement-events';
import { Bookkeeper } from '../commands/bookkeeper';
import { CODES } from '../domain/chart';
import { credit, debit } from '../domain/journal-draft';

/** What a provider pays out is at the bank; what it keeps besides is a fee. */
@Reaction({ name: 'ledger.book-when-balance-moved', on: BalanceMoved })
export class BookWhenBalanceMoved implements Reacts<BalanceMoved> {
  constructor(private readonly bookkeeper: Bookkeeper) {}

  async react({ id, payload }: StoredEvent<BalanceMoved>): Promise<void> {
    const { kind, out, provider, intentId, at } = payload;
    const isFee = kind === 'fee';
    await this.bookkeeper.post({
      kind: 'posted',
      purpose: isFee ? 'provider-fee' : 'payout',
      description: isFee ? 'Fee of the payment provider' : 'Payout of the payment provider',
      source: { type: 'event', id },
      paymentId: intentId ?? undefined,
      idempotencyKey: id,
      effectiveAt: new Date(at),
      lines: [
        ...debit(isFee ? CODES.paymentFees : CODES.bank, money(out.amount, out.currency), { provider }),
        ...credit(CODES.clearing, money(out.amount, out.currency), { provider }),
      ],
    });
  }
}
