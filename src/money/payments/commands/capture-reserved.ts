import { CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { runInContext } from '../../../kernel/context/request-context';
import { CaptureReservedCommand } from '../contracts/capture-reserved';
import type { PaymentFacts } from '../contracts/payment-view';
import { PaymentViewQuery } from '../contracts/payment-view-query';
import { paymentNotFound } from '../domain/payments.errors';
import { CapturePaymentCommand } from './capture-payment';

@CommandHandler(CaptureReservedCommand)
export class CaptureReservedHandler implements ICommandHandler<CaptureReservedCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async execute({ request: { payable, amount } }: CaptureReservedCommand): Promise<PaymentFacts> {
    const find = async (): Promise<PaymentFacts> => {
      const [payment] = await this.queries.execute(new PaymentViewQuery({ payableIds: [payable.id] }));
      if (!payment) throw paymentNotFound();
      return payment;
    };
    const payment = await find();
    if (payment.captured.amount > 0) return payment;
    const whole = amount.amount === payment.amount.amount;
    await runInContext({ idempotency: undefined }, () =>
      this.commands.execute(new CapturePaymentCommand(payment.id, whole ? null : amount.amount)),
    );
    return find();
  }
}
