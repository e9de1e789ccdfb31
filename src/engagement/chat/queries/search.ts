import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { Bodies } from '../data/bodies';
import { SettingsRepository } from '../data/settings.repository';
import { WordIndex } from '../data/word-index';
import { callerOf } from '../domain/caller';
import { nothingToSearch, searchIsOff } from '../domain/chat.errors';
import type { Message, SealedMessage } from '../domain/message';

/** Most messages that a search finds, the newest. */
const MOST_FOUND = 500;

/**
 * Messages of the caller's rooms that have all of the words, the newest first; private rooms and hidden messages are left out.
 * @throws AppError conflict `chat.search-is-off`, invalid `chat.nothing-to-search`
 */
export class SearchMessagesQuery extends Query<Page<Message>> {
  constructor(
    readonly words: string,
    readonly roomId: string | null,
    readonly list: ListQuery,
  ) {
    super();
  }
}

const FOUND = keyset({
  id: 'm.id',
  sorts: { createdAt: { sql: 'm.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  // Parts of the question, to which a cursor is bound.
  filters: { q: () => 'true', roomId: () => 'true' },
});

@QueryHandler(SearchMessagesQuery)
export class SearchMessagesHandler implements IQueryHandler<SearchMessagesQuery> {
  constructor(
    private readonly database: Database,
    private readonly bodies: Bodies,
    private readonly settings: SettingsRepository,
    private readonly index: WordIndex,
  ) {}

  async execute({ words, roomId, list }: SearchMessagesQuery): Promise<Page<Message>> {
    const { tenantId, userId } = callerOf(currentContext());
    const { search } = await this.settings.of(tenantId);
    if (search === 'off') throw searchIsOff();
    const query = this.index.queryOf(tenantId, search, words);
    if (query === null) throw nothingToSearch();
    const { data, page } = await FOUND.run<{ message: SealedMessage }, SealedMessage>(this.database, list, {
      select: 'chat.message_view(m) as message',
      from: `chat.find_messages($1, $2, $3, ${MOST_FOUND}) f join chat.messages m on m.tenant_id = kernel.tenant_id() and m.id = f.id`,
      where: 'm.tenant_id = kernel.tenant_id() and m.hidden_at is null',
      params: [userId, query, roomId],
      map: ({ message }) => message,
    });
    return { data: await Promise.all(data.map((one) => this.bodies.message(tenantId, one))), page };
  }
}
