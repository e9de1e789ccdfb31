import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { FieldError } from '../../../kernel/errors/app-error';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { SecurityPolicy } from '../contracts/security-policy';
import { SecurityPolicyRepository } from '../data/security-policy.repository';
import { securityPolicyInvalid } from '../domain/identity.errors';
import { resolvePolicy, type SectionName } from '../domain/security-policy';

/** Values by name; null takes a value back to its default. */
export type PolicyChanges = {
  [Name in SectionName]?: { [Field in keyof SecurityPolicy[Name]]?: SecurityPolicy[Name][Field] | null };
};

/** Changes the security settings of the context's organization. @throws AppError invalid `identity.security-policy-invalid` */
export class ChangeSecurityPolicyCommand extends Command<SecurityPolicy> {
  constructor(readonly changes: PolicyChanges) {
    super();
  }
}

@CommandHandler(ChangeSecurityPolicyCommand)
export class ChangeSecurityPolicyHandler implements ICommandHandler<ChangeSecurityPolicyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly policies: SecurityPolicyRepository,
  ) {}

  async execute({ changes }: ChangeSecurityPolicyCommand): Promise<SecurityPolicy> {
    return this.uow.run(async (tx) => {
      const policy = await this.policies.lock(tx);
      const errors: FieldError[] = [];
      for (const name of Object.keys(changes) as SectionName[]) {
        for (const { field, detail } of policy.change(name, changes[name] ?? {}))
          errors.push({ pointer: `/${name}/${field}`, code: 'security-policy', detail });
      }
      if (errors.length > 0) throw securityPolicyInvalid(errors);
      await this.policies.save(tx, policy);
      return resolvePolicy(policy);
    });
  }
}
