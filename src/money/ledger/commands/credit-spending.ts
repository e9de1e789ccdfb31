import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { CreditRepository } from '../data/credit.repository';
import { CreditDesk } from './credit-desk';

/** How the promises to an order end. */
@Injectable()
export class CreditSpending {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly credits: CreditRepository,
    private readonly desk: CreditDesk,
  ) {}

  /** Spends up to `amount` (minor units) of what an order was promised, in its order, and lets the rest go. */
  end(orderId: string, amount: number): Promise<void> {
    return this.uow.run(async () => {
      // The order's row is the lock of its promises.
      const holds = await this.credits.holds(orderId, 'held');
      if (holds.length === 0) return;
      const locked = await this.credits.lock(holds.map(({ creditId }) => creditId));
      const credits = new Map(locked.map((credit) => [credit.id, credit]));
      let left = amount;
      for (const hold of holds) {
        const credit = credits.get(hold.creditId)!;
        const spent = Math.min(left, hold.amount);
        left -= spent;
        await this.credits.endHold(hold, credit, spent);
        if (spent > 0) await this.desk.move(credit, 'redeemed', -spent, { orderId });
        const back = hold.amount - spent;
        if (back > 0 && credit.state !== 'active') await this.credits.move(credit, credit.state, -back);
      }
    });
  }
}
