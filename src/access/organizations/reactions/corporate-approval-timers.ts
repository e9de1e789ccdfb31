import { CommandBus } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { EscalateApprovalCommand, ExpireApprovalCommand } from '../contracts/corporate-timers';

/** Ends an approval that nobody decided in time. */
@Timer({ name: 'organizations.expire-approval' })
export class ExpireApproval implements Fires<{ approvalId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async fire({ approvalId }: { approvalId: string }, _tx: Transaction, now: Date): Promise<void> {
    await this.commands.execute(new ExpireApprovalCommand(approvalId, now));
  }
}

/** Asks others too when an approval waits too long. */
@Timer({ name: 'organizations.escalate-approval' })
export class EscalateApproval implements Fires<{ approvalId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async fire({ approvalId }: { approvalId: string }, _tx: Transaction): Promise<void> {
    await this.commands.execute(new EscalateApprovalCommand(approvalId));
  }
}
