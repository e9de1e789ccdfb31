import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { CreditRepository } from '../data/credit.repository';

/** The time of a gift card is over: what is left on it is lost, what an order has of it stays the order's. */
@Timer({ name: 'ledger.gift-card-due' })
export class GiftCardDue implements Fires<{ creditId: string }> {
  constructor(private readonly credits: CreditRepository) {}

  async fire({ creditId }: { creditId: string }): Promise<void> {
    const [card] = await this.credits.lock([creditId]);
    if (card?.state === 'active') await this.credits.end(card, 'expired');
  }
}
