import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SendMessageCommand } from '../contracts/send-message';
import { MessageRepository } from '../data/message.repository';
import { recipientInvalid } from '../domain/notifications.errors';
import { SendMail } from '../jobs/send-mail';
import { TEXT_MESSAGES } from '../templates/text-messages';

/** One address and no second header, or one number: whatever else is wrong with it, the server behind it will say. */
const RECIPIENT = { email: /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/, sms: /^\+[1-9]\d{7,14}$/ };

@CommandHandler(SendMessageCommand)
export class SendMessageHandler implements ICommandHandler<SendMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly messages: MessageRepository,
  ) {}

  async execute({ message }: SendMessageCommand): Promise<{ messageId: string }> {
    if (!RECIPIENT[message.channel ?? 'email'].test(message.to)) throw recipientInvalid();
    if (message.channel === 'sms' && !Object.hasOwn(TEXT_MESSAGES, message.template))
      throw new Error(`There is no text message ${message.template}.`);
    return this.uow.run(async (tx) => {
      const { id, created } = await this.messages.insert(tx, message);
      if (created) tx.job(SendMail, { messageId: id });
      return { messageId: id };
    });
  }
}
