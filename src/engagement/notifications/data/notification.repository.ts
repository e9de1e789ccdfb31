import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../kernel/database/transaction';
import type { Channel, SuppressionCause } from '../contracts/channels';
import { aboutOf } from '../domain/about';

/** One notification of one person, before it is written. */
export interface NewNotification {
  id: string;
  userId: string;
  title: string;
  body: string;
  link: string | null;
  inInbox: boolean;
  dueAt: Date;
  dedupeKey: string;
  duplicate: boolean;
}

/** What all notifications of one request share. */
export interface NotificationRequest {
  category: string;
  template: string;
  critical: boolean;
  data: Record<string, unknown>;
  contentDigest: Buffer;
  batchId: string | null;
  expiresAt: Date | null;
  /** When it was asked for: what is due by then is due at once. */
  askedAt: Date;
}

/** One message of a notification, before it is written. */
export interface NewMessage {
  id: string;
  notificationId: string;
  userId: string;
  channel: Channel;
  recipient: string | null;
  state: 'queued' | 'delivered' | 'suppressed';
  suppressedFor: SuppressionCause | null;
  dueAt: Date;
  pushTokenId: string | null;
  provider: string | null;
}

/** Seconds within which the same contents to the same person, asked for without a key, are a duplicate. */
const DUPLICATE_SECONDS = 60;

/** When something is due: at once also by the clock of the database, by which it is read and claimed, where that is behind. */
const due = (it: string, askedAt: string): string =>
  `case when ${it}.due_at > ${askedAt} then ${it}.due_at else least(${it}.due_at, kernel.now()) end`;

/** When a message leaves; what was asked for without a time left when it was asked for. */
const LEAVES = 'case when m.due_at is null then m.created_at else m.due_at end';

/** Notifications of a tenant's people, each with its messages. */
@Injectable()
export class NotificationRepository {
  /** Whoever counts or looks for duplicates does so alone for a person, until the commit. Users in the order of their ids. */
  async lockPeople(tx: Transaction, userIds: string[]): Promise<void> {
    await tx.query(
      `select pg_advisory_xact_lock(hashtextextended(locked.id::text || $1::text, 6003))
       from (select id from unnest($2::uuid[]) as id order by id) locked`,
      [tx.tenantId, userIds],
    );
  }

  /** Those of these users who were told the same just now. */
  async toldJustNow(tx: Transaction, userIds: string[], contentDigest: Buffer): Promise<Set<string>> {
    const rows = await tx.query<{ userId: string }>(
      `select distinct user_id as "userId" from notifications.notifications
       where tenant_id = $1 and user_id = any($2::uuid[]) and content_digest = $3
         and created_at > kernel.now() - make_interval(secs => $4)`,
      [tx.tenantId, userIds, contentDigest, DUPLICATE_SECONDS],
    );
    return new Set(rows.map(({ userId }) => userId));
  }

  /** When messages of a category and channel leave, or left, for each of these users between two moments. */
  async leavingOf(
    tx: Transaction,
    userIds: string[],
    { category, channel }: { category: string; channel: Channel },
    { after, before }: { after: Date; before: Date },
  ): Promise<Map<string, Date[]>> {
    const rows = await tx.query<{ userId: string; leaveAt: Date }>(
      `select m.user_id as "userId", min(${LEAVES}) as "leaveAt" from notifications.messages m
       where m.tenant_id = $1 and m.user_id = any($2::uuid[]) and m.category = $3 and m.channel = $4 and m.state <> 'suppressed' and m.notification_id is not null
         and ${LEAVES} > $5 and ${LEAVES} < $6
       group by m.user_id, m.notification_id`,
      [tx.tenantId, userIds, category, channel, after, before],
    );
    const found = new Map<string, Date[]>();
    for (const { userId, leaveAt } of rows) found.set(userId, [...(found.get(userId) ?? []), leaveAt]);
    return found;
  }

