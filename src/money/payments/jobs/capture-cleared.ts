import { CommandBus } from '@nestjs/cqrs';
import { Job, type Runs } from '../../../kernel/messaging/reaction';
import { CapturePaymentCommand } from '../contracts/capture-payment';

/** Captures what was reserved until it was judged. */
@Job({ name: 'payments.capture-cleared', queue: 'payments' })
export class CaptureCleared implements Runs<{ paymentId: string }> {
  constructor(private readonly commands: CommandBus) {}

  async run({ paymentId }: { paymentId: string }): Promise<void> {
    try {
      await this.commands.execute(new CapturePaymentCommand({ paymentId, repeatable: true }));
    } catch (error) {
      // Staff called it off, or captured a part of it, in the meantime.
      if ((error as { code?: string }).code !== 'payments.not-capturable') throw error;
    }
  }
}
