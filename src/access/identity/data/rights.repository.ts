import { Injectable } from '@nestjs/common';
import type { Condition } from '../../../kernel/auth/condition';
import { NO_RIGHTS, type Policy } from '../../../kernel/auth/policy';
import { AuthVersions } from '../../../kernel/auth/versions';
import { Cache } from '../../../kernel/cache/cache';
import type { BatchResult, BatchStatement } from '../../../kernel/database/batch-query';
import { Database, tenantStatement } from '../../../kernel/database/database';
import { named } from '../../../kernel/database/statements';
import type { Transaction } from '../../../kernel/database/transaction';
import { standingStatement, teamStatement, type Standing } from '../../organizations/contracts/standing';
import { compile, reasonsOf, RoleBook, type GrantFacts, type Subject, type SubjectType } from '../domain/authorization';

const GRANT = `id, subject_type as "subjectType", subject_id as "subjectId", role, permission, effect, resource, condition,
  valid_from as "validFrom", valid_to as "validTo"`;
const LIVE = `revoked_at is null and expired_at is null and (valid_to is null or valid_to > kernel.now())`;
/** The tenant's policies are others than those of this version. */
const CHANGED = `not exists (select from kernel.auth_versions v where v.id = $1 and v.version = $2)`;
const GRANTS = `select ${GRANT} from identity.grants
  where tenant_id = $1 and subject_type = any($2::text[]) and subject_id = any($3::uuid[]) and ${LIVE}`;
const TEAM_GRANTS = `select ${GRANT} from identity.grants
  where tenant_id = $1 and subject_type = 'team' and ${LIVE} and ${CHANGED}`;
const ROLES = `select r.key, r.permissions,
    coalesce(array_agg(e.parent order by e.parent) filter (where e.parent is not null), '{}') as inherits
  from identity.roles r left join identity.role_edges e on e.tenant_id = r.tenant_id and e.role = r.key
  where r.tenant_id = $1 and ${CHANGED} group by r.key, r.permissions`;

interface GrantRow {
  id: string;
  subjectType: SubjectType;
  subjectId: string;
  role: string | null;
  permission: string | null;
  effect: 'allow' | 'deny';
  resource: string | null;
  condition: Condition | null;
  validFrom: Date | null;
  validTo: Date | null;
}

/** What is equal for all members of a tenant while its policies stay as they are. */
interface Shared {
  version: number;
  book: RoleBook;
  teamGrants: GrantFacts[];
}

/** Everything that a decision about a member goes by. */
export interface Rights {
  /** Version of the tenant's policies that these are at least as new as. */
  version: number;
  /** The member's role in the organization and its teams; null for who is no member of it. */
  standing: Standing | null;
  grants: GrantFacts[];
  book: RoleBook;
}

const NONE: BatchResult = { rows: [], count: 0 };

/** Statements, and what makes rights of their results (in their order). */
export interface RightsQuestion {
  statements: BatchStatement[];
  read(results: BatchResult[]): Rights;
}

const factsOf = ({ subjectType, subjectId, validFrom, validTo, ...grant }: GrantRow): GrantFacts => ({
  ...grant,
  subject: { type: subjectType, id: subjectId },
  validFromMs: validFrom?.getTime() ?? null,
  validToMs: validTo?.getTime() ?? null,
});

/** The policy that rights amount to: none for who is no member, whatever was granted. */
export function policyOfRights({ standing, grants, book }: Rights): Policy {
  if (!standing) return NO_RIGHTS;
  return grants.length === 0 ? book.policyOf(standing.role) : compile(reasonsOf(book, standing.role, grants));
}

/**
 * Reads what members of a tenant may do, in the one trip of whoever asks: roles and grants to teams are kept per
 * version of the tenant's policies and only sent again when that changed.
 */
@Injectable()
export class RightsRepository {
  private readonly shared = new Cache<Shared>({ name: 'identity.role-books', max: 2_000, ttlMs: 3_600_000 });

  constructor(
    private readonly database: Database,
    private readonly versions: AuthVersions,
  ) {}

