import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SendMessageCommand } from '../contracts/send-message';
import { MessageRepository, type Addressing } from '../data/message.repository';
import { isAddress } from '../domain/addresses';
import { CATEGORY_OF } from '../domain/categories';
import { recipientInvalid } from '../domain/notifications.errors';
import { gate, isCritical } from '../domain/resolve';
import { deliveryJob } from '../jobs/send-mail';
import { Renderer } from '../templates/renderer';
import { Recipients } from './recipients';

@CommandHandler(SendMessageCommand)
export class SendMessageHandler implements ICommandHandler<SendMessageCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly messages: MessageRepository,
    private readonly recipients: Recipients,
    private readonly renderer: Renderer,
  ) {}

  async execute({ message }: SendMessageCommand): Promise<{ messageId: string }> {
    const channel = message.channel ?? 'email';
    if (!isAddress(channel, message.to)) throw recipientInvalid();
    if (!this.renderer.has(message.template, channel)) throw new Error(`There is no text message ${message.template}.`);
    return this.uow.run(async (tx) => {
      const addressing = await this.address(tx, message);
      const { id, created } = await this.messages.insert(tx, message, addressing);
      const { dueAt, suppressedFor } = addressing;
      if (created && !suppressedFor)
        tx.job(deliveryJob({ channel, prompt: true }), { messageId: id }, dueAt ? { dueAt } : {});
      return { messageId: id };
    });
  }

  /** What the letter is about, and what its reader wants of such letters, where the reader is known. */
  private async address(tx: Transaction, message: SendMessageCommand['message']): Promise<Addressing> {
    const category = CATEGORY_OF[message.template];
    const critical = isCritical(category);
    const addressing: Addressing = { category, critical, dueAt: null, suppressedFor: null };
    if (critical || !message.userId) return addressing;
    const person = (await this.recipients.of(tx.tenantId, [message.userId])).get(message.userId);
    if (!person) return addressing;
    const now = clock.now();
    const decision = gate(person, message.channel ?? 'email', { category, critical, dueAt: now, expiresAt: null });
    if (decision.kind === 'suppress') return { ...addressing, suppressedFor: decision.cause };
    return decision.dueAt > now && !message.prompt ? { ...addressing, dueAt: decision.dueAt } : addressing;
  }
}
