import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RequestRefundCommand } from '../contracts/request-refund';
import { DisputeRepository } from '../data/dispute.repository';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { FORBIDS_REFUND } from '../domain/dispute';
import { leftOf, payingFirst } from '../domain/payment-intent';
import { chargeDisputed, paymentNotFound, refundExceedsCharge, refundSumDiffers } from '../domain/payments.errors';
import { taxIn } from '../domain/refund';
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
    private readonly disputes: DisputeRepository,
  ) {}

  execute({ request }: RequestRefundCommand): Promise<{ refundId: string }> {
    const { payable, paymentId, amount, reason, note = null, lines = [], shipping } = request;
    return this.uow.run(async (tx) => {
      const intent = payable
        ? await this.payments.lockByPayable(tx, payable)
        : await this.payments.lock(tx, paymentId!);
      if (!intent) throw paymentNotFound();
      const sum = lines.reduce((all, line) => all + line.amount, shipping?.amount ?? 0);
      if ((lines.length > 0 || shipping) && sum !== amount.amount)
        throw refundSumDiffers({ amount: sum, currency: intent.amount.currency });
      const charge = payingFirst(intent).find((attempt) => leftOf(attempt) >= amount.amount);
      if (charge && (await this.disputes.disputed(tx, charge.id, FORBIDS_REFUND))) throw chargeDisputed();
      const earlier = lines.length > 0 || shipping ? await this.refunds.earlier(tx, intent.id) : null;
      const refundId =
        charge && intent.amount.currency === amount.currency
          ? await this.refunds.request(tx, charge.id, amount.amount, reason, {
              note,
              actorId: currentContext().principal.userId,
              lines: lines.map(({ of, ...line }) => ({
                takeBack: 0,
                giveUp: 0,
                ...line,
                tax: Math.min(line.amount, taxIn(of, earlier!.lines.get(line.lineId)?.amount ?? 0, line.amount)),
              })),
              shipping: shipping
                ? { amount: shipping.amount, tax: taxIn(shipping.of, earlier!.shipping, shipping.amount) }
                : { amount: 0, tax: 0 },
            })
          : null;
      if (!refundId)
        throw refundExceedsCharge({
          amount: Math.max(0, ...intent.attempts.map(leftOf)),
          currency: intent.amount.currency,
        });
      tx.job(RefundAtGateway, { refundId });
      tx.timer(AskAboutRefund, { refundId, step: 0 }, refundDueAt(this.clock.now(), 0)!);
      return { refundId };
    });
  }
}