  /**
   * The question after one member's rights: statements to be sent in its tenant, and what reads their results. The
   * version comes first: rights that change in between are at worst compiled once more.
   * @param apiKeyId instead of the member's own grants, those of its key
   */
  question(tenantId: string, userId: string, apiKeyId?: string): RightsQuestion {
    const present = this.shared.get(tenantId);
    const known = present?.version ?? -1;
    const statements = [
      this.versions.statement([tenantId]),
      standingStatement(tenantId, userId),
      named(GRANTS, apiKeyId ? [tenantId, ['apiKey'], [apiKeyId]] : [tenantId, ['user'], [userId]]),
      named(ROLES, [tenantId, known]),
      named(TEAM_GRANTS, [tenantId, known]),
    ];
    return { statements, read: (results) => this.read(tenantId, present, results) };
  }

  private read(tenantId: string, present: Shared | undefined, results: BatchResult[]): Rights {
    const [versions, standings, own, roles, teamGrants] = results;
    const version = (versions.rows[0]?.version as number | undefined) ?? 0;
    let shared = present;
    if (shared?.version !== version) {
      shared = {
        version,
        book: new RoleBook(roles.rows as never),
        teamGrants: (teamGrants.rows as unknown as GrantRow[]).map(factsOf),
      };
      if ((this.shared.get(tenantId)?.version ?? -1) < version) this.shared.set(tenantId, shared);
    }
    const standing = (standings.rows[0] as unknown as Standing | undefined) ?? null;
    const teams = new Set(standing?.teams);
    const ofTeams = shared.teamGrants.filter(({ subject }) => teams.has(subject.id));
    return {
      version,
      standing,
      grants: [...(own.rows as unknown as GrantRow[]).map(factsOf), ...ofTeams],
      book: shared.book,
    };
  }

  /** The rights of a member as committed now. */
  async ofMember(tenantId: string, userId: string): Promise<Rights> {
    const { statements, read } = this.question(tenantId, userId);
    const [, ...results] = await this.database.send([tenantStatement(tenantId), ...statements]);
    return read(results);
  }

  /** The roles of a tenant as committed now. */
  async bookOf(tenantId: string): Promise<RoleBook> {
    return (await this.ofMember(tenantId, tenantId)).book;
  }

  /** The rights of a member or a team; null where the organization has none such. */
  async ofSubject(tenantId: string, subject: Subject): Promise<Rights | null> {
    const { statements, read } = this.question(tenantId, subject.id);
    const [, teams, ...results] = await this.database.send([
      tenantStatement(tenantId),
      teamStatement(tenantId, subject.id),
      ...statements,
    ]);
    if (subject.type === 'user') {
      const rights = read(results);
      return rights.standing ? rights : null;
    }
    if (subject.type !== 'team' || teams.rows.length === 0) return null;
    return read([results[0], { rows: [{ role: '', teams: [subject.id] }], count: 1 }, NONE, ...results.slice(3)]);
  }

  /** What was granted or denied to an API key itself. */
  async ofKey(tenantId: string, keyId: string): Promise<GrantFacts[]> {
    const rows = await this.database.readAs<GrantRow>(tenantId, GRANTS, [tenantId, ['apiKey'], [keyId]]);
    return rows.map(factsOf);
  }

  /** The same as a transaction sees them, its own changes included; nothing of it is kept for others. */
  async within(tx: Transaction, userId: string): Promise<Rights> {
    const tenant = tx.tenantId;
    const run = async <Row extends object>({ text, values }: BatchStatement): Promise<Row[]> =>
      tx.query<Row>(text, values);
    const [version] = await run<{ version: number }>(this.versions.statement([tenant]));
    const [standing] = await run<Standing>(standingStatement(tenant, userId));
    const own = await run<GrantRow>(named(GRANTS, [tenant, ['user'], [userId]]));
    const ofTeams = await run<GrantRow>(named(GRANTS, [tenant, ['team'], standing?.teams ?? []]));
    const roles = await run<never>(named(ROLES, [tenant, -1]));
    return {
      version: version?.version ?? 0,
      standing: standing ?? null,
      grants: [...own, ...ofTeams].map(factsOf),
      book: new RoleBook(roles),
    };
  }
}
