import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { MessageNoticeQuery, type MessageNotice } from '../contracts/message-notice';

const NOTICE = `select r.id as "roomId", m.seq::float8 as seq, r.name as "roomName", m.author_id as "authorId", (
    select coalesce(jsonb_agg(jsonb_build_object('userId', p.user_id, 'mention', p.user_id = any(m.mentions)) order by p.user_id), '[]')
    from chat.members p where p.tenant_id = kernel.tenant_id() and p.room_id = r.id and p.user_id <> m.author_id
      and greatest(p.read_seq, p.private_read_seq) < m.seq
      and (p.user_id = any(m.mentions) or (r.type = 'direct' and not p.silent))) as recipients
  from chat.messages m join chat.rooms r on r.tenant_id = kernel.tenant_id() and r.id = m.room_id
  where m.tenant_id = kernel.tenant_id() and m.id = $1 and m.deleted_at is null and m.hidden_at is null`;

@QueryHandler(MessageNoticeQuery)
export class MessageNoticeHandler implements IQueryHandler<MessageNoticeQuery> {
  constructor(private readonly database: Database) {}

  async execute({ request }: MessageNoticeQuery): Promise<MessageNotice | null> {
    const [notice] = await this.database.read<MessageNotice>(NOTICE, [request.messageId]);
    return notice && notice.recipients.length > 0 ? notice : null;
  }
}
