import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { CreditRepository } from '../data/credit.repository';

/**
 * The time of a gift card or store credit is over: what is left of it is lost, what an order has of it stays the order's.
 * One whose end was moved since is waited for on.
 */
@Timer({ name: 'ledger.gift-card-due' })
export class CreditDue implements Fires<{ creditId: string }> {
  constructor(private readonly credits: CreditRepository) {}

  async fire({ creditId }: { creditId: string }, tx: Transaction, now: Date): Promise<void> {
    const [credit] = await this.credits.lock([creditId]);
    if (credit?.state !== 'active' || credit.expiresAt === null) return;
    if (credit.expiresAt > now) tx.timer(CreditDue, { creditId }, credit.expiresAt);
    else await this.credits.end(credit, 'expired');
  }
}

/** Set by former releases; who is to be told of an end is looked for by `CreditReminders`, and nothing is left to do here. */
@Timer({ name: 'ledger.remind-of-credit' })
export class RemindOfCredit implements Fires<{ creditId: string }> {
  fire(): Promise<void> {
    return Promise.resolve();
  }
}
