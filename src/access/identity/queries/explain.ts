import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Circumstances, ResourceFacts } from '../../../kernel/auth/condition';
import { decide, NO_RIGHTS, type Policy } from '../../../kernel/auth/policy';
import type { AccessClaims } from '../../../kernel/auth/ports';
import { circumstancesOf, hasPermission, type Principal } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { AppError } from '../../../kernel/errors/app-error';
import { ApiKeyFacts } from '../adapters/api-key-facts';
import { policyOfRights, RightsRepository, type Rights } from '../data/rights.repository';
import { reasonsOf, type Subject } from '../domain/authorization';
import { explain, type Explanation } from '../domain/explanation';
import { subjectNotFound } from '../domain/grant.errors';
import { requirePermissions } from '../commands/write-role';

/** What to suppose instead of the present request's circumstances. */
export type Supposed = Partial<Omit<Circumstances, 'userId' | 'resource'>>;

export interface ExplainRequest {
  /** Without one the caller. */
  subject?: Subject;
  permission: string;
  resource?: ResourceFacts;
  circumstances: Supposed;
}

export type Explained = Explanation & { subject: Subject; permission: string };

/**
 * Why a subject of the context's organization may or may not do something: the guard's own decision with every grant
 * that speaks of it. Others than oneself are explained to holders of `authz:explain`.
 */
export class ExplainQuery extends Query<Explained> {
  constructor(readonly request: ExplainRequest) {
    super();
  }
}

@QueryHandler(ExplainQuery)
export class ExplainHandler implements IQueryHandler<ExplainQuery> {
  constructor(
    private readonly database: Database,
    private readonly rights: RightsRepository,
    private readonly apiKeys: ApiKeyFacts,
  ) {}

  async execute({ request }: ExplainQuery): Promise<Explained> {
    const { permission, resource } = request;
    requirePermissions([permission], '/permission');
    const { principal, tenantId } = currentContext();
    if (tenantId === null || principal.userId === null) throw organizationRequired();
    const self: Subject = { type: 'user', id: principal.userId };
    const subject = request.subject ?? self;
    const isSelf = subject.type === self.type && subject.id === self.id;
    if (!isSelf && !hasPermission(principal, 'authz:explain')) throw explainRefused();
    const { rights, policy } = await this.standingOf(tenantId, subject, isSelf ? principal : null);
    const circumstances = {
      ...(isSelf ? circumstancesOf(principal, resource) : unknownCircumstances(principal, subject, resource)),
      ...request.circumstances,
    };
    const allowed = decide(policy, permission, circumstances);
    const told = explain(reasonsFor(rights, permission), circumstances, allowed);
    // What is granted and not denied, and still refused, lies beyond what the key was made for.
    const beyond = !allowed && told.reason !== 'explicitly_denied' && told.grants.some((one) => one.applies);
    return { subject, permission, ...told, ...(beyond ? { reason: 'out_of_scope' as const } : {}) };
  }

  /** What a subject holds, and the policy that the guard would ask. A key acts within its owner's rights. */
  private async standingOf(
    tenantId: string,
    subject: Subject,
    self: Principal | null,
  ): Promise<{ rights: Rights; policy: Policy }> {
    if (subject.type === 'apiKey') {
      const [key] = await this.database.readAs<{ ownerId: string }>(
        tenantId,
        `select owner_id as "ownerId" from identity.api_keys where tenant_id = $1 and id = $2 and revoked_at is null`,
        [tenantId, subject.id],
      );
      if (!key) throw subjectNotFound();
      const policy = await this.policyOfKey({ ...NO_CLAIMS, sub: key.ownerId, sid: subject.id, tid: tenantId });
      const owner = await this.rights.ofMember(tenantId, key.ownerId);
      const own = await this.rights.ofKey(tenantId, subject.id);
      return { policy, rights: { ...owner, grants: [...owner.grants, ...own] } };
    }
    const rights = await this.rights.ofSubject(tenantId, subject);
    if (!rights) throw subjectNotFound();
    return { rights, policy: self?.policy ?? policyOfRights(rights) };
  }

  /** A key that has expired, or whose owner is gone, may do nothing. */
  private async policyOfKey(claims: AccessClaims): Promise<Policy> {
    try {
      return (await this.apiKeys.principalOf(claims)).policy;
    } catch (error) {
      if (error instanceof AppError && error.kind === 'unauthenticated') return NO_RIGHTS;
      throw error;
    }
  }
}

const NO_CLAIMS = { iss: '', aud: '', sv: 0, jti: '', iat: 0, exp: 0 };

const reasonsFor = ({ book, standing, grants }: Rights, permission: string) =>
  reasonsOf(book, standing?.role ?? null, grants).get(permission) ?? [];

/** Of somebody who is not here nothing is known but the time. */
const unknownCircumstances = (asker: Principal, { type, id }: Subject, resource?: ResourceFacts): Circumstances => ({
  ...circumstancesOf(asker, resource),
  userId: type === 'user' ? id : null,
  ip: null,
  country: null,
  aal: null,
  authTimeMs: null,
  deviceTrusted: null,
});

const explainRefused = (): AppError =>
  new AppError('auth.permission-missing', 'forbidden', 'Your role does not allow this.', {
    hint: 'Needed: authz:explain. Without a subject you are told about yourself.',
    permissions: ['authz:explain'],
  });

const organizationRequired = (): AppError =>
  new AppError(
    'auth.organization-required',
    'forbidden',
    'This route works within an organization, and the token names none.',
    { hint: 'Choose one with POST /api/v1/auth/switch.' },
  );
