import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ReleaseWithheldCommand, WithholdRefundCommand } from '../contracts/withhold-refund';
import { PaymentRepository } from '../data/payment.repository';
import { RefundRepository } from '../data/refund.repository';
import { leftOf, payingFirst } from '../domain/payment-intent';
import { refundExceedsCharge } from '../domain/payments.errors';

@CommandHandler(WithholdRefundCommand)
export class WithholdRefundHandler implements ICommandHandler<WithholdRefundCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
  ) {}

  execute({ request: { payable, amount } }: WithholdRefundCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const intent = await this.payments.lockByPayable(tx, payable);
      if (!intent) return;
      const charge = payingFirst(intent).find((attempt) => leftOf(attempt) >= amount);
      if (charge && (await this.refunds.withhold(tx, charge.id, amount))) return;
      const left = Math.max(0, ...intent.attempts.map(leftOf));
      throw refundExceedsCharge({ amount: left, currency: intent.amount.currency });
    });
  }
}

@CommandHandler(ReleaseWithheldCommand)
export class ReleaseWithheldHandler implements ICommandHandler<ReleaseWithheldCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly payments: PaymentRepository,
    private readonly refunds: RefundRepository,
  ) {}

  execute({ request: { payable, amount } }: ReleaseWithheldCommand): Promise<void> {
    return this.uow.run(async (tx) => {
      const intent = await this.payments.lockByPayable(tx, payable);
      const charge = intent && payingFirst(intent).find(({ withheld }) => withheld > 0);
      if (charge) await this.refunds.withhold(tx, charge.id, -Math.min(amount, charge.withheld));
    });
  }
}
