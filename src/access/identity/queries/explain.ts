import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Circumstances, ResourceFacts } from '../../../kernel/auth/condition';
import { decide } from '../../../kernel/auth/policy';
import { circumstancesOf, hasPermission, type Principal } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';
import { AppError } from '../../../kernel/errors/app-error';
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
  constructor(private readonly rights: RightsRepository) {}

  async execute({ request }: ExplainQuery): Promise<Explained> {
    const { permission, resource } = request;
    requirePermissions([permission], '/permission');
    const { principal, tenantId } = currentContext();
    if (tenantId === null || principal.userId === null) throw organizationRequired();
    const self: Subject = { type: 'user', id: principal.userId };
    const subject = request.subject ?? self;
    const isSelf = subject.type === self.type && subject.id === self.id;
    if (!isSelf && !hasPermission(principal, 'authz:explain')) throw explainRefused();
    const rights = await this.rights.ofSubject(tenantId, subject);
    if (!rights) throw subjectNotFound();
    const circumstances = {
      ...(isSelf ? circumstancesOf(principal, resource) : unknownCircumstances(principal, subject, resource)),
      ...request.circumstances,
    };
    const policy = isSelf ? principal.policy : policyOfRights(rights);
    const allowed = decide(policy, permission, circumstances);
    return { subject, permission, ...explain(reasonsFor(rights, permission), circumstances, allowed) };
  }
}

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
