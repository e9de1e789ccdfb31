import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { VoidIntentCommand } from '../contracts/void-intent';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { askForFollowUps } from './follow-ups';

@CommandHandler(VoidIntentCommand)
export class VoidIntentHandler implements ICommandHandler<VoidIntentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ request }: VoidIntentCommand): Promise<{ result: 'none' | 'canceled' | 'pending' | 'refunding' }> {
    return this.uow.run(async (tx) => {
      const intent = await this.payments.lockByPayable(tx, request.payable);
      if (!intent) return { result: 'none' };
      const result = intent.void(request.reason, this.clock.now());
      await this.payments.save(tx, intent);
      await askForFollowUps(tx, intent, this.refunds);
      return { result };
    });
  }
}
