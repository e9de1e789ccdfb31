import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { LookAtDisputeCommand } from '../contracts/look-at-dispute';

/** Asks the provider how a dispute stands. */
@Job({ name: 'payments.look-at-dispute', queue: 'payments' })
export class LookAtDispute implements Runs<{ disputeId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ disputeId }: { disputeId: string }): Promise<void> {
    await this.commands.execute(new LookAtDisputeCommand(disputeId));
  }
}
