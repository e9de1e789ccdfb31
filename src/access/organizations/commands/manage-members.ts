import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { SetMemberStatusCommand } from '../contracts/set-member-status';
import { Member } from '../domain/member';
import { memberNotFound, membershipRests, ownerOnlyByTransfer } from '../domain/organizations.errors';
import { isSeat } from '../domain/plan.policy';
import { activeOwners, lockOrganization } from './lock-organization';
import { RoleGiver } from './role-giver';

@CommandHandler(SetMemberStatusCommand)
export class SetMemberStatusHandler implements ICommandHandler<SetMemberStatusCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
    private readonly giver: RoleGiver,
  ) {}

  async execute({ member: which, status }: SetMemberStatusCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await this.giver.require([]);
      await lockOrganization(tx);
      const [member] = await tx.store.loadMany(Member, which);
      if (!member) throw memberNotFound();
      // To take away what a role gives, or to give it back, one must hold it.
      await this.giver.require([member.role]);
      if (status === 'suspended') member.suspend(await activeOwners(tx));
      else member.resume();
      await tx.store.save(member);
      await this.versions.bump(tx, tx.tenantId);
    });
  }
}

/**
 * Hands the organization over: the member becomes its owner, and the caller, who is one now, gets the role `becomes`.
 * Both in one commit, so that there is an owner at every moment.
 */
export class TransferOwnershipCommand extends Command<void> {
  constructor(
    readonly memberId: string,
    readonly becomes: string,
  ) {
    super();
  }
}

@CommandHandler(TransferOwnershipCommand)
export class TransferOwnershipHandler implements ICommandHandler<TransferOwnershipCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
    private readonly giver: RoleGiver,
    private readonly limits: ResourceLimits,
  ) {}

  async execute({ memberId, becomes }: TransferOwnershipCommand): Promise<void> {
    const { userId } = currentContext().principal;
    await this.uow.run(async (tx) => {
      await this.giver.require(['owner', becomes]);
      await lockOrganization(tx);
      const [heir] = await tx.store.loadMany(Member, { id: memberId }, { lock: false });
      if (!heir) throw memberNotFound();
      // Both rows in the order of their ids, as everywhere.
      const both = await tx.store.loadMany(Member, { userId: [heir.userId, userId!] });
      const [giver, taker] = [both.find((one) => one.userId === userId), both.find((one) => one.id === memberId)];
      if (giver?.role !== 'owner' || giver.status !== 'active') throw ownerOnlyByTransfer();
      if (!taker) throw memberNotFound();
      if (taker.status !== 'active') throw membershipRests();
      if (taker.id === giver.id) return;
      if (!isSeat(taker.role)) await this.limits.assertWithin(tx, 'members');
      const owners = await activeOwners(tx);
      taker.changeRole('owner', owners);
      giver.changeRole(becomes, owners + 1);
      for (const member of both) await tx.store.save(member);
      await this.versions.bump(tx, tx.tenantId);
    });
  }
}
