import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { FileLinkQuery } from '../../files/contracts/files';
import { callerOf } from '../domain/caller';
import { fileNotFound } from '../domain/chat.errors';

export type Rendition = 'small' | 'medium' | 'large';

/**
 * A short signed link to a file of a message, for members of its room.
 * @throws AppError not-found `chat.file-not-found`, `files.rendition-not-found`, conflict `files.not-clean`
 */
export class RoomFileQuery extends Query<{ url: string; expiresAt: string }> {
  constructor(
    readonly roomId: string,
    readonly fileId: string,
    readonly rendition: Rendition | undefined,
  ) {
    super();
  }
}

@QueryHandler(RoomFileQuery)
export class RoomFileHandler implements IQueryHandler<RoomFileQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ roomId, fileId, rendition }: RoomFileQuery): Promise<{ url: string; expiresAt: string }> {
    const { userId } = callerOf(currentContext());
    const [row] = await this.database.read<{ there: boolean }>(
      `select exists (select from chat.members me join chat.messages m on m.tenant_id = kernel.tenant_id() and m.room_id = me.room_id
         where me.tenant_id = kernel.tenant_id() and me.room_id = $1 and me.user_id = $2 and m.file_ids <> '{}' and m.hidden_at is null and $3 = any(m.file_ids)) as there`,
      [roomId, userId, fileId],
    );
    if (!row.there) throw fileNotFound();
    return this.queries.execute(new FileLinkQuery({ fileId, rendition }));
  }
}
