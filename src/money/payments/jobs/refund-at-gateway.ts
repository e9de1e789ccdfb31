import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { RefundChargeCommand } from '../commands/refund-charge';

/** Gives a requested refund to the gateway. */
@Job({ name: 'payments.refund-at-gateway', queue: 'payments' })
export class RefundAtGateway implements Runs<{ refundId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ refundId }: { refundId: string }): Promise<void> {
    await this.commands.execute(new RefundChargeCommand(refundId));
  }
}
