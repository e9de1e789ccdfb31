import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RequestRefundCommand } from '../contracts/request-refund';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { paymentNotFound, refundExceedsCharge } from '../domain/payments.errors';
import { refundDueAt } from '../domain/resolver.policy';
import { RefundAtGateway } from '../jobs/refund-at-gateway';
import { AskAboutRefund } from '../reactions/ask-about-refund';

@CommandHandler(RequestRefundCommand)
export class RequestRefundHandler implements ICommandHandler<RequestRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: Clock,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
  ) {}

  execute({ request: { payable, amount, reason } }: RequestRefundCommand): Promise<{ refundId: string }> {
    return this.uow.run(async (tx) => {
      const intent = await this.payments.lockByPayable(tx, payable);
      if (!intent) throw paymentNotFound();
      const left = (attempt: { captured: number; refunded: number; refundPending: number }): number =>
        attempt.captured - attempt.refunded - attempt.refundPending;
      const charge = intent.attempts.find((attempt) => left(attempt) >= amount.amount);
      const refundId =
        charge && intent.amount.currency === amount.currency
          ? await this.refunds.request(tx, charge.id, amount.amount, reason)
          : null;
      if (!refundId)
        throw refundExceedsCharge({
          amount: Math.max(0, ...intent.attempts.map(left)),
          currency: intent.amount.currency,
        });
      tx.job(RefundAtGateway, { refundId });
      tx.timer(AskAboutRefund, { refundId, step: 0 }, refundDueAt(this.clock.now(), 0)!);
      return { refundId };
    });
  }
}
