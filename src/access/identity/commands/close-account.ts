import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { MembersByRoleQuery } from '../../organizations/contracts/members-by-role';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { AccountRepository } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { Challenge } from '../domain/challenge';
import { lastOwnerLeaves, linkInvalid, linkSpent, sessionEnded, sessionWithoutUser } from '../domain/identity.errors';
import { GRACE_DAYS, User } from '../domain/user';
import { DeleteAccountWhenDue } from '../reactions/delete-account-when-due';
import { AccountMail } from './account-mail';
import { actingAs } from './acting-as';
import { ProveAgain } from './prove-again';

/**
 * Closes the caller's account, whose password is proven again: `disable` until its owner sets a new password by mail,
 * `delete` for good after a grace period, within which the link of the mail keeps it.
 * @throws AppError conflict `identity.last-owner` for the only owner of an organization that wants to be deleted
 */
export class CloseAccountCommand extends Command<{ deletionDueAt: Date | null }> {
  constructor(
    readonly how: 'disable' | 'delete',
    readonly form: { password: string },
  ) {
    super();
  }
}

@CommandHandler(CloseAccountCommand)
export class CloseAccountHandler implements ICommandHandler<CloseAccountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly again: ProveAgain,
    private readonly sessions: SessionRepository,
    private readonly throttles: ThrottleRepository,
    private readonly queries: QueryBus,
    private readonly mail: AccountMail,
  ) {}

  async execute({ how, form }: CloseAccountCommand): Promise<{ deletionDueAt: Date | null }> {
    const { userId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    const { reservation } = await this.again.password(userId, form.password);
    if (how === 'delete') await this.again.keeping(reservation, () => this.assertNotLastOwner(userId));
    return this.uow.run(
      async (tx) => {
        const user = await tx.store.load(User, userId);
        if (user?.status !== 'active') throw sessionEnded();
        const deletionDueAt = how === 'delete' ? user.askDeletion(clock.now()) : null;
        if (deletionDueAt) {
          tx.timer(DeleteAccountWhenDue, { userId }, deletionDueAt);
          await this.mail.link(tx, user.email, user, {
            purpose: 'keep-account',
            carries: {},
            template: 'account-deletion',
            data: { at: deletionDueAt.toISOString() },
            hours: GRACE_DAYS * 24,
          });
        } else {
          user.close('self');
          await this.mail.tell(user.email, user, 'account-disabled');
        }
        await tx.store.save(user);
        await this.sessions.revokeAll(tx, userId, 'user-disabled');
        this.throttles.succeed(tx, reservation);
        return { deletionDueAt };
      },
      { tenantId: PLATFORM_TENANT },
    );
  }

  private async assertNotLastOwner(userId: string): Promise<void> {
    const owned = (await this.queries.execute(new MembershipsOfUserQuery(userId))).filter(
      ({ role }) => role === 'owner',
    );
    const alone: string[] = [];
    // People own few organizations; each is a tenant of its own to look into.
    for (const { organization } of owned) {
      const owners = await runInContext({ tenantId: organization.id }, () =>
        this.queries.execute(new MembersByRoleQuery({ roles: ['owner'] })),
      );
      if (owners.every((owner) => owner.userId === userId)) alone.push(organization.slug);
    }
    if (alone.length > 0) throw lastOwnerLeaves(alone);
  }
}

/** Opens the link of a deletion's mail: the account stays. */
export class KeepAccountCommand extends Command<{ email: string }> {
  constructor(readonly token: string) {
    super();
  }
}

@CommandHandler(KeepAccountCommand)
export class KeepAccountHandler implements ICommandHandler<KeepAccountCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
  ) {}

  async execute({ token }: KeepAccountCommand): Promise<{ email: string }> {
    const link = await this.accounts.openLink(sha256(token), 'keep-account');
    if (!link) throw linkInvalid();
    return actingAs(link.userId, () =>
      this.uow.run(
        async (tx) => {
          const user = await tx.store.load(User, link.userId);
          const challenge = await tx.store.load(Challenge, link.id);
          if (!user || !challenge) throw linkInvalid();
          if (!challenge.isOpen(clock.now()) || user.closedReason !== 'deletion') throw linkSpent();
          challenge.consume('keep-account', clock.now());
          await tx.store.save(challenge);
          user.open();
          await tx.store.save(user);
          await this.accounts.voidLinks(tx, user.id, ['keep-account']);
          return { email: user.email };
        },
        { tenantId: PLATFORM_TENANT },
      ),
    );
  }
}
