import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { AccessFacts, type AccessClaims, type KeyFacts, type TenantFacts } from '../../../kernel/auth/ports';
import { NO_RIGHTS, policyOf } from '../../../kernel/auth/policy';
import type { Assurance, Principal } from '../../../kernel/auth/principal';
import { clock } from '../../../kernel/clock/clock';
import { Cache } from '../../../kernel/cache/cache';
import type { Ask } from '../../../kernel/database/batch-query';
import { tenantStatement, Database } from '../../../kernel/database/database';
import { named } from '../../../kernel/database/statements';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import type { AppError } from '../../../kernel/errors/app-error';
import { FindOrganizationQuery } from '../../organizations/contracts/find-organization';
import { policyOfRights, RightsRepository } from '../data/rights.repository';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { demandOn } from '../domain/mfa-section.policy';
import { membershipEnded, organizationSuspended, sessionEnded } from '../domain/identity.errors';
import { OPERATOR_PERMISSIONS } from '../domain/system-roles';
import { SigningKeys } from '../domain/signing-keys';
import { ApiKeyFacts } from './api-key-facts';
import { TenantLookup } from './tenant-lookup';

/** Without e-mail, which makes no second factor. */
const ASSURANCE = `s.aal, s.amr, s.auth_time as "authTime", exists (select 1 from identity.factors f
    where f.user_id = s.user_id and f.state = 'active' and f.method <> 'email') as enrolled`;
const SESSION = `select s.user_id as "userId", s.version, u.email, u.platform_role as "platformRole",
    s.country, d.trusted_at is not null as "deviceTrusted", ${ASSURANCE}
  from identity.sessions s join identity.users u on u.id = s.user_id
  left join identity.devices d on d.user_id = s.user_id and d.device_id = s.device_id
  where s.id = $1 and s.revoked_at is null and s.absolute_expires_at > kernel.now() and u.status = 'active'`;

const OPERATORS = policyOf(...OPERATOR_PERMISSIONS);

/** Another process's change of allowed origins may stay unseen this long (milliseconds). */
const ORIGIN_TTL_MS = 5_000;

interface AssuranceRow {
  aal: number;
  amr: string[];
  authTime: Date;
  enrolled: boolean;
}

interface SessionRow extends AssuranceRow {
  userId: string;
  version: number;
  email: string;
  country: string | null;
  deviceTrusted: boolean;
  platformRole: 'operator' | null;
}

/** What the kernel's guards ask for; see `AccessFacts`. */
@Injectable()
export class IdentityFacts extends AccessFacts {
  private readonly origins = new Cache<string[]>({
    name: 'identity.organizations-by-origin',
    max: 10_000,
    ttlMs: ORIGIN_TTL_MS,
  });

  constructor(
    private readonly database: Database,
    private readonly rights: RightsRepository,
    private readonly queries: QueryBus,
    private readonly keys: SigningKeys,
    private readonly policies: SecurityPolicyRepository,
    private readonly apiKeys: ApiKeyFacts,
    private readonly tenants: TenantLookup,
  ) {
    super();
  }

  async principalOf(
    claims: AccessClaims,
    ask: Ask = (statements) => this.database.send(statements),
  ): Promise<Principal> {
    if (claims.ownerVersion !== undefined) return this.apiKeys.principalOf(claims, ask);
    const { sub, sid, tid } = claims;
    const question = tid === undefined ? null : this.rights.question(tid, sub);
    const [, sessions, ...results] = await ask([
      tenantStatement(tid ?? PLATFORM_TENANT),
      named(SESSION, [sid]),
      ...(question?.statements ?? []),
    ]);
    const session = sessions.rows[0] as unknown as SessionRow | undefined;
    if (!session || session.userId !== sub) throw sessionEnded();
    const base = {
      userId: sub,
      sessionId: sid,
      sessionVersion: session.version,
      policyVersion: 0,
      email: session.email,
      country: session.country,
      deviceTrusted: session.deviceTrusted,
      ...assurance(session),
    };
    if (tid !== undefined && question) {
      const rights = question.read(results);
      if (!rights.standing) throw await this.shutOut(tid);
      return {
        ...base,
        kind: 'user',
        tenantId: tid,
        policyVersion: rights.version,
        roles: [rights.standing.role],
        policy: policyOfRights(rights),
      };
    }
    return session.platformRole === 'operator'
      ? { ...base, kind: 'operator', tenantId: null, roles: ['operator'], policy: OPERATORS }
      : { ...base, kind: 'user', tenantId: null, roles: [], policy: NO_RIGHTS };
  }

  override async assuranceOf({ sessionId, tenantId, roles }: Principal): Promise<Assurance> {
    const [row] = await this.database.readPlatform<AssuranceRow>(
      `select ${ASSURANCE} from identity.sessions s where s.id = $1 and s.revoked_at is null`,
      [sessionId],
    );
    if (!row) throw sessionEnded();
    if (row.enrolled || tenantId === null) return assurance(row);
    const { mfa } = await this.policies.of(tenantId);
    // Days of grace let somebody in, not near what is sensitive.
    const { due } = demandOn(mfa, { role: roles[0] ?? '', joinedAt: new Date(0).toISOString() }, clock.now());
    return { ...assurance(row), secondFactor: due ? 'demanded' : 'none' };
  }

  override organizationsOfOrigin(origin: string): Promise<string[]> {
    return this.origins.getOrLoad(origin, async () => {
      const rows = await this.database.readPlatform<{ id: string }>(
        'select id from identity.organizations_of_origin($1)',
        [origin],
      );
      return rows.map(({ id }) => id);
    });
  }

  override keyOf(id: string, secretHash: Buffer): Promise<KeyFacts | null> {
    return this.apiKeys.keyOf(id, secretHash);
  }

  override keyRefused(ip: string | undefined): Promise<void> {
    return this.apiKeys.refused(ip);
  }

  override keyUsed(id: string, tenantId: string, ip: string | undefined): void {
    this.apiKeys.used(id, tenantId, ip);
  }

  tenantBySlug(slug: string): Promise<TenantFacts | null> {
    return this.tenants.bySlug(slug);
  }

  override tenantByHost(host: string): Promise<TenantFacts | null> {
    return this.tenants.byHost(host);
  }

  /** Why somebody has no standing in an organization: it is suspended, or the membership has ended or rests. */
  private async shutOut(tenantId: string): Promise<AppError> {
    const active = await this.queries.execute(new FindOrganizationQuery({ id: tenantId }));
    return active ? membershipEnded() : organizationSuspended();
  }

  verificationKey(kid: string): Promise<string | null> {
    return this.keys.verificationKey(kid);
  }
}

const assurance = ({ aal, amr, authTime, enrolled }: AssuranceRow): Assurance => ({
  aal,
  amr,
  authTime,
  secondFactor: enrolled ? 'enrolled' : 'none',
});