  /** Writes those that are new. @returns their ids; and the ids of those that were asked for before, by user */
  async insert(
    tx: Transaction,
    request: NotificationRequest,
    list: NewNotification[],
  ): Promise<{ inserted: Set<string>; before: Map<string, string> }> {
    const rows = await tx.query<{ id: string }>(
      `insert into notifications.notifications (tenant_id, id, user_id, title, body, link, in_inbox, due_at, dedupe_key,
         category, template, critical, data, content_digest, batch_id, expires_at, created_at)
       select $1, n.id, n.user_id, n.title, n.body, n.link, n.in_inbox, ${due('n', '$17')}, n.dedupe_key,
         $2, $3, $4, $5, $6, $7, $8, kernel.now()
       from unnest($9::uuid[], $10::uuid[], $11::text[], $12::text[], $13::text[], $14::boolean[], $15::timestamptz[], $16::text[])
         as n (id, user_id, title, body, link, in_inbox, due_at, dedupe_key)
       order by n.user_id
       on conflict (tenant_id, user_id, dedupe_key) do nothing returning id`,
      [
        tx.tenantId,
        request.category,
        request.template,
        request.critical,
        JSON.stringify(request.data),
        request.contentDigest,
        request.batchId,
        request.expiresAt,
        list.map(({ id }) => id),
        list.map(({ userId }) => userId),
        list.map(({ title }) => title),
        list.map(({ body }) => body),
        list.map(({ link }) => link),
        list.map(({ inInbox }) => inInbox),
        list.map(({ dueAt }) => dueAt),
        list.map(({ dedupeKey }) => dedupeKey),
        request.askedAt,
      ],
    );
    const inserted = new Set(rows.map(({ id }) => id));
    const known = list.filter(({ id }) => !inserted.has(id));
    if (known.length === 0) return { inserted, before: new Map() };
    const before = await tx.query<{ id: string; userId: string }>(
      `select id, user_id as "userId" from notifications.notifications
       where tenant_id = $1 and (user_id, dedupe_key) in (select * from unnest($2::uuid[], $3::text[]))`,
      [tx.tenantId, known.map(({ userId }) => userId), known.map(({ dedupeKey }) => dedupeKey)],
    );
    return { inserted, before: new Map(before.map(({ id, userId }) => [userId, id])) };
  }

  async insertMessages(tx: Transaction, request: NotificationRequest, list: NewMessage[]): Promise<void> {
    if (list.length === 0) return;
    await tx.execute(
      `insert into notifications.messages (tenant_id, id, notification_id, user_id, channel, recipient, state, suppressed_for,
         due_at, push_token_id, provider, dedupe_key, delivered_at, category, critical, template, data, expires_at, created_at)
       select $1, m.id, m.notification_id, m.user_id, m.channel, m.recipient, m.state, m.suppressed_for,
         ${due('m', '$17')}, m.push_token_id, m.provider, m.id::text, case when m.state = 'delivered' then kernel.now() end,
         $2, $3, $4, case when m.channel = 'in_app' then '{}' else $5::jsonb end, $6, kernel.now()
       from unnest($7::uuid[], $8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[],
         $15::uuid[], $16::text[])
         as m (id, notification_id, user_id, channel, recipient, state, suppressed_for, due_at, push_token_id, provider)`,
      [
        tx.tenantId,
        request.category,
        request.critical,
        request.template,
        JSON.stringify(request.data),
        request.expiresAt,
        list.map(({ id }) => id),
        list.map(({ notificationId }) => notificationId),
        list.map(({ userId }) => userId),
        list.map(({ channel }) => channel),
        list.map(({ recipient }) => recipient),
        list.map(({ state }) => state),
        list.map(({ suppressedFor }) => suppressedFor),
        list.map(({ dueAt }) => dueAt),
        list.map(({ pushTokenId }) => pushTokenId),
        list.map(({ provider }) => provider),
        request.askedAt,
      ],
    );
  }

