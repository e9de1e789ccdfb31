import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';

/** One letter of the development mailbox. */
export interface DevLetter {
  id: string;
  channel: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** RFC 3339. */
  sentAt: string;
}

interface Row {
  id: string;
  channel: string;
  recipient: string;
  subject: string;
  text_body: string;
  html_body: string;
  sent_at: Date;
}

/** The newest letters of the development mailbox, newest first; all, to one address (any case), or one by id. */
export class DevMailboxQuery extends Query<DevLetter[]> {
  constructor(readonly filter: { to?: string; id?: string; limit?: number }) {
    super();
  }
}

@QueryHandler(DevMailboxQuery)
export class DevMailboxHandler implements IQueryHandler<DevMailboxQuery> {
  constructor(private readonly database: Database) {}

  async execute({ filter }: DevMailboxQuery): Promise<DevLetter[]> {
    const rows = await this.database.readPlatform<Row>(
      `select id, channel, recipient, subject, text_body, html_body, sent_at from notifications.dev_mailbox
       where ($1::text is null or recipient = lower($1)) and ($2::uuid is null or id = $2) order by sent_at desc, id desc limit $3`,
      [filter.to ?? null, filter.id ?? null, filter.limit ?? 100],
    );
    return rows.map((row) => ({
      id: row.id,
      channel: row.channel,
      to: row.recipient,
      subject: row.subject,
      text: row.text_body,
      html: row.html_body,
      sentAt: row.sent_at.toISOString(),
    }));
  }
}
