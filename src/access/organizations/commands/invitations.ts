import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { clock } from '../../../kernel/clock/clock';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { FindUsersQuery } from '../../identity/contracts/find-users';
import type { MemberRole } from '../contracts/roles';
import { InvitationRepository } from '../data/invitation.repository';
import { addressKey, Invitation } from '../domain/invitation';
import { tooManyInvitations } from '../domain/organizations.errors';
import { isSeat } from '../domain/plan.policy';
import type { Organization } from '../domain/organization';
import { invitationView, type InvitationView } from '../queries/invitations';
import { lockOrganization } from './lock-organization';
import { RoleGiver } from './role-giver';

/** Mails of invitations that one organization may cause a day, and for one invitation. */
const MOST_MAILS_A_DAY = 500;
const MOST_SENDS = 10;

interface Offer {
  organization: Organization;
  invitation: Invitation;
  role: MemberRole;
  /** Name of who invites. */
  inviter: string | null;
}

/** The mails of invitations; asked for in the caller's transaction. */
@Injectable()
export class InvitationMail {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly invitations: InvitationRepository,
  ) {}

  /** The name of the caller, for the letter; asked before the transaction, which must not wait for a connection. */
  async inviterName(): Promise<string | null> {
    const { userId } = currentContext().principal;
    const [inviter] = userId ? await this.queries.execute(new FindUsersQuery({ ids: [userId] })) : [];
    return inviter?.name ?? null;
  }

  /** Makes a new token and mails it. @throws AppError too-many */
  async send(tx: Transaction, offer: Offer): Promise<void> {
    const { organization, invitation, role, inviter } = offer;
    if (invitation.sends >= MOST_SENDS || (await this.invitations.sentLately(tx)) >= MOST_MAILS_A_DAY)
      throw tooManyInvitations(86_400);
    const { userId } = currentContext().principal;
    const token = invitation.offer(tx.tenantId, role, userId, clock.now());
    await tx.store.save(invitation);
    await this.commands.execute(
      new SendMessageCommand({
        to: invitation.email,
        template: 'invitation',
        data: {
          organization: organization.name,
          inviter,
          role,
          token,
          until: invitation.expiresAt.toISOString().slice(0, 10),
        },
        dedupeKey: `invitation:${invitation.id}:${invitation.sends}`,
      }),
    );
  }
}

/**
 * Invites an address to join the context's organization with a role. Nothing is said about whether there is an account
 * of that address. An open invitation of the same address is renewed: its role changes and its old token is void.
 */
export class InviteCommand extends Command<InvitationView> {
  constructor(readonly invitation: { email: string; role: MemberRole }) {
    super();
  }
}

@CommandHandler(InviteCommand)
export class InviteHandler implements ICommandHandler<InviteCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly invitations: InvitationRepository,
    private readonly giver: RoleGiver,
    private readonly limits: ResourceLimits,
    private readonly mail: InvitationMail,
  ) {}

  async execute({ invitation: { email, role } }: InviteCommand): Promise<InvitationView> {
    const inviter = await this.mail.inviterName();
    return this.uow.run(async (tx) => {
      await this.giver.requireOffer(role);
      const organization = await lockOrganization(tx);
      const present = await this.invitations.lockPending(tx, addressKey(email));
      const isCounted = present !== null && present.isOpen(clock.now()) && isSeat(present.role);
      if (isSeat(role) && !isCounted) await this.limits.assertWithin(tx, 'members');
      const invitation = present ?? Invitation.make(email);
      await this.mail.send(tx, { organization, invitation, role, inviter });
      return invitationView(tx, invitation.id);
    });
  }
}

/** Sends an invitation again: a new token, seven more days; the token of the mail before is void. */
export class ResendInvitationCommand extends Command<InvitationView> {
  constructor(readonly invitationId: string) {
    super();
  }
}

@CommandHandler(ResendInvitationCommand)
export class ResendInvitationHandler implements ICommandHandler<ResendInvitationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly invitations: InvitationRepository,
    private readonly giver: RoleGiver,
    private readonly limits: ResourceLimits,
    private readonly mail: InvitationMail,
  ) {}

  async execute({ invitationId }: ResendInvitationCommand): Promise<InvitationView> {
    const inviter = await this.mail.inviterName();
    return this.uow.run(async (tx) => {
      const organization = await lockOrganization(tx);
      const invitation = await this.invitations.lock(tx, invitationId);
      // Whoever sends it again vouches for its role.
      await this.giver.requireOffer(invitation.role);
      if (isSeat(invitation.role) && !invitation.isOpen(clock.now())) await this.limits.assertWithin(tx, 'members');
      await this.mail.send(tx, { organization, invitation, role: invitation.role, inviter });
      return invitationView(tx, invitation.id);
    });
  }
}

/** Takes an invitation back: its token is void. */
export class RevokeInvitationCommand extends Command<void> {
  constructor(readonly invitationId: string) {
    super();
  }
}

@CommandHandler(RevokeInvitationCommand)
export class RevokeInvitationHandler implements ICommandHandler<RevokeInvitationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly invitations: InvitationRepository,
  ) {}

  async execute({ invitationId }: RevokeInvitationCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      await lockOrganization(tx);
      const invitation = await this.invitations.lock(tx, invitationId);
      invitation.revoke(clock.now());
      await tx.store.save(invitation);
    });
  }
}
