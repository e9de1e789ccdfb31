import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Condition } from '../../../kernel/auth/condition';
import { Database } from '../../../kernel/database/database';
import { keyset, type ListQuery, type Page } from '../../../kernel/http/pagination';
import type { Subject, SubjectType } from '../domain/authorization';
import { grantNotFound } from '../domain/grant.errors';

export const GRANT_STATES = ['scheduled', 'live', 'expired', 'revoked'] as const;
export type GrantState = (typeof GRANT_STATES)[number];

export interface GrantDetails {
  id: string;
  subject: Subject;
  role: string | null;
  permission: string | null;
  effect: 'allow' | 'deny';
  resource: string | null;
  condition: Condition | null;
  validFrom: Date | null;
  validTo: Date | null;
  reason: string;
  state: GrantState;
  createdBy: string | null;
  createdAt: Date;
  revokedBy: string | null;
  revokedAt: Date | null;
}

type Row = Omit<GrantDetails, 'subject'> & { subjectType: SubjectType; subjectId: string };

const STATE = `case when g.revoked_at is not null then 'revoked' when g.valid_to <= kernel.now() then 'expired'
  when g.valid_from > kernel.now() then 'scheduled' else 'live' end`;
const COLUMNS = `g.id, g.subject_type as "subjectType", g.subject_id as "subjectId", g.role, g.permission, g.effect,
  g.resource, g.condition, g.valid_from as "validFrom", g.valid_to as "validTo", g.reason, ${STATE} as state,
  g.created_by as "createdBy", g.created_at as "createdAt", g.revoked_by as "revokedBy", g.revoked_at as "revokedAt"`;

const GRANTS = keyset({
  id: 'g.id',
  sorts: { createdAt: { sql: 'g.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
  filters: {
    subjectType: { sql: 'g.subject_type', type: 'text' },
    subjectId: { sql: 'g.subject_id', type: 'uuid' },
    role: { sql: 'g.role', type: 'text' },
    permission: { sql: 'g.permission', type: 'text' },
    state: { sql: STATE, type: 'text' },
  },
});

export interface GrantListQuery extends ListQuery {
  subjectType?: SubjectType[];
  subjectId?: string;
  role?: string;
  permission?: string;
  state?: GrantState[];
}

/** Grants of the context's organization, those that have ended too. */
export class ListGrantsQuery extends Query<Page<GrantDetails>> {
  constructor(readonly list: GrantListQuery) {
    super();
  }
}

@QueryHandler(ListGrantsQuery)
export class ListGrantsHandler implements IQueryHandler<ListGrantsQuery> {
  constructor(private readonly database: Database) {}

  execute({ list }: ListGrantsQuery): Promise<Page<GrantDetails>> {
    return GRANTS.run<Row, GrantDetails>(this.database, list, {
      select: COLUMNS,
      from: 'identity.grants g',
      where: 'g.tenant_id = kernel.tenant_id()',
      map: detailsOf,
    });
  }
}

export class FindGrantQuery extends Query<GrantDetails> {
  constructor(readonly grantId: string) {
    super();
  }
}

@QueryHandler(FindGrantQuery)
export class FindGrantHandler implements IQueryHandler<FindGrantQuery> {
  constructor(private readonly database: Database) {}

  async execute({ grantId }: FindGrantQuery): Promise<GrantDetails> {
    const [row] = await this.database.read<Row>(
      `select ${COLUMNS} from identity.grants g where g.tenant_id = kernel.tenant_id() and g.id = $1`,
      [grantId],
    );
    if (!row) throw grantNotFound();
    return detailsOf(row);
  }
}

/** Row to view, member by member: the list's rows carry sort keys beside them. */
const detailsOf = (row: Row): GrantDetails => ({
  id: row.id,
  subject: { type: row.subjectType, id: row.subjectId },
  role: row.role,
  permission: row.permission,
  effect: row.effect,
  resource: row.resource,
  condition: row.condition,
  validFrom: row.validFrom,
  validTo: row.validTo,
  reason: row.reason,
  state: row.state,
  createdBy: row.createdBy,
  createdAt: row.createdAt,
  revokedBy: row.revokedBy,
  revokedAt: row.revokedAt,
});
