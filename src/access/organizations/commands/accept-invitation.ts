import { CommandBus, CommandHandler, QueryHandler, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AddMemberCommand } from '../contracts/add-member';
import {
  AcceptInvitationCommand,
  FindInvitationQuery,
  type AcceptedInvitation,
  type InvitationFacts,
} from '../contracts/invitations';
import { InvitationRepository } from '../data/invitation.repository';
import { addressKey } from '../domain/invitation';
import { Member } from '../domain/member';
import {
  invitationExpired,
  invitationForAnother,
  invitationNotFound,
  invitationSpent,
  inviterLostRights,
  membershipRests,
  organizationNotFound,
} from '../domain/organizations.errors';
import { lockOrganization } from './lock-organization';
import { RoleGiver } from './role-giver';

@CommandHandler(AcceptInvitationCommand)
export class AcceptInvitationHandler implements ICommandHandler<AcceptInvitationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly commands: CommandBus,
    private readonly invitations: InvitationRepository,
    private readonly giver: RoleGiver,
  ) {}

  async execute({ token, user }: AcceptInvitationCommand): Promise<AcceptedInvitation> {
    return this.uow.run(async (tx) => {
      const organization = await lockOrganization(tx);
      if (organization.status !== 'active') throw organizationNotFound();
      const invitation = await this.invitations.lockByToken(tx, token);
      invitation.demandOpen(clock.now());
      if (!user.emails.some((email) => addressKey(email) === invitation.emailNormalized)) throw invitationForAnother();
      const { role, invitedBy } = invitation;
      if (invitedBy && !(await this.giver.mayStillInvite(invitedBy, role))) throw inviterLostRights();
      const [present] = await tx.store.loadMany(Member, { userId: user.id });
      if (present?.status === 'suspended') throw membershipRests();
      // The seat that the invitation held is given up before the member takes it.
      invitation.accept(user.id, clock.now());
      await tx.store.save(invitation);
      const added = await this.commands.execute(new AddMemberCommand({ tenantId: tx.tenantId, userId: user.id, role }));
      const { id, slug, name } = organization;
      return { organization: { id, slug, name }, memberId: added.memberId, role: added.role };
    });
  }
}

@QueryHandler(FindInvitationQuery)
export class FindInvitationHandler implements IQueryHandler<FindInvitationQuery> {
  constructor(private readonly invitations: InvitationRepository) {}

  async execute({ token }: FindInvitationQuery): Promise<InvitationFacts> {
    const found = await this.invitations.byToken(token);
    if (!found) throw invitationNotFound();
    const { id, email, role, state, expiresAt, slug, name } = found.row;
    if (state !== 'pending') throw invitationSpent();
    if (expiresAt <= clock.now()) throw invitationExpired();
    return { id, organization: { id: found.tenantId, slug, name }, email, role, expiresAt: expiresAt.toISOString() };
  }
}
