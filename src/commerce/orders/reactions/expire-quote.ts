import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { ExpireQuoteCommand } from '../commands/decide-quote';

/** Ends a quote whose time is over. */
@Timer({ name: 'orders.expire-quote' })
export class ExpireQuote implements Fires<{ quoteId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async fire({ quoteId }: { quoteId: string }, _tx: Transaction, now: Date): Promise<void> {
    await this.commands.execute(new ExpireQuoteCommand(quoteId, now));
  }
}
