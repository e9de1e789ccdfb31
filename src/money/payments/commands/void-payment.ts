import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { isClosed } from '../domain/machines';
import { notVoidable, paymentInFlight, paymentNotFound } from '../domain/payments.errors';
import { FindPaymentQuery, type PaymentDetails } from '../queries/find-payment';
import { askForFollowUps } from './follow-ups';

/**
 * Calls a payment off that is not captured: what is reserved is let go, an open step at the provider ends. The gateway is
 * told by a job of the same commit.
 * @throws AppError not-found `payments.payment-not-found`, conflict `payments.not-voidable`, `payments.payment-in-flight`
 */
export class VoidPaymentCommand extends Command<PaymentDetails> {
  constructor(readonly paymentId: string) {
    super();
  }
}

@CommandHandler(VoidPaymentCommand)
export class VoidPaymentHandler implements ICommandHandler<VoidPaymentCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
    private readonly clock: Clock,
    private readonly queries: QueryBus,
  ) {}

  async execute({ paymentId }: VoidPaymentCommand): Promise<PaymentDetails> {
    return this.uow.run(async (tx) => {
      const intent = await this.payments.lock(tx, paymentId);
      if (!intent) throw paymentNotFound();
      const captured = intent.attempts.some((attempt) => attempt.captured > 0);
      if (captured || isClosed(intent.status)) throw notVoidable(intent.status);
      if (intent.void('voided_by_staff', this.clock.now()) !== 'canceled') throw paymentInFlight();
      await this.payments.save(tx, intent);
      await askForFollowUps(tx, intent, this.refunds);
      return this.queries.execute(new FindPaymentQuery(paymentId));
    });
  }
}
