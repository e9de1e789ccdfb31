import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { RefundableOrderQuery } from '../../../commerce/orders/contracts/refundable-order';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { CapturePaymentCommand } from '../contracts/capture-payment';
import type { Payable } from '../contracts/payment-view';
import { VoidPaymentCommand } from '../contracts/void-payment';

interface Cleared {
  paymentId: string;
  payable: Payable;
}

/** Captures what was reserved until it was judged: what is still due, as pieces may have been given up meanwhile. */
@Job({ name: 'payments.capture-cleared', queue: 'payments' })
export class CaptureCleared implements Runs<Cleared> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async run({ paymentId, payable }: Cleared): Promise<void> {
    const order = await this.queries.execute(new RefundableOrderQuery(payable.id));
    try {
      if (order?.due === 0) await this.commands.execute(new VoidPaymentCommand({ paymentId, reason: 'nothing_due' }));
      else await this.commands.execute(new CapturePaymentCommand({ paymentId, amount: order?.due, repeatable: true }));
    } catch (error) {
      // Somebody called it off, or captured it, in the meantime.
      if (!GONE.includes((error as { code?: string }).code ?? '')) throw error;
    }
  }
}

const GONE = ['payments.not-capturable', 'payments.not-voidable'];
