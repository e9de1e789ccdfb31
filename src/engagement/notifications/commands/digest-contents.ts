import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { MessageRow } from '../data/message.repository';
import { NotificationRepository } from '../data/notification.repository';

/** Notifications that a digest names; of the others it says how many there are. */
const MOST_NAMED = 50;

/** What a digest says, put together when it leaves. */
@Injectable()
export class DigestContents {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly notifications: NotificationRepository,
  ) {}

  async of(message: MessageRow): Promise<Record<string, unknown>> {
    const items = await this.uow.run((tx) => this.notifications.inDigest(tx, message.id, MOST_NAMED));
    const count = items[0]?.count ?? 0;
    return {
      category: message.category,
      count,
      more: count - items.length,
      items: items.map(({ title, body, link, createdAt }) => ({ title, body, link, at: createdAt.toISOString() })),
    };
  }
}
