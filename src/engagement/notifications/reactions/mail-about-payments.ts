import { CommandBus } from '@nestjs/cqrs';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { ShopperNeeded } from '../../../money/payments/contracts/payment-events';
import { SendMessageCommand } from '../contracts/send-message';

/** A shopper whose bank wants to hear them gets a link, once a try. */
@Reaction({ name: 'notifications.mail-when-shopper-needed', on: ShopperNeeded })
export class MailWhenShopperNeeded implements Reacts<ShopperNeeded> {
  constructor(private readonly commands: CommandBus) {}

  async react({ payload: { intentId, attemptId, amount, email } }: StoredEvent<ShopperNeeded>): Promise<void> {
    const data = { paymentId: intentId, amount };
    const dedupeKey = `confirm-payment/${attemptId}`;
    await this.commands.execute(new SendMessageCommand({ to: email, template: 'confirm-payment', data, dedupeKey }));
  }
}
