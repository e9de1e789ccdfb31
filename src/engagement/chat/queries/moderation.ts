import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { ReportRepository } from '../data/report.repository';
import { RULE_COLUMNS, type StoredRule } from '../data/word-rule.repository';
import { callerOf } from '../domain/caller';
import { notAllowed, roomNotFound } from '../domain/chat.errors';
import { looksAfter, type RoomRole } from '../domain/room';
import type { Ban, Report, SealedReport } from '../domain/moderation';
import { looksAfterAll } from './moderators';

/** What waits for moderators: of the rooms that the caller looks after, but for what it said itself, or of all. */
export class ListReportsQuery extends Query<Page<Report>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

/** Who may not come into a room now. @throws AppError not-found `chat.room-not-found`, forbidden `chat.moderators-only` */
export class ListBansQuery extends Query<Page<Ban>> {
  constructor(
    readonly roomId: string,
    readonly list: ListQuery,
  ) {
    super();
  }
}

/** The organization's rules of words. */
export class ListWordRulesQuery extends Query<Page<StoredRule>> {
  constructor(readonly list: ListQuery) {
    super();
  }
}

const REPORTS = keyset({
  id: 'r.id',
  sorts: { createdAt: { sql: 'r.created_at', type: 'timestamptz' } },
  defaultSort: 'createdAt',
  filters: {
    state: { sql: 'r.state', type: 'text' },
    reason: { sql: 'r.reason', type: 'text' },
    roomId: { sql: 'r.room_id', type: 'uuid' },
  },
});

@QueryHandler(ListReportsQuery)
export class ListReportsHandler implements IQueryHandler<ListReportsQuery> {
  constructor(
    private readonly database: Database,
    private readonly reports: ReportRepository,
  ) {}

  async execute({ list }: ListReportsQuery): Promise<Page<Report>> {
    const { tenantId, userId } = callerOf(currentContext());
    const mine = `exists (select from chat.members me where me.tenant_id = kernel.tenant_id() and me.room_id = r.room_id
      and me.user_id = $1 and me.role in ('owner', 'moderator'))
      and not exists (select from chat.messages m where m.tenant_id = kernel.tenant_id() and m.id = r.message_id and m.author_id = $1)`;
    const { data, page } = await REPORTS.run<{ report: SealedReport }, SealedReport>(this.database, list, {
      select: 'chat.report_view(r) as report',
      from: 'chat.reports r',
      where: `r.tenant_id = kernel.tenant_id() and ($2 or ${mine})`,
      params: [userId, looksAfterAll()],
      map: ({ report }) => report,
    });
    return { data: await Promise.all(data.map((one) => this.reports.open(tenantId, one))), page };
  }
}

const BANS = keyset({
  id: 'b.user_id',
  sorts: { until: { sql: 'b.until', type: 'timestamptz' } },
  defaultSort: 'until',
});

@QueryHandler(ListBansQuery)
export class ListBansHandler implements IQueryHandler<ListBansQuery> {
  constructor(private readonly database: Database) {}

  async execute({ roomId, list }: ListBansQuery): Promise<Page<Ban>> {
    const { userId } = callerOf(currentContext());
    const [room] = await this.database.read<{ role: RoomRole | null }>(
      `select (select m.role from chat.members m where m.tenant_id = kernel.tenant_id() and m.room_id = r.id and m.user_id = $2) as role
       from chat.rooms r where r.tenant_id = kernel.tenant_id() and r.id = $1`,
      [roomId, userId],
    );
    const overAll = looksAfterAll();
    if (!room || (room.role === null && !overAll)) throw roomNotFound();
    if (!overAll && !looksAfter(room.role!)) throw notAllowed();
    return BANS.run<Omit<Ban, 'until' | 'createdAt'> & { until: Date; createdAt: Date }, Ban>(this.database, list, {
      select: 'b.user_id as "userId", b.until, b.reason, b.banned_by as "bannedBy", b.created_at as "createdAt"',
      from: 'chat.bans b',
      where: 'b.tenant_id = kernel.tenant_id() and b.room_id = $1 and b.until > kernel.now()',
      params: [roomId],
      map: (row) => ({ ...row, until: row.until.toISOString(), createdAt: row.createdAt.toISOString() }),
    });
  }
}

const RULES = keyset({
  id: 'w.id',
  sorts: { words: { sql: 'w.words', type: 'text' }, createdAt: { sql: 'w.created_at', type: 'timestamptz' } },
  defaultSort: 'words',
  filters: { action: { sql: 'w.action', type: 'text' } },
});

@QueryHandler(ListWordRulesQuery)
export class ListWordRulesHandler implements IQueryHandler<ListWordRulesQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListWordRulesQuery): Promise<Page<StoredRule>> {
    return RULES.run<StoredRule, StoredRule>(this.database, list, {
      select: RULE_COLUMNS,
      from: 'chat.word_rules w',
      where: 'w.tenant_id = kernel.tenant_id()',
      params: [],
      map: (row) => ({
        ...row,
        createdAt: new Date(row.createdAt).toISOString(),
        updatedAt: new Date(row.updatedAt).toISOString(),
      }),
    });
  }
}
