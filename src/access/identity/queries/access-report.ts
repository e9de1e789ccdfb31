import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { keyset, type Page } from '../../../kernel/http/pagination';
import { requirePermissions } from '../commands/write-role';
import { AccessReportQuery, type AccessHeld, type AccessPeriod } from '../contracts/access-report';
import { RoleHistory, type RoleVersion } from '../domain/access-spans';
import type { GrantFacts } from '../domain/authorization';
import { expandPattern, PERMISSIONS } from '../domain/permissions';

const WAYS = keyset({
  id: 'a.id',
  sorts: { subject: { sql: 'a.subject_id', type: 'uuid' } },
  defaultSort: 'subject',
});

/** Memberships and grants as rows of one shape. The parameters: start and end of the period. */
const ALL = `(
  select s.tenant_id, s.id, 'user' as subject_type, s.user_id as subject_id, 'membership' as by, 'allow' as effect, s.role,
    null::text as permission, null::text as resource, null::jsonb as condition, s.from_at as since, s.to_at as until
  from identity.standings s where s.tenant_id = kernel.tenant_id() and s.from_at <= $2 and (s.to_at is null or s.to_at > $1)
  union all
  select g.tenant_id, g.id, g.subject_type, g.subject_id, 'grant', g.effect, g.role, g.permission, g.resource, g.condition,
    greatest(g.created_at, g.valid_from), least(g.revoked_at, g.valid_to)
  from identity.grants g where g.tenant_id = kernel.tenant_id() and greatest(g.created_at, g.valid_from) <= $2
    and (least(g.revoked_at, g.valid_to) is null or least(g.revoked_at, g.valid_to) > $1)
) a`;

interface Row extends Omit<AccessHeld, 'subject' | 'spans'> {
  subjectType: AccessHeld['subject']['type'];
  subjectId: string;
}

interface Named {
  id: string;
  name: string;
  email: string | null;
}

@QueryHandler(AccessReportQuery)
export class AccessReportHandler implements IQueryHandler<AccessReportQuery> {
  constructor(private readonly database: Database) {}

  async execute({ about, list }: AccessReportQuery): Promise<Page<AccessHeld>> {
    const { permission, userId, from, to } = about;
    if (permission !== undefined) requirePermissions([permission], 'permission');
    const wanted = new Set(permission === undefined ? Object.keys(PERMISSIONS) : expandPattern(permission));
    const history = await this.history(about);
    const resources = [...new Set([...wanted].map((name) => name.slice(0, name.indexOf(':'))))];
    const { data, page } = await WAYS.run<Row, Row>(this.database, list, {
      select: `a.id, a.subject_type as "subjectType", a.subject_id as "subjectId", a.by, a.effect, a.role, a.permission, a.resource,
        a.condition, a.since, a.until`,
      from: ALL,
      where: `a.tenant_id = kernel.tenant_id() and (a.role = any($3) or a.permission = any($4))
        and (a.resource is null or split_part(a.resource, '/', 1) = any($5))
        and ($6::uuid is null or (a.subject_type = 'user' and a.subject_id = $6))`,
      params: [from, to, history.rolesWith(wanted), patternsOf(wanted), resources, userId ?? null],
      map: ({
        id,
        subjectType,
        subjectId,
        by,
        effect,
        role,
        permission: named,
        resource,
        condition,
        since,
        until,
      }) => ({
        id,
        subjectType,
        subjectId,
        by,
        effect,
        role,
        permission: named,
        resource,
        condition,
        since,
        until,
      }),
    });
    const names = await this.namesOf(data);
    const held = data.map(({ subjectType: type, subjectId: id, ...row }): AccessHeld => {
      const given = row.by === 'membership' ? { baseRole: row.role! } : grantOf({ ...row, type, subjectId: id });
      const { name, email } = names.get(id) ?? { name: null, email: null };
      return { ...row, subject: { type, id, name, email }, spans: history.spansOf(given, row, wanted) };
    });
    return { data: held.filter(({ spans }) => spans.length > 0), page };
  }

  private async history(period: AccessPeriod): Promise<RoleHistory> {
    const versions = await this.database.read<RoleVersion>(
      `select role as key, permissions, inherits, from_at as "from", to_at as "to" from identity.role_versions
       where tenant_id = kernel.tenant_id() and from_at <= $2 and (to_at is null or to_at > $1)`,
      [period.from, period.to],
    );
    return new RoleHistory(versions, period);
  }

  /** Names of the people and keys of a page: the organization may know them, they had access to it. */
  private async namesOf(rows: readonly Row[]): Promise<Map<string, Named>> {
    const idsOf = (type: Row['subjectType']): string[] => [
      ...new Set(rows.filter(({ subjectType }) => subjectType === type).map(({ subjectId }) => subjectId)),
    ];
    const [users, keys] = [idsOf('user'), idsOf('apiKey')];
    const found = await Promise.all([
      users.length === 0
        ? []
        : this.database.readPlatform<Named>('select id, name, email from identity.users where id = any($1::uuid[])', [
            users,
          ]),
      keys.length === 0
        ? []
        : this.database.read<Named>(
            `select id, name, null as email from identity.api_keys where tenant_id = kernel.tenant_id() and id = any($1::uuid[])`,
            [keys],
          ),
    ]);
    return new Map(found.flat().map((one) => [one.id, one]));
  }
}

/** Everything that a grant may name to give one of these permissions. */
const patternsOf = (wanted: ReadonlySet<string>): string[] => [
  ...wanted,
  ...new Set([...wanted].map((name) => `${name.slice(0, name.indexOf(':'))}:*`)),
  '*',
];

const grantOf = ({
  id,
  type,
  subjectId,
  role,
  permission,
  effect,
  resource,
}: Omit<Row, 'subjectType'> & { type: Row['subjectType'] }): GrantFacts => ({
  id,
  subject: { type, id: subjectId },
  role,
  permission,
  effect,
  resource,
  condition: null,
  validFromMs: null,
  validToMs: null,
});
