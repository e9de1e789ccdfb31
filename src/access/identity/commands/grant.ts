import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RequireRolesQuery } from '../contracts/give-roles';
import { GrantRepository } from '../data/grant.repository';
import { RoleRepository } from '../data/role.repository';
import { Grant, type GrantTerms } from '../domain/grant';
import { grantNotFound, ownerByMembership, tooMany } from '../domain/grant.errors';
import { ExpireGrant } from '../reactions/expire-grant';
import { PolicyLock, requireHeld } from './policy-lock';
import { permissionsOfRoles, requirePermissions } from './write-role';

/** Open grants of one subject: a decision reads through them. */
const MOST_PER_SUBJECT = 100;
/** Open grants to teams of one organization: every process keeps them in memory. */
const MOST_OF_TEAMS = 2_000;

/** Grants a role or permission to a user, team or API key of the context's organization, or denies it. */
export class GrantCommand extends Command<{ id: string }> {
  constructor(readonly terms: GrantTerms) {
    super();
  }
}

/** Ends a grant now. Who could not give it cannot take it either. */
export class RevokeGrantCommand extends Command<void> {
  constructor(readonly grantId: string) {
    super();
  }
}

@CommandHandler(GrantCommand)
export class GrantHandler implements ICommandHandler<GrantCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lock: PolicyLock,
    private readonly grants: GrantRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ terms }: GrantCommand): Promise<{ id: string }> {
    const { subject, role, permission, validTo } = terms;
    if (permission !== null) requirePermissions([permission], '/permission');
    if (role === 'owner') throw ownerByMembership();
    return this.uow.run(async (tx) => {
      await this.lock.take(tx);
      if (role !== null) await this.queries.execute(new RequireRolesQuery([role]));
      if (permission !== null) requireHeld([permission]);
      await this.grants.requireSubject(tx, subject);
      const open = await this.grants.countOpen(tx, subject);
      if (open.ofSubject >= MOST_PER_SUBJECT) throw tooMany('open grants for one subject', MOST_PER_SUBJECT);
      if (subject.type === 'team' && open.ofTeams >= MOST_OF_TEAMS) {
        throw tooMany('open grants to teams', MOST_OF_TEAMS);
      }
      const grant = Grant.give(terms, currentContext().principal.userId, await tx.present());
      await tx.store.save(grant);
      if (validTo) tx.timer(ExpireGrant, { grantId: grant.id }, validTo);
      return { id: grant.id };
    });
  }
}

@CommandHandler(RevokeGrantCommand)
export class RevokeGrantHandler implements ICommandHandler<RevokeGrantCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lock: PolicyLock,
    private readonly roles: RoleRepository,
  ) {}

  async execute({ grantId }: RevokeGrantCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.lock.take(tx);
      const grant = await tx.store.load(Grant, grantId);
      if (!grant) throw grantNotFound();
      if (!grant.isOpen) return;
      requireHeld(await this.given(tx, grant));
      grant.revoke(currentContext().principal.userId, clock.now());
      await tx.store.save(grant);
    });
  }

  private async given(tx: Transaction, { role, permission }: Grant): Promise<string[]> {
    return role === null ? [permission!] : permissionsOfRoles(tx, this.roles, [role]);
  }
}
