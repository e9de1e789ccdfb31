import { Injectable } from '@nestjs/common';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { Realtime } from '../../../kernel/realtime/realtime';
import type { NotificationCreatedPush, NotificationsUnreadPush } from '../http/notification-events.dto';

/** A notification that has just come into somebody's inbox. */
export interface ShownNotification {
  id: string;
  userId: string;
  category: string;
  title: string;
  body: string;
  link: string | null;
  about: Record<string, string>;
  createdAt: Date;
}

/** Unread notifications that are counted at most: people do not tell 100 from more. */
export const MOST_UNREAD = 100;

/** Tells the sockets of people what is in their inbox. */
@Injectable()
export class Inbox {
  constructor(
    private readonly database: Database,
    private readonly realtime: Realtime,
  ) {}

  /** After the commit, `notification.created` with the number of unread ones to each of these people's devices. */
  tell(tx: Transaction, shown: ShownNotification[]): void {
    if (shown.length === 0) return;
    const { tenantId } = tx;
    tx.afterCommit(async () => {
      const unread = await this.unread(tenantId, [...new Set(shown.map(({ userId }) => userId))]);
      // What callers hand in may hold more than a device is to see.
      for (const { userId, createdAt, id, category, title, body, link, about } of shown)
        this.realtime.toUser(tenantId, userId, 'notification.created', {
          id,
          category,
          title,
          body,
          link,
          about,
          createdAt: createdAt.toISOString(),
          unread: unread.get(userId) ?? 0,
        } satisfies NotificationCreatedPush);
    });
  }

  /** After the commit, `notification.unread` to the other devices of somebody who read or put away. */
  recount(tx: Transaction, userId: string): void {
    const { tenantId } = tx;
    tx.afterCommit(async () => {
      const unread = (await this.unread(tenantId, [userId])).get(userId) ?? 0;
      this.realtime.toUser(tenantId, userId, 'notification.unread', { unread } satisfies NotificationsUnreadPush);
    });
  }

  /** Unread notifications by user, each at most `MOST_UNREAD`; derived, so that no count can drift. */
  async unread(tenantId: string, userIds: string[]): Promise<Map<string, number>> {
    const rows = await this.database.readAs<{ userId: string; unread: number }>(
      tenantId,
      `select person.id as "userId", counted.unread from unnest($2::uuid[]) as person (id)
       cross join lateral (select count(*)::int as unread from (
         select 1 from notifications.notifications
         where tenant_id = $1 and user_id = person.id and in_inbox and read_at is null and archived_at is null
           and due_at <= kernel.now() and (expires_at is null or expires_at > kernel.now()) limit $3) first) counted`,
      [tenantId, userIds, MOST_UNREAD],
    );
    return new Map(rows.map(({ userId, unread }) => [userId, unread]));
  }
}
