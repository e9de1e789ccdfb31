import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Channel, MessageState } from '../contracts/channels';
import { batchNotFound } from '../domain/notifications.errors';

/** A request to notify many people. */
export interface BatchFacts {
  id: string;
  state: 'running' | 'done' | 'cancelled';
  template: string;
  category: string;
  recipients: number;
  skipped: number;
  createdAt: string;
  finishedAt: string | null;
}

export interface BatchDetails extends BatchFacts {
  /** Messages by channel and state; accepted by a provider (`sent`) is not delivered. */
  messages: { channel: Channel; state: MessageState; suppressedFor: string | null; count: number }[];
}

interface Row {
  id: string;
  state: BatchFacts['state'];
  template: string;
  category: string;
  recipients: number;
  skipped: number;
  created_at: Date;
  finished_at: Date | null;
}

const COLUMNS = `b.id, b.state, b.request->>'template' as template, b.request->>'category' as category, b.recipients, b.skipped,
  b.created_at, b.finished_at`;

const viewOf = ({ created_at, finished_at, ...row }: Row): BatchFacts => ({
  id: row.id,
  state: row.state,
  template: row.template,
  category: row.category,
  recipients: row.recipients,
  skipped: row.skipped,
  createdAt: created_at.toISOString(),
  finishedAt: finished_at?.toISOString() ?? null,
});

/** The newest first. */
export class ListBatchesQuery extends Query<Page<BatchFacts>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const BATCHES = keyset({
  id: 'b.id',
  sorts: { createdAt: { sql: 'b.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {},
});

@QueryHandler(ListBatchesQuery)
export class ListBatchesHandler implements IQueryHandler<ListBatchesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListBatchesQuery): Promise<Page<BatchFacts>> {
    return BATCHES.run<Row, BatchFacts>(this.database, list, {
      select: COLUMNS,
      from: 'notifications.batches b',
      where: 'b.tenant_id = kernel.tenant_id()',
      map: viewOf,
    });
  }
}

/** @throws AppError not-found `notifications.batch-not-found` */
export class FindBatchQuery extends Query<BatchDetails> {
  constructor(readonly batchId: string) {
    super();
  }
}

@QueryHandler(FindBatchQuery)
export class FindBatchHandler implements IQueryHandler<FindBatchQuery> {
  constructor(private readonly database: Database) {}

  async execute({ batchId }: FindBatchQuery): Promise<BatchDetails> {
    const [row] = await this.database.read<Row & { messages: BatchDetails['messages'] | null }>(
      `select ${COLUMNS}, (
         select jsonb_agg(jsonb_build_object('channel', channel, 'state', state, 'suppressedFor', suppressed_for, 'count', count)
           order by channel, state, suppressed_for)
         from (select m.channel, m.state, m.suppressed_for, count(*) from notifications.notifications n
           join notifications.messages m on m.tenant_id = n.tenant_id and m.notification_id = n.id
           where n.tenant_id = b.tenant_id and n.batch_id = b.id group by 1, 2, 3) counted) as messages
       from notifications.batches b where b.tenant_id = kernel.tenant_id() and b.id = $1`,
      [batchId],
    );
    if (!row) throw batchNotFound();
    return { ...viewOf(row), messages: row.messages ?? [] };
  }
}
