import type { BatchStatement } from '../../../kernel/database/batch-query';
import { named } from '../../../kernel/database/statements';
import type { MemberRole } from './roles';

/** What a user is in an organization. */
export interface Standing {
  role: MemberRole;
  /** Ids of the teams that the user is in. */
  teams: string[];
}

/**
 * One row, a `Standing`, where the user is an active member of the active organization, else none. A statement instead of a
 * query class, because the first use of every token asks it: it travels in the batch that reads the session and the
 * grants. Runs in the organization's tenant.
 */
export const standingStatement = (tenantId: string, userId: string): BatchStatement =>
  named(
    `select m.role, coalesce((select array_agg(x.team_id) from organizations.team_members x
         where x.tenant_id = m.tenant_id and x.member_id = m.id), '{}') as teams
     from organizations.members m join organizations.tenants t on t.tenant_id = m.tenant_id and t.id = m.tenant_id
     where m.tenant_id = $1 and m.user_id = $2 and m.status = 'active' and t.status = 'active'`,
    [tenantId, userId],
  );

/** One row, `{ id }`, where the organization has this team, else none. */
export const teamStatement = (tenantId: string, teamId: string): BatchStatement =>
  named(`select id from organizations.teams where tenant_id = $1 and id = $2`, [tenantId, teamId]);
