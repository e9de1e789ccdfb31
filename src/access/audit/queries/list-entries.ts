import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';

export interface AuditEntry {
  id: string;
  at: Date;
  action: string;
  actor: { kind: string; id: string | null };
  sessionId: string | null;
  ip: string | null;
  target: Record<string, string>;
  result: string;
  requestId: string;
}

type Row = Omit<AuditEntry, 'actor'> & { actorKind: string; actorId: string | null };

const ENTRIES = keyset({
  id: 'e.id',
  sorts: { at: { sql: 'e.at', type: 'timestamptz' } },
  defaultSort: '-id',
  filters: {
    action: { sql: 'e.action', type: 'text' },
    actorId: { sql: 'e.actor_id', type: 'uuid' },
    actorKind: { sql: 'e.actor_kind', type: 'text' },
    result: { sql: 'e.result', type: 'text' },
    from: (value: string, place) => `e.at >= ${place(value, 'timestamptz')}`,
    to: (value: string, place) => `e.at < ${place(value, 'timestamptz')}`,
  },
});

/** Entries of the context's tenant, newest first (operators' own: of the platform's). */
export class ListAuditEntriesQuery extends Query<Page<AuditEntry>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

@QueryHandler(ListAuditEntriesQuery)
export class ListAuditEntriesHandler implements IQueryHandler<ListAuditEntriesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListAuditEntriesQuery): Promise<Page<AuditEntry>> {
    return ENTRIES.run<Row, AuditEntry>(this.database, list, {
      select: `e.id, e.at, e.action, e.actor_kind as "actorKind", e.actor_id as "actorId", e.session_id as "sessionId", e.ip,
        e.target, e.result, e.request_id as "requestId"`,
      from: 'audit.entries e',
      where: 'e.tenant_id = kernel.tenant_id()',
      map: ({ id, at, action, actorKind, actorId, sessionId, ip, target, result, requestId }) => ({
        id,
        at,
        action,
        actor: { kind: actorKind, id: actorId },
        sessionId,
        ip,
        target,
        result,
        requestId,
      }),
    });
  }
}
