import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { RefundChargeCommand } from '../commands/refund-charge';

/** Gives a requested refund to the gateway. */
@Job({ name: 'payments.refund-at-gateway', queue: 'payments' })
export class RefundAtGateway implements Runs<GiveBack> {
  constructor(private readonly commands: CommandBus) {}

  async run({ refundId, again }: GiveBack): Promise<void> {
    await this.commands.execute(new RefundChargeCommand(refundId, again));
  }
}

interface GiveBack {
  refundId: string;
  /** It was given to the gateway before, perhaps. */
  again?: boolean;
}
