import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { StockWatch } from '../commands/stock-watch';

/** Looks for lots whose alert date or day of removal passed: at the moment itself, and at least once a day. */
@Timer({ name: 'inventory.look-at-stock' })
export class LookAtStock implements Fires<{ due: string }> {
  constructor(private readonly watch: StockWatch) {}

  async fire({ due }: { due: string }, tx: Transaction): Promise<void> {
    const next = await this.watch.lookAtExpiry(new Date(due));
    if (next) tx.timer(LookAtStock, { due: next.toISOString() }, next);
  }
}
