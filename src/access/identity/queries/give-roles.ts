import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { printable } from '../../../kernel/http/suggest';
import { missingOf, PolicyLock, requireHeld } from '../commands/policy-lock';
import { permissionsOfRoles } from '../commands/write-role';
import { JudgeRolesQuery, RequireRolesQuery, RequireTeamQuery, type RoleJudgement } from '../contracts/give-roles';
import { policyOfRights, RightsRepository } from '../data/rights.repository';
import { GrantRepository } from '../data/grant.repository';
import { RoleRepository } from '../data/role.repository';
import { notYoursToGive, unknownNames } from '../domain/grant.errors';
import { systemRole } from '../domain/system-roles';

@QueryHandler(JudgeRolesQuery)
export class JudgeRolesHandler implements IQueryHandler<JudgeRolesQuery> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly roles: RoleRepository,
    private readonly rights: RightsRepository,
  ) {}

  async execute({ roles, giver, permissions }: JudgeRolesQuery): Promise<RoleJudgement> {
    return this.uow.run(async (tx) => {
      const found = await this.roles.share(
        tx,
        roles.filter((key) => !systemRole(key)),
      );
      const unknown = roles.filter((key) => !systemRole(key) && !found.has(key));
      const wanted = [...(await permissionsOfRoles(tx, this.roles, roles)), ...permissions];
      return { unknown, missing: missingOf(await this.holder(tx, giver), wanted) };
    });
  }

  private async holder(tx: Transaction, giver: string | undefined): Promise<Parameters<typeof missingOf>[0]> {
    if (giver === undefined) return currentContext().principal;
    return { kind: 'user', policy: policyOfRights(await this.rights.within(tx, giver)) };
  }
}

@QueryHandler(RequireRolesQuery)
export class RequireRolesHandler implements IQueryHandler<RequireRolesQuery> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lock: PolicyLock,
    private readonly judge: JudgeRolesHandler,
  ) {}

  async execute({ roles, pointer }: RequireRolesQuery): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.lock.take(tx);
      const { unknown, missing } = await this.judge.execute(new JudgeRolesQuery(roles));
      if (unknown.length > 0) {
        const errors = unknown.map((key) => ({
          pointer,
          code: 'role',
          detail: `There is no role "${printable(key)}".`,
        }));
        throw unknownNames(errors, 'GET /api/v1/roles lists them, by key.');
      }
      if (missing.length > 0) throw notYoursToGive(missing);
    });
  }
}

@QueryHandler(RequireTeamQuery)
export class RequireTeamHandler implements IQueryHandler<RequireTeamQuery> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lock: PolicyLock,
    private readonly roles: RoleRepository,
    private readonly grants: GrantRepository,
  ) {}

  async execute({ teamId }: RequireTeamQuery): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.lock.take(tx);
      const { roles, permissions } = await this.grants.openOf(tx, { type: 'team', id: teamId });
      requireHeld([...permissions, ...(await permissionsOfRoles(tx, this.roles, roles))]);
    });
  }
}
