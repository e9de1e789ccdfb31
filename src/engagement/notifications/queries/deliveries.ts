import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Channel, MessageState, SuppressionCause } from '../contracts/channels';
import { addressHint } from '../domain/addresses';
import { deliveryNotFound, notificationNotFound } from '../domain/notifications.errors';

/** One try to hand a message to its provider. */
export interface AttemptDetails {
  number: number;
  provider: string;
  /** `accepted` is no more than that the provider took it. */
  state: 'started' | 'accepted' | 'refused' | 'later' | 'unknown';
  code: string | null;
  retryAfterSeconds: number | null;
  startedAt: Date;
  endedAt: Date | null;
}

/** What a provider told of a message afterwards. */
export interface ToldDetails {
  type: string;
  detail: string | null;
  at: Date;
}

/** One message on its way to one person by one channel, or to one device. */
export interface DeliveryDetails {
  id: string;
  notificationId: string | null;
  userId: string | null;
  channel: Channel;
  category: string;
  template: string;
  state: MessageState;
  suppressedFor: SuppressionCause | null;
  /** As much of the address as its owner would know it by. */
  recipient: string | null;
  pushTokenId: string | null;
  provider: string | null;
  providerId: string | null;
  error: string | null;
  createdAt: Date;
  dueAt: Date | null;
  sentAt: Date | null;
  deliveredAt: Date | null;
  openedAt: Date | null;
  attempts: AttemptDetails[];
  told: ToldDetails[];
}

/** Messages of the organization with their tries; sorts: createdAt. */
export class ListDeliveriesQuery extends Query<Page<DeliveryDetails>> {
  constructor(
    readonly query: ListQuery & {
      state?: MessageState[];
      channel?: Channel[];
      userId?: string[];
      notificationId?: string[];
    },
  ) {
    super();
  }
}

/** One of them. @throws AppError not-found `notifications.delivery-not-found` */
export class FindDeliveryQuery extends Query<DeliveryDetails> {
  constructor(readonly messageId: string) {
    super();
  }
}

/** Those of one notification. @throws AppError not-found `notifications.notification-not-found` */
export class DeliveriesOfNotificationQuery extends Query<{ data: DeliveryDetails[] }> {
  constructor(readonly notificationId: string) {
    super();
  }
}

const SELECT = `m.id, m.notification_id as "notificationId", m.user_id as "userId", m.channel, m.category, m.template, m.state,
  m.suppressed_for as "suppressedFor", m.recipient, m.push_token_id as "pushTokenId", m.provider, m.provider_id as "providerId",
  m.last_error as error, m.created_at as "createdAt", m.due_at as "dueAt", m.sent_at as "sentAt", m.delivered_at as "deliveredAt", m.opened_at as "openedAt",
  coalesce((select json_agg(json_build_object('number', a.number, 'provider', a.provider, 'state', a.state, 'code', a.code,
      'retryAfterSeconds', a.retry_after_seconds, 'startedAt', a.started_at, 'endedAt', a.ended_at) order by a.number)
    from notifications.delivery_attempts a where a.tenant_id = m.tenant_id and a.message_id = m.id), '[]') as attempts,
  coalesce((select json_agg(json_build_object('type', c.type, 'detail', c.detail, 'at', c.at) order by c.at, c.id)
    from notifications.callbacks c where c.tenant_id = m.tenant_id and c.message_id = m.id), '[]') as told`;

const DELIVERIES = keyset({
  id: 'm.id',
  sorts: { createdAt: { sql: 'm.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    state: { sql: 'm.state', type: 'text' },
    channel: { sql: 'm.channel', type: 'text' },
    userId: { sql: 'm.user_id', type: 'uuid' },
    notificationId: { sql: 'm.notification_id', type: 'uuid' },
  },
});

type Row = Omit<DeliveryDetails, 'attempts' | 'told'> & {
  attempts: (Omit<AttemptDetails, 'startedAt' | 'endedAt'> & { startedAt: string; endedAt: string | null })[];
  told: (Omit<ToldDetails, 'at'> & { at: string })[];
};

/**
 * What readers see of a row, which may hold what a page is sorted by as well. JSON of the database tells times with an
 * offset; all times here are UTC.
 */
const view = (row: Row): DeliveryDetails => ({
  id: row.id,
  notificationId: row.notificationId,
  userId: row.userId,
  channel: row.channel,
  category: row.category,
  template: row.template,
  state: row.state,
  suppressedFor: row.suppressedFor,
  recipient: row.recipient && addressHint(row.recipient),
  pushTokenId: row.pushTokenId,
  provider: row.provider,
  providerId: row.providerId,
  error: row.error,
  createdAt: row.createdAt,
  dueAt: row.dueAt,
  sentAt: row.sentAt,
  deliveredAt: row.deliveredAt,
  openedAt: row.openedAt,
  attempts: row.attempts.map(({ startedAt, endedAt, ...attempt }) => ({
    ...attempt,
    startedAt: new Date(startedAt),
    endedAt: endedAt === null ? null : new Date(endedAt),
  })),
  told: row.told.map(({ at, ...one }) => ({ ...one, at: new Date(at) })),
});

@QueryHandler(ListDeliveriesQuery)
export class ListDeliveriesHandler implements IQueryHandler<ListDeliveriesQuery> {
  constructor(private readonly database: Database) {}

  execute({ query }: ListDeliveriesQuery): Promise<Page<DeliveryDetails>> {
    return DELIVERIES.run<Row, DeliveryDetails>(this.database, query, {
      select: SELECT,
      from: 'notifications.messages m',
      where: 'm.tenant_id = kernel.tenant_id()',
      map: view,
    });
  }
}

@QueryHandler(FindDeliveryQuery)
export class FindDeliveryHandler implements IQueryHandler<FindDeliveryQuery> {
  constructor(private readonly database: Database) {}

  async execute({ messageId }: FindDeliveryQuery): Promise<DeliveryDetails> {
    const rows = await this.database.read<Row>(
      `select ${SELECT} from notifications.messages m where m.tenant_id = kernel.tenant_id() and m.id = $1`,
      [messageId],
    );
    if (!rows[0]) throw deliveryNotFound();
    return view(rows[0]);
  }
}

@QueryHandler(DeliveriesOfNotificationQuery)
export class DeliveriesOfNotificationHandler implements IQueryHandler<DeliveriesOfNotificationQuery> {
  constructor(private readonly database: Database) {}

  async execute({ notificationId }: DeliveriesOfNotificationQuery): Promise<{ data: DeliveryDetails[] }> {
    const rows = await this.database.read<Row & { there: boolean }>(
      `select ${SELECT} from notifications.messages m
       where m.tenant_id = kernel.tenant_id() and m.notification_id = $1 order by m.created_at, m.id`,
      [notificationId],
    );
    if (rows.length === 0) {
      const found = await this.database.read(
        `select 1 from notifications.notifications where tenant_id = kernel.tenant_id() and id = $1`,
        [notificationId],
      );
      if (found.length === 0) throw notificationNotFound();
    }
    return { data: rows.map(view) };
  }
}
