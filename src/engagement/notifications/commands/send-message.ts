import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SendMessageCommand } from '../contracts/send-message';
import { MessageRepository } from '../data/message.repository';
import { recipientInvalid } from '../domain/notifications.errors';
import { SendMail } from '../jobs/send-mail';

@CommandHandler(SendMessageCommand)
export class SendMessageHandler implements ICommandHandler<SendMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly messages: MessageRepository,
  ) {}

  async execute({ message }: SendMessageCommand): Promise<{ messageId: string }> {
    // One address and no second header: whatever else is wrong with it, its mail server will say.
    if (!/^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/.test(message.to)) throw recipientInvalid();
    return this.uow.run(async (tx) => {
      const { id, created } = await this.messages.insert(tx, message);
      if (created) tx.job(SendMail, { messageId: id });
      return { messageId: id };
    });
  }
}
