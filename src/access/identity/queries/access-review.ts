import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Database } from '../../../kernel/database/database';
import { MembersByRoleQuery } from '../../organizations/contracts/members-by-role';
import { requirePermissions } from '../commands/write-role';
import { AccessReviewQuery, MOST_ACCESSES, type Access, type AccessReview } from '../contracts/access-review';
import { reasonsOf, RoleBook, type GrantFacts, type RoleFacts, type Subject } from '../domain/authorization';
import { expandPattern, PERMISSIONS } from '../domain/permissions';

type GrantRow = Omit<GrantFacts, 'subject' | 'validFromMs' | 'validToMs'> & {
  subjectType: Subject['type'];
  subjectId: string;
  validFrom: Date | null;
  validTo: Date | null;
};

@QueryHandler(AccessReviewQuery)
export class AccessReviewHandler implements IQueryHandler<AccessReviewQuery> {
  constructor(
    private readonly database: Database,
    private readonly queries: QueryBus,
  ) {}

  async execute({ about }: AccessReviewQuery): Promise<AccessReview> {
    const { permission, subject } = about;
    if (permission !== undefined) requirePermissions([permission], 'permission');
    const at = about.at ?? clock.now();
    const book = await this.bookAt(at);
    const wanted = new Set(permission === undefined ? Object.keys(PERMISSIONS) : expandPattern(permission));
    const data: Access[] = [];
    const add = (of: Subject, role: string | null, grants: GrantFacts[]): void => {
      for (const [name, reasons] of reasonsOf(book, role, grants)) {
        if (!wanted.has(name)) continue;
        for (const { grant, effect, path } of reasons) {
          data.push({
            subject: of,
            permission: name,
            effect,
            grantId: grant?.id ?? null,
            path: [...path],
            resource: grant?.resource ?? null,
            condition: grant?.condition ?? null,
            validFrom: grant?.validFromMs == null ? null : new Date(grant.validFromMs),
            validTo: grant?.validToMs == null ? null : new Date(grant.validToMs),
          });
        }
      }
    };
    const roles = book.keys().filter((key) => [...book.expand(key).keys()].some((name) => wanted.has(name)));
    for (const { userId, role } of await this.standingsAt(about.at, roles, subject)) {
      add({ type: 'user', id: userId }, role, []);
    }
    for (const grant of await this.grantsAt(at, subject)) add(grant.subject, null, [grant]);
    return { at, data: data.slice(0, MOST_ACCESSES), truncated: data.length > MOST_ACCESSES };
  }

  /** Roles as they were: the product's, and the organization's by their history. */
  private async bookAt(at: Date): Promise<RoleBook> {
    return new RoleBook(
      await this.database.read<RoleFacts>(
        `select role as key, permissions, inherits from identity.role_versions
         where tenant_id = kernel.tenant_id() and from_at <= $1 and (to_at is null or to_at > $1)`,
        [at],
      ),
    );
  }

  /** Members with one of these roles; now from the members themselves, in the past by what was noted of them. */
  private async standingsAt(
    at: Date | undefined,
    roles: string[],
    subject: Subject | undefined,
  ): Promise<{ userId: string; role: string }[]> {
    if (subject && subject.type !== 'user') return [];
    if (at === undefined) {
      const members = await this.queries.execute(new MembersByRoleQuery({ roles }));
      return members.filter(({ userId }) => !subject || userId === subject.id);
    }
    return this.database.read(
      `select user_id as "userId", role from identity.standings
       where tenant_id = kernel.tenant_id() and role = any($2) and from_at <= $1 and (to_at is null or to_at > $1)
         and ($3::uuid is null or user_id = $3) order by user_id limit ${MOST_ACCESSES}`,
      [at, roles, subject?.id ?? null],
    );
  }

  private async grantsAt(at: Date, subject: Subject | undefined): Promise<GrantFacts[]> {
    const rows = await this.database.read<GrantRow>(
      `select id, subject_type as "subjectType", subject_id as "subjectId", role, permission, effect, resource, condition,
         valid_from as "validFrom", valid_to as "validTo" from identity.grants
       where tenant_id = kernel.tenant_id() and created_at <= $1 and (revoked_at is null or revoked_at > $1)
         and (valid_from is null or valid_from <= $1) and (valid_to is null or valid_to > $1)
         and ($2::text is null or subject_type = $2) and ($3::uuid is null or subject_id = $3)
       order by id limit ${MOST_ACCESSES}`,
      [at, subject?.type ?? null, subject?.id ?? null],
    );
    return rows.map(({ subjectType, subjectId, validFrom, validTo, ...grant }) => ({
      ...grant,
      subject: { type: subjectType, id: subjectId },
      validFromMs: validFrom?.getTime() ?? null,
      validToMs: validTo?.getTime() ?? null,
    }));
  }
}
