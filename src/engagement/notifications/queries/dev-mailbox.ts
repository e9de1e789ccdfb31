import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { SYSTEM } from '../../../kernel/auth/principal';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { LetterPictures } from '../commands/letter-pictures';

/** One letter of the development mailbox. */
export interface DevLetter {
  id: string;
  tenantId: string;
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
  tenant_id: string;
  channel: string;
  recipient: string;
  subject: string;
  text_body: string;
  html_body: string;
  sent_at: Date;
}

/** A letter of an organization for a page, with the pictures that its mail carried. */
export class ShownLetterQuery extends Query<string> {
  constructor(readonly letter: Pick<DevLetter, 'tenantId' | 'html'>) {
    super();
  }
}

@QueryHandler(ShownLetterQuery)
export class ShownLetterHandler implements IQueryHandler<ShownLetterQuery> {
  constructor(private readonly pictures: LetterPictures) {}

  execute({ letter: { tenantId, html } }: ShownLetterQuery): Promise<string> {
    return runInContext({ tenantId, principal: SYSTEM }, () => this.pictures.shown(html));
  }
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
      `select id, tenant_id, channel, recipient, subject, text_body, html_body, sent_at from notifications.dev_mailbox
       where ($1::text is null or recipient = lower($1)) and ($2::uuid is null or id = $2) order by sent_at desc, id desc limit $3`,
      [filter.to ?? null, filter.id ?? null, filter.limit ?? 100],
    );
    return rows.map((row) => ({
      id: row.id,
      tenantId: row.tenant_id,
      channel: row.channel,
      to: row.recipient,
      subject: row.subject,
      text: row.text_body,
      html: row.html_body,
      sentAt: row.sent_at.toISOString(),
    }));
  }
}
