import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MessageRepository, type MessageRow } from '../data/message.repository';
import { NotificationRepository } from '../data/notification.repository';
import { Inbox } from './inbox';

/** Brings notifications into the inbox whose time has come. */
@Injectable()
export class InboxDelivery {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly messages: MessageRepository,
    private readonly notifications: NotificationRepository,
    private readonly inbox: Inbox,
  ) {}

  deliver(message: MessageRow): Promise<void> {
    return this.uow.run(async (tx) => {
      this.messages.delivered(tx, message.id);
      const item = message.notificationId ? await this.notifications.load(tx, message.notificationId) : null;
      if (item) this.inbox.tell(tx, [item]);
    });
  }

  /** Its recipient wants none of these in the inbox any more. */
  async withdraw(tx: Transaction, { notificationId }: MessageRow): Promise<void> {
    if (notificationId) await this.notifications.withdraw(tx, notificationId);
  }
}
