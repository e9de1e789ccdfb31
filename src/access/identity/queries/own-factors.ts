import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { MfaMode, SecondStep } from '../contracts/security-policy';
import { FactorRepository, type FactorFacts } from '../data/factor.repository';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { sessionWithoutUser } from '../domain/identity.errors';
import { allowedSteps, demandOn } from '../domain/mfa-section.policy';

/** The caller's second factors, and what its organization wants of them. */
export interface OwnFactors {
  factors: FactorFacts[];
  backupCodesLeft: number;
  policy: { mode: MfaMode; methods: SecondStep[]; trustedDeviceDays: number };
  /** Of this session. */
  assurance: { aal: number; amr: string[]; authTime: Date | null };
}

export class OwnFactorsQuery extends Query<OwnFactors> {}

@QueryHandler(OwnFactorsQuery)
export class OwnFactorsHandler implements IQueryHandler<OwnFactorsQuery> {
  constructor(
    private readonly factors: FactorRepository,
    private readonly policies: SecurityPolicyRepository,
  ) {}

  async execute(): Promise<OwnFactors> {
    const { userId, sessionId, tenantId, roles } = currentContext().principal;
    if (!userId || !sessionId) throw sessionWithoutUser();
    const [factors, backupCodesLeft, { mfa }, assurance] = await Promise.all([
      this.factors.active(userId),
      this.factors.backupCodesLeft(userId),
      this.policies.of(tenantId),
      this.factors.assuranceOf(sessionId),
    ]);
    const member = tenantId === null ? null : { role: roles[0] ?? '', joinedAt: '' };
    const { mode } = demandOn(mfa, member, clock.now());
    const policy = { mode, methods: allowedSteps(mfa), trustedDeviceDays: mfa.trustedDeviceDays };
    return { factors, backupCodesLeft, policy, assurance };
  }
}
