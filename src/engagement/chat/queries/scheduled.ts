import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { ScheduledRepository, SCHEDULED_COLUMNS, type ScheduledRow } from '../data/scheduled.repository';
import { callerOf } from '../domain/caller';
import type { ScheduledMessage } from '../domain/scheduled';

/** What the caller has scheduled and is not sent yet. */
export class ListScheduledQuery extends Query<Page<ScheduledMessage>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const SCHEDULED = keyset({
  id: 's.id',
  sorts: { at: { sql: 's.due_at', type: 'timestamptz' } },
  defaultSort: 'at',
  filters: { roomId: { sql: 's.room_id', type: 'uuid' } },
});

@QueryHandler(ListScheduledQuery)
export class ListScheduledHandler implements IQueryHandler<ListScheduledQuery> {
  constructor(
    private readonly database: Database,
    private readonly scheduled: ScheduledRepository,
  ) {}

  async execute({ list }: ListScheduledQuery): Promise<Page<ScheduledMessage>> {
    const { tenantId, userId } = callerOf(currentContext());
    const { data, page } = await SCHEDULED.run<ScheduledRow, ScheduledRow>(this.database, list, {
      select: SCHEDULED_COLUMNS,
      from: 'chat.scheduled_messages s',
      where: 's.tenant_id = kernel.tenant_id() and s.author_id = $1',
      params: [userId],
      map: (row) => row,
    });
    return { data: await Promise.all(data.map((row) => this.scheduled.view(tenantId, row))), page };
  }
}