  /**
   * Puts a notification into the digest of a person and category that leaves at `dueAt`, which is made with it.
   * @returns the digest's message and whether it is new; null when it is on its way already
   */
  async joinDigest(
    tx: Transaction,
    item: {
      notificationId: string;
      userId: string;
      category: string;
      recipient: string;
      dueAt: Date;
      messageId: string;
    },
  ): Promise<{ id: string; created: boolean } | null> {
    const [row] = await tx.query<{ id: string }>(
      `insert into notifications.messages (tenant_id, id, user_id, channel, recipient, state, due_at, dedupe_key, category, critical,
         template, data, created_at)
       values ($1, $2, $3, 'email', $4, 'queued', $5, $6, $7, false, 'digest', '{}', kernel.now())
       on conflict (tenant_id, dedupe_key) do update set state = messages.state
         where messages.state = 'queued' and messages.attempts = 0
       returning id`,
      [
        tx.tenantId,
        item.messageId,
        item.userId,
        item.recipient,
        item.dueAt,
        `digest/${item.userId}/${item.category}/${item.dueAt.toISOString()}`,
        item.category,
      ],
    );
    if (!row) return null;
    await tx.execute(`update notifications.notifications set digest_message_id = $3 where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      item.notificationId,
      row.id,
    ]);
    return { id: row.id, created: row.id === item.messageId };
  }

  /** What a digest holds, in order; at most `most`, and how many there are. */
  async inDigest(
    tx: Transaction,
    messageId: string,
    most: number,
  ): Promise<{ title: string; body: string; link: string | null; createdAt: Date; count: number }[]> {
    return tx.query(
      `select title, body, link, created_at as "createdAt", count(*) over ()::int as count from notifications.notifications
       where tenant_id = $1 and digest_message_id = $2 order by created_at, id limit $3`,
      [tx.tenantId, messageId, most],
    );
  }

  /** One notification as the inbox shows it; locked. */
  async load(tx: Transaction, id: string): Promise<InboxItem | null> {
    const [row] = await tx.query<Omit<InboxItem, 'about'> & { template: string; data: Record<string, unknown> | null }>(
      `select id, user_id as "userId", category, title, body, link, template, data, created_at as "createdAt" from notifications.notifications
       where tenant_id = $1 and id = $2 for no key update`,
      [tx.tenantId, id],
    );
    if (!row) return null;
    const { template, data, ...item } = row;
    return { ...item, about: aboutOf(template, data) };
  }

  /** Takes a notification out of the inbox that never came in. */
  async withdraw(tx: Transaction, id: string): Promise<void> {
    await tx.execute(`update notifications.notifications set in_inbox = false where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      id,
    ]);
  }

  /** Marks one that is in its recipient's inbox; a mark that is there keeps its time. @returns false where there is none */
  async mark(
    tx: Transaction,
    userId: string,
    id: string,
    { read, archived }: { read?: boolean; archived?: boolean },
  ): Promise<boolean> {
    const changed = await tx.execute(
      `update notifications.notifications set
         read_at = case $4::boolean when true then coalesce(read_at, kernel.now()) when false then null else read_at end,
         archived_at = case $5::boolean when true then coalesce(archived_at, kernel.now()) when false then null else archived_at end
       where tenant_id = $1 and user_id = $2 and id = $3 and in_inbox and due_at <= kernel.now()`,
      [tx.tenantId, userId, id, read ?? null, archived ?? null],
    );
    if (changed === 1 && read) this.opened(tx, [id]);
    return changed === 1;
  }

  /** @returns how many were unread */
  async readAll(tx: Transaction, userId: string, until: Date): Promise<number> {
    const rows = await tx.query<{ id: string }>(
      `update notifications.notifications set read_at = kernel.now()
       where tenant_id = $1 and user_id = $2 and in_inbox and read_at is null and due_at <= least($3, kernel.now())
       returning id`,
      [tx.tenantId, userId, until],
    );
    if (rows.length > 0)
      this.opened(
        tx,
        rows.map(({ id }) => id),
      );
    return rows.length;
  }

  /** Who read it in the inbox has opened that message, and no other one. */
  private opened(tx: Transaction, ids: string[]): void {
    tx.later(
      `update notifications.messages set state = 'opened', opened_at = kernel.now()
       where tenant_id = $1 and notification_id = any($2::uuid[]) and channel = 'in_app' and state = 'delivered'`,
      [tx.tenantId, ids],
    );
  }
}

interface InboxItem {
  id: string;
  userId: string;
  category: string;
  title: string;
  body: string;
  link: string | null;
  about: Record<string, string>;
  createdAt: Date;
}
