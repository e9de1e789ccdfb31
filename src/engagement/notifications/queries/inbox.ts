import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { Inbox } from '../commands/inbox';
import { aboutOf } from '../domain/about';
import { notificationNotFound } from '../domain/notifications.errors';

/** A notification as its recipient sees it. */
export interface InboxFacts {
  id: string;
  category: string;
  title: string;
  body: string;
  link: string | null;
  /** Ids of what it is about, by name. */
  about: Record<string, string>;
  critical: boolean;
  createdAt: string;
  readAt: string | null;
  archivedAt: string | null;
}

interface Row {
  id: string;
  category: string;
  title: string;
  body: string;
  link: string | null;
  template: string;
  data: Record<string, unknown> | null;
  critical: boolean;
  due_at: Date;
  read_at: Date | null;
  archived_at: Date | null;
}

const COLUMNS =
  'n.id, n.category, n.title, n.body, n.link, n.template, n.data, n.critical, n.due_at, n.read_at, n.archived_at';
/** What is in somebody's inbox now: its time has come and is not over. */
const THERE = `n.tenant_id = kernel.tenant_id() and n.user_id = $1 and n.in_inbox and n.due_at <= kernel.now()
  and (n.expires_at is null or n.expires_at > kernel.now())`;

const viewOf = (row: Row): InboxFacts => ({
  id: row.id,
  category: row.category,
  title: row.title,
  body: row.body,
  link: row.link,
  about: aboutOf(row.template, row.data),
  critical: row.critical,
  createdAt: row.due_at.toISOString(),
  readAt: row.read_at?.toISOString() ?? null,
  archivedAt: row.archived_at?.toISOString() ?? null,
});

/** Somebody's inbox, the newest first; filters `unread`, `archived`, `category`. */
export class InboxQuery extends Query<Page<InboxFacts>> {
  constructor(
    readonly userId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

const INBOX = keyset({
  id: 'n.id',
  sorts: { createdAt: { sql: 'n.due_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    unread: { sql: '(n.read_at is null)', type: 'boolean' },
    archived: { sql: '(n.archived_at is not null)', type: 'boolean' },
    category: { sql: 'n.category', type: 'text' },
  },
});

@QueryHandler(InboxQuery)
export class InboxHandler implements IQueryHandler<InboxQuery> {
  constructor(private readonly database: Database) {}

  execute({ userId, list }: InboxQuery): Promise<Page<InboxFacts>> {
    return INBOX.run<Row, InboxFacts>(this.database, list, {
      select: COLUMNS,
      from: 'notifications.notifications n',
      where: THERE,
      params: [userId],
      map: viewOf,
    });
  }
}

/** One of somebody's. @throws AppError not-found `notifications.notification-not-found` */
export class FindNotificationQuery extends Query<InboxFacts> {
  constructor(
    readonly userId: string,
    readonly notificationId: string,
  ) {
    super();
  }
}

@QueryHandler(FindNotificationQuery)
export class FindNotificationHandler implements IQueryHandler<FindNotificationQuery> {
  constructor(private readonly database: Database) {}

  async execute({ userId, notificationId }: FindNotificationQuery): Promise<InboxFacts> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from notifications.notifications n where ${THERE} and n.id = $2`,
      [userId, notificationId],
    );
    if (!row) throw notificationNotFound();
    return viewOf(row);
  }
}

/** How much of somebody's inbox is unread. */
export class UnreadQuery extends Query<{ unread: number }> {
  constructor(readonly userId: string) {
    super();
  }
}

@QueryHandler(UnreadQuery)
export class UnreadHandler implements IQueryHandler<UnreadQuery> {
  constructor(private readonly inbox: Inbox) {}

  async execute({ userId }: UnreadQuery): Promise<{ unread: number }> {
    const counts = await this.inbox.unread(currentContext().tenantId!, [userId]);
    return { unread: counts.get(userId) ?? 0 };
  }
}
