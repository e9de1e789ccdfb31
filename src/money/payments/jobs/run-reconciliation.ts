import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { RunReconciliationCommand } from '../contracts/run-reconciliation';

/** Fetches a provider's report and compares it. */
@Job({ name: 'payments.run-reconciliation', queue: 'payments' })
export class RunReconciliation implements Runs<{ reconciliationId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ reconciliationId }: { reconciliationId: string }): Promise<void> {
    await this.commands.execute(new RunReconciliationCommand(reconciliationId));
  }
}
