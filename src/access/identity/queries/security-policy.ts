import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { SecurityPolicyQuery, type SecurityPolicy } from '../contracts/security-policy';
import { SecurityPolicyRepository } from '../data/security-policy.repository';

@QueryHandler(SecurityPolicyQuery)
export class SecurityPolicyHandler implements IQueryHandler<SecurityPolicyQuery> {
  constructor(private readonly policies: SecurityPolicyRepository) {}

  execute({ request: { tenantId } }: SecurityPolicyQuery): Promise<SecurityPolicy> {
    return this.policies.of(tenantId === undefined ? currentContext().tenantId : tenantId);
  }
}
