import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { keyset, type Keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import { FindUsersQuery } from '../../identity/contracts/find-users';
import { MemberUserIdsQuery } from '../../organizations/contracts/member-directory';
import { SubjectKeys } from '../data/subject-keys';
import { reversedPeriod } from '../domain/audit.errors';
import { PRIVILEGED, WAYS_IN } from '../domain/reports';
import { entryFilters } from './entry-filters';
import { ENTRY_FROM, ENTRY_SELECT, entryView, type AuditEntry, type EntryRow } from './entry-view';

export type TrailReport = 'privileged-actions' | 'failed-logins';

/** Filters of the reports, by the name of the query parameter. */
export interface ReportFilters {
  from?: string;
  to?: string;
  action?: string;
  actorId?: string;
  result?: string;
  userId?: string;
  email?: string;
  ip?: string;
}

/** An entry with the people that it is about. */
export interface ReportRow extends AuditEntry {
  /** Address of the user who did it, as it is now; null for others than users. */
  actorEmail: string | null;
  /** The account that it was about, where one was known. */
  userId: string | null;
  /** Tried at the installation's own door: no organization was named. */
  atInstallation: boolean;
}

type Found = { rows: (EntryRow & { _id: string; tenantId: string })[]; total: number };

const CONDITIONS: Record<TrailReport, { where: string; actions: readonly string[] }> = {
  'privileged-actions': { where: 'e.action = any($1)', actions: PRIVILEGED },
  'failed-logins': { where: `e.action = any($1) and e.result <> 'ok'`, actions: WAYS_IN },
};
const MOST_MEMBERS = 10_000;

/** A page of a report from the trail of the context's organization, newest first unless sorted by `id`. */
export class TrailReportQuery extends Query<Page<ReportRow>> {
  constructor(
    readonly report: TrailReport,
    readonly list: ListQuery & ReportFilters,
  ) {
    super();
  }
}

/**
 * Failed sign-ins stand in the trail of the organization whose door was tried. A try that names no organization stands
 * in the installation's own trail: of those, the report has what was tried at accounts of those who work here.
 */
@QueryHandler(TrailReportQuery)
export class TrailReportHandler implements IQueryHandler<TrailReportQuery> {
  constructor(
    private readonly database: Database,
    private readonly keys: SubjectKeys,
    private readonly queries: QueryBus,
  ) {}

  async execute({ report, list }: TrailReportQuery): Promise<Page<ReportRow>> {
    if (Date.parse(list.from ?? '') >= Date.parse(list.to ?? '')) throw reversedPeriod();
    const tenantId = currentContext().tenantId!;
    const trails = [this.read(tenantId, report, list)];
    if (report === 'failed-logins') trails.push(this.atInstallation(report, list));
    const found = await Promise.all(trails);
    const sign = list.sort === 'id' ? 1 : -1;
    const rows = found
      .flatMap((trail) => trail.rows)
      .sort((a, b) => (a.id < b.id ? -sign : sign))
      .slice(0, list.limit + 1);
    const total = list.count === 'exact' ? found.reduce((sum, trail) => sum + trail.total, 0) : undefined;
    const { data, page } = this.rows(tenantId)
      .list(list)
      .page(rows, (row) => row, total);
    return { data: await this.views(data, tenantId), page };
  }

  private async atInstallation(report: TrailReport, list: ListQuery & ReportFilters): Promise<Found> {
    const ids = await this.queries.execute(new MemberUserIdsQuery({ most: MOST_MEMBERS, butRoles: ['customer'] }));
    return ids.length === 0 ? { rows: [], total: 0 } : this.read(PLATFORM_TENANT, report, list, ids);
  }

  /** @param of accounts; only what is about one of them */
  private async read(
    trail: string,
    report: TrailReport,
    query: ListQuery & ReportFilters,
    of?: string[],
  ): Promise<Found> {
    const { where, actions } = CONDITIONS[report];
    const from = ENTRY_FROM;
    const scope = `e.tenant_id = kernel.tenant_id() and ${where}${of ? ' and e.target_id = any($2::uuid[])' : ''}`;
    const list = this.rows(trail).list(query, of ? [actions, of] : [actions]);
    const rows = this.database.readAs<EntryRow & { _id: string }>(
      trail,
      `select ${ENTRY_SELECT}, ${list.keys} from ${from} where ${scope}${list.where} ${list.orderBy} ${list.limit}`,
      list.params,
    );
    const counted =
      query.count === 'exact'
        ? this.database.readAs<{ total: number }>(
            trail,
            `select count(*)::int as total from ${from} where ${scope}${list.filtered.where}`,
            list.filtered.params,
          )
        : [{ total: 0 }];
    const [found, [{ total }]] = await Promise.all([rows, counted]);
    return { rows: found.map((row) => ({ ...row, tenantId: trail })), total };
  }

  /** The trail of a tenant knows addresses by digests of its own. */
  private rows(trail: string): Keyset {
    const digests = (kind: 'ip' | 'email', value: string): Buffer[] => this.keys.digests(trail, kind, value);
    return keyset({
      id: 'e.id',
      sorts: {},
      defaultSort: '-id',
      filters: {
        ...entryFilters,
        userId: { sql: 'e.target_id', type: 'uuid' },
        ip: (value: string, place) => `e.ip_digest = any(${place(digests('ip', value), 'bytea[]')})`,
        email: (value: string, place) => `e.email_digest = any(${place(digests('email', value), 'bytea[]')})`,
      },
    });
  }

  private async views(rows: readonly Found['rows'][number][], tenantId: string): Promise<ReportRow[]> {
    const personOf = (row: EntryRow): string | null =>
      row.onBehalfOf ?? (row.actorKind === 'user' ? row.actorId : null);
    const people = [...new Set(rows.map(personOf).filter((id) => id !== null))];
    const trails = [...new Set(rows.map((row) => row.tenantId))];
    const [users, ...opened] = await Promise.all([
      this.queries.execute(new FindUsersQuery({ ids: people })),
      ...trails.map((trail) =>
        this.keys.open(
          trail,
          rows.filter((row) => row.tenantId === trail),
        ),
      ),
    ]);
    const pii = new Map(opened.flatMap((entries) => [...entries]));
    const emails = new Map(users.map(({ id, email }) => [id, email]));
    return rows.map((row) => ({
      ...entryView(row, pii.get(row.id) ?? null),
      actorEmail: emails.get(personOf(row) ?? '') ?? null,
      userId: row.target.userId ?? null,
      atInstallation: row.tenantId !== tenantId,
    }));
  }
}
