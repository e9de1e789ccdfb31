import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { DigestTeller } from '../commands/digest-teller';

/** Once a day, at the shop's hour: what is open about the stock. */
@Timer({ name: 'inventory.send-stock-digest' })
export class SendStockDigest implements Fires<{ due: string }> {
  constructor(private readonly teller: DigestTeller) {}

  async fire({ due }: { due: string }, tx: Transaction, now: Date): Promise<void> {
    const next = await this.teller.tell(new Date(due), now, tx);
    if (next) tx.timer(SendStockDigest, { due: next.toISOString() }, next);
  }
}
