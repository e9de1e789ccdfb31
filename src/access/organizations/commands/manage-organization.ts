import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import type { MemberRole } from '../contracts/roles';
import { Member } from '../domain/member';
import { Organization } from '../domain/organization';
import { memberNotFound, organizationNotFound, ownersOnly } from '../domain/organizations.errors';

/** Changes the name or settings of the context's organization. */
export class ChangeOrganizationCommand extends Command<void> {
  constructor(readonly changes: { name?: string; settings?: Record<string, unknown> }) {
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
    });
  }
}

/** Gives a member of the context's organization another role. The last owner stays; owners are made by owners. */
export class ChangeMemberRoleCommand extends Command<void> {
  constructor(
    readonly memberId: string,
    readonly role: MemberRole,
  ) {
    super();
  }
}

@CommandHandler(ChangeMemberRoleCommand)
export class ChangeMemberRoleHandler implements ICommandHandler<ChangeMemberRoleCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ memberId, role }: ChangeMemberRoleCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const { member, owners } = await lockMember(tx, memberId);
      if (member.role === 'owner' || role === 'owner') requireOwner();
      member.changeRole(role, owners);
      await tx.store.save(member);
      await this.versions.bump(tx, tx.tenantId);
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
    private readonly versions: AuthVersions,
  ) {}

  async execute({ memberId }: RemoveMemberCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const { member, owners } = await lockMember(tx, memberId);
      if (member.role === 'owner') requireOwner();
      member.leave(owners);
      tx.record(...member.pullEvents());
      await tx.store.remove(member);
      await this.versions.bump(tx, tx.tenantId);
    });
  }
}

/** The organization's row is the lock for everything that counts owners: two removals at once take turns. */
async function lockOrganization(tx: Transaction): Promise<Organization> {
  const organization = await tx.store.load(Organization, tx.tenantId);
  if (!organization) throw organizationNotFound();
  return organization;
}

async function lockMember(tx: Transaction, memberId: string): Promise<{ member: Member; owners: number }> {
  await lockOrganization(tx);
  const member = await tx.store.load(Member, memberId);
  if (!member) throw memberNotFound();
  const [{ owners }] = await tx.query<{ owners: number }>(
    `select count(*)::int as owners from organizations.members where tenant_id = $1 and role = 'owner'`,
    [tx.tenantId],
  );
  return { member, owners };
}

function requireOwner(): void {
  const { kind, roles } = currentContext().principal;
  if (kind !== 'system' && !roles.includes('owner')) throw ownersOnly();
}
