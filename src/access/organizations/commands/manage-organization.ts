import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { RequireRolesQuery } from '../../identity/contracts/give-roles';
import { ChangeMemberRoleCommand } from '../contracts/change-member-role';
import { Member } from '../domain/member';
import { memberNotFound } from '../domain/organizations.errors';
import { isSeat } from '../domain/plan.policy';
import type { OrganizationSettings } from '../domain/settings.policy';
import { lockOrganization } from './lock-organization';
import { requireOwner } from './role-giver';

/** Changes the name or settings of the context's organization. */
export class ChangeOrganizationCommand extends Command<void> {
  constructor(
    readonly changes: {
      name?: string;
      settings?: { [Name in keyof OrganizationSettings]?: OrganizationSettings[Name] | null };
    },
  ) {
    super();
  }
}

@CommandHandler(ChangeOrganizationCommand)
export class ChangeOrganizationHandler implements ICommandHandler<ChangeOrganizationCommand> {
  constructor(private readonly uow: UnitOfWork) {}

  async execute({ changes }: ChangeOrganizationCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const organization = await lockOrganization(tx);
      organization.change(changes);
      await tx.store.save(organization);
      if (changes.settings?.corsOrigins !== undefined) await listOrigins(tx, organization.settings.corsOrigins ?? []);
    });
  }
}

/** Preflight requests name no tenant: what an organization allows is looked up by origin. */
async function listOrigins(tx: Transaction, origins: string[]): Promise<void> {
  await tx.execute('delete from organizations.origins where organization_id = $1 and origin <> all($2::text[])', [
    tx.tenantId,
    origins,
  ]);
  await tx.execute(
    `insert into organizations.origins (origin, organization_id) select distinct o, $1::uuid from unnest($2::text[]) o
     on conflict do nothing`,
    [tx.tenantId, origins],
  );
}

@CommandHandler(ChangeMemberRoleCommand)
export class ChangeMemberRoleHandler implements ICommandHandler<ChangeMemberRoleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
    private readonly limits: ResourceLimits,
  ) {}

  async execute({ member: which, role }: ChangeMemberRoleCommand): Promise<void> {
    if (role === 'owner') requireOwner();
    await this.uow.run(async (tx) => {
      // The lock of the tenant's policies comes first, everywhere; it voids compiled rights with the commit.
      await this.queries.execute(new RequireRolesQuery([role]));
      const { member, owners } = await lockMember(tx, which);
      if (member.role === role) return;
      if (member.role === 'owner') requireOwner();
      await this.queries.execute(new RequireRolesQuery([member.role]));
      if (isSeat(role) && !isSeat(member.role)) await this.limits.assertWithin(tx, 'members');
      member.changeRole(role, owners);
      await tx.store.save(member);
    });
  }
}

/** Ends a membership of the context's organization; seen by every process within seconds. The last owner stays. */
export class RemoveMemberCommand extends Command<void> {
  constructor(readonly memberId: string) {
    super();
  }
}

@CommandHandler(RemoveMemberCommand)
export class RemoveMemberHandler implements ICommandHandler<RemoveMemberCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: QueryBus,
  ) {}

  async execute({ memberId }: RemoveMemberCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.queries.execute(new RequireRolesQuery([]));
      const { member, owners } = await lockMember(tx, { id: memberId });
      if (member.role === 'owner') requireOwner();
      await this.queries.execute(new RequireRolesQuery([member.role]));
      member.leave(owners);
      tx.record(...member.pullEvents());
      await tx.store.remove(member);
    });
  }
}

async function lockMember(
  tx: Transaction,
  which: { id: string } | { userId: string },
): Promise<{ member: Member; owners: number }> {
  await lockOrganization(tx);
  const [member] = await tx.store.loadMany(Member, which);
  if (!member) throw memberNotFound();
  const [{ owners }] = await tx.query<{ owners: number }>(
    `select count(*)::int as owners from organizations.members where tenant_id = $1 and role = 'owner' and status = 'active'`,
    [tx.tenantId],
  );
  return { member, owners };
}
