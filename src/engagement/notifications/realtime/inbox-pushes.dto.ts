import { ApiProperty } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';

/** Somebody has a new notification in the inbox. */
@ServerPush('notification.created', { to: 'Every device of the person.' })
export class NotificationCreatedPush {
  id: string;
  /** @example "orders" */
  category: string;
  /** @example "Your order is on its way" */
  title: string;
  /** @example "Order 2026-000042 left our warehouse." */
  body: string;
  /** @example "https://shop.example.com/orders/2026-000042" */
  link: string | null;
  /** @example "2026-03-01T12:00:00.000Z" */
  createdAt: string;
  /** Unread ones now, counted up to 100. @example 3 */
  @ApiProperty({ type: 'integer' })
  unread: number;
}

/** Another device of the person read or put away notifications. */
@ServerPush('notification.unread', { to: 'Every device of the person.' })
export class NotificationUnreadPush {
  /** Unread ones now, counted up to 100. @example 2 */
  @ApiProperty({ type: 'integer' })
  unread: number;
}
