import { CommandBus } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { ContinueBatchCommand } from '../commands/continue-batch';

/** Notifies the next people of a segment, a page at a time, each page once. */
@Timer({ name: 'notifications.continue-batch' })
export class ContinueBatch implements Fires<{ batchId: string }> {
  constructor(private readonly commands: CommandBus) {}

  static next(tx: Transaction, batchId: string): void {
    tx.timer(ContinueBatch, { batchId }, clock.now());
  }

  async fire({ batchId }: { batchId: string }, tx: Transaction): Promise<void> {
    if (await this.commands.execute(new ContinueBatchCommand(batchId))) ContinueBatch.next(tx, batchId);
  }
}
