import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { PaymentFacts } from '../contracts/payment-view';
import { RecordOutcomeCommand } from '../contracts/record-outcome';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { paymentNotFound } from '../domain/payments.errors';
import { askForFollowUps } from './follow-ups';

@CommandHandler(RecordOutcomeCommand)
export class RecordOutcomeHandler implements ICommandHandler<RecordOutcomeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
    private readonly clock: Clock,
  ) {}

  async execute({ request }: RecordOutcomeCommand): Promise<PaymentFacts> {
    return this.uow.run(async (tx) => {
      const intent = await this.payments.lockByAttempt(tx, request.attemptId);
      if (!intent) throw paymentNotFound();
      if (intent.settle(request.attemptId, request.outcome, this.clock.now())) {
        await this.payments.save(tx, intent);
        await askForFollowUps(tx, intent, this.refunds);
      }
      return intent.facts();
    });
  }
}
