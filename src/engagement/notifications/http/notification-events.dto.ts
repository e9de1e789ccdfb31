import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';

/** A notification came into somebody's inbox. */
@ServerPush('notification.created', { to: 'Every device of whoever was notified.' })
export class NotificationCreatedPush {
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
  /** @example general */
  category: string;
  /** @example We moved */
  title: string;
  /** @example Our new shop is open. */
  body: string;
  /** A path under the public URL, or an address. */
  @ApiProperty({ type: String, nullable: true, example: '/news/moved' })
  link: string | null;
  /** Ids of what it is about, for programs that lead there: `roomId`, `messageId` and `seq` of a chat, `fileId` of a file. */
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, example: {} })
  about: Record<string, string>;
  /** @example 2026-03-01T12:00:00.000Z */
  createdAt: string;
  /**
   * How many are unread now, counted to 100.
   * @example 3
   */
  unread: number;
}

/** Somebody read or put away notifications on one of their devices. */
@ServerPush('notification.unread', { to: 'Every device of whoever did it.' })
export class NotificationsUnreadPush {
  /**
   * How many are unread now, counted to 100.
   * @example 2
   */
  unread: number;
}
