import { CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { JudgeRolesQuery } from '../../identity/contracts/give-roles';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { AddMemberCommand } from '../contracts/add-member';
import { SYSTEM_ROLE_KEYS, type MemberRole } from '../contracts/roles';
import { Member } from '../domain/member';
import { Organization } from '../domain/organization';
import { organizationNotFound, roleUnknown } from '../domain/organizations.errors';
import { isSeat } from '../domain/plan.policy';

@CommandHandler(AddMemberCommand)
export class AddMemberHandler implements ICommandHandler<AddMemberCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
    private readonly queries: QueryBus,
    private readonly limits: ResourceLimits,
  ) {}

  async execute({ member }: AddMemberCommand): Promise<{ memberId: string; created: boolean; role: MemberRole }> {
    const { tenantId, userId, role } = member;
    return this.uow.run(
      async (tx) => {
        // Shared: joining does not wait for others who join, but for a change of owners or a suspension.
        const organization = await tx.store.load(Organization, tenantId, { lock: 'share' });
        if (organization?.status !== 'active') throw organizationNotFound();
        if (!SYSTEM_ROLE_KEYS.has(role)) {
          const { unknown } = await this.queries.execute(new JudgeRolesQuery([role]));
          if (unknown.length > 0) throw roleUnknown(role);
        }
        const [before] = await tx.store.loadMany(Member, { userId }, { lock: false });
        if (isSeat(role) && !(before && isSeat(before.role))) await this.limits.assertWithin(tx, 'members');
        const joined = Member.join(userId, role);
        const inserted = await tx.query<{ id: string }>(
          `insert into organizations.members (tenant_id, id, user_id, role, joined_at, updated_at, version)
           values ($1, $2, $3, $4, kernel.now(), kernel.now(), 1) on conflict (tenant_id, user_id) do nothing returning id`,
          [tenantId, joined.id, userId, role],
        );
        if (inserted.length === 1) {
          tx.record(...joined.pullEvents());
          return { memberId: joined.id, created: true, role };
        }
        const [present] = await tx.store.loadMany(Member, { userId });
        if (present.isWeakerThan(role)) {
          present.changeRole(role, Number.POSITIVE_INFINITY);
          await tx.store.save(present);
          await this.versions.bump(tx, tenantId);
        }
        return { memberId: present.id, created: false, role: present.role };
      },
      { tenantId },
    );
  }
}
