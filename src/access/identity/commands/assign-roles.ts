import { Command, CommandBus, CommandHandler, type ICommandHandler, QueryBus } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ChangeMemberRoleCommand } from '../../organizations/contracts/change-member-role';
import { RequireRolesQuery } from '../contracts/give-roles';
import { RightsRepository } from '../data/rights.repository';
import { Grant } from '../domain/grant';
import { invalid } from '../../../kernel/errors/app-error';
import { memberUnknown, ownerByMembership } from '../domain/grant.errors';
import { PolicyLock } from './policy-lock';

const MOST_ROLES_OF_USER = 20;

/**
 * Sets which roles a member of the context's organization has. One of them is its role in the organization: the present
 * one when it is listed, else the first. The others become grants without condition or end; such grants of roles that
 * are not listed are revoked. Time-bounded and conditional grants stay as they are: they are made and revoked one by
 * one. Joins the caller's transaction, so that many can be set at once.
 * @throws AppError not-found `identity.member-not-found`, invalid `identity.unknown-name`,
 *   `identity.owner-by-membership`, forbidden `identity.not-yours-to-give`, conflict `organizations.last-owner`
 */
export class AssignRolesCommand extends Command<{ userId: string; roles: string[] }> {
  constructor(
    readonly userId: string,
    readonly roles: string[],
  ) {
    super();
  }
}

@CommandHandler(AssignRolesCommand)
export class AssignRolesHandler implements ICommandHandler<AssignRolesCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly lock: PolicyLock,
    private readonly rights: RightsRepository,
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
  ) {}

  async execute({ userId, roles }: AssignRolesCommand): Promise<{ userId: string; roles: string[] }> {
    const wanted = [...new Set(roles)];
    if (wanted.length === 0 || wanted.length > MOST_ROLES_OF_USER) throw rolesCount();
    return this.uow.run(async (tx) => {
      await this.lock.take(tx);
      const { standing } = await this.rights.within(tx, userId);
      if (!standing) throw memberUnknown();
      const base = wanted.includes(standing.role) ? standing.role : wanted[0];
      const further = wanted.filter((role) => role !== base);
      if (further.includes('owner')) throw ownerByMembership();
      const open = await permanentRoleGrants(tx, userId);
      const given = further.filter((role) => !open.some((grant) => grant.role === role));
      const taken = open.filter((grant) => !further.includes(grant.role!));
      await this.requireGiveable([...given, ...taken.map((grant) => grant.role!)]);
      if (base !== standing.role) await this.commands.execute(new ChangeMemberRoleCommand({ userId }, base));
      await this.apply(tx, userId, given, taken);
      return { userId, roles: [base, ...further] };
    });
  }

  private async requireGiveable(roles: string[]): Promise<void> {
    if (roles.length > 0) await this.queries.execute(new RequireRolesQuery([...new Set(roles)], '/roles'));
  }

  private async apply(tx: Transaction, userId: string, given: string[], taken: Grant[]): Promise<void> {
    const by = currentContext().principal.userId;
    const now = await tx.present();
    for (const role of given) await tx.store.save(Grant.give(permanent(userId, role), by, now));
    for (const grant of taken) {
      grant.revoke(by, now);
      await tx.store.save(grant);
    }
  }
}

const permanent = (userId: string, role: string) => ({
  subject: { type: 'user' as const, id: userId },
  role,
  permission: null,
  effect: 'allow' as const,
  resource: null,
  condition: null,
  validFrom: null,
  validTo: null,
  reason: '',
});

/** Grants of roles that hold always: those that `AssignRolesCommand` makes and revokes. */
async function permanentRoleGrants(tx: Transaction, userId: string): Promise<Grant[]> {
  const where = { subjectType: 'user' as const, subjectId: userId, effect: 'allow' as const };
  const grants = await tx.store.loadMany(Grant, {
    ...where,
    permission: null,
    resource: null,
    condition: null,
    validFrom: null,
    validTo: null,
    revokedAt: null,
  });
  return grants.filter((grant) => grant.isOpen);
}

const rolesCount = () =>
  invalid('identity.unknown-name', `A member has 1 to ${MOST_ROLES_OF_USER} roles.`, {
    errors: [{ pointer: '/roles', code: 'count', detail: `1 to ${MOST_ROLES_OF_USER} keys of roles.` }],
  });
