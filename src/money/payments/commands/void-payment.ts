import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { PaymentDetails } from '../contracts/payment-details';
import { VoidPaymentCommand } from '../contracts/void-payment';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { isClosed } from '../domain/machines';
import { notVoidable, paymentInFlight, paymentNotFound } from '../domain/payments.errors';
import { FindPaymentQuery } from '../queries/find-payment';
import { askForFollowUps } from './follow-ups';

@CommandHandler(VoidPaymentCommand)
export class VoidPaymentHandler implements ICommandHandler<VoidPaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request: { paymentId, reason } }: VoidPaymentCommand): Promise<PaymentDetails> {
    return this.uow.run(async (tx) => {
      const intent = await this.payments.lock(tx, paymentId);
      if (!intent) throw paymentNotFound();
      const captured = intent.attempts.some((attempt) => attempt.captured > 0);
      if (captured || isClosed(intent.status)) throw notVoidable(intent.status);
      if (intent.void(reason ?? 'voided_by_staff', this.clock.now()) !== 'canceled') throw paymentInFlight();
      await this.payments.save(tx, intent);
      await askForFollowUps(tx, intent, this.refunds);
      return this.queries.execute(new FindPaymentQuery(paymentId));
    });
  }
}
