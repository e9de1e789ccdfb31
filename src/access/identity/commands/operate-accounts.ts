import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SessionRepository } from '../data/session.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { ownAccount, userNotFound } from '../domain/identity.errors';
import { User } from '../domain/user';

/**
 * Disables an account everywhere, or opens it again with its failed tries forgotten. For platform operators: an
 * organization's administrators only suspend memberships of their own.
 */
export class SetAccountStatusCommand extends Command<void> {
  constructor(
    readonly userId: string,
    readonly status: 'active' | 'disabled',
  ) {
    super();
  }
}

@CommandHandler(SetAccountStatusCommand)
export class SetAccountStatusHandler implements ICommandHandler<SetAccountStatusCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionRepository,
    private readonly throttles: ThrottleRepository,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ userId, status }: SetAccountStatusCommand): Promise<void> {
    if (userId === currentContext().principal.userId) throw ownAccount();
    await this.uow.run(
      async (tx) => {
        const user = await tx.store.load(User, userId);
        if (!user || user.closedReason === 'deleted') throw userNotFound();
        if (status === 'active') user.open();
        else user.close('operator');
        await tx.store.save(user);
        await this.versions.bump(tx, userId);
        if (status === 'disabled') await this.sessions.revokeAll(tx, userId, 'user-disabled');
        else await this.throttles.reopen(tx, user.emailNormalized);
      },
      { tenantId: PLATFORM_TENANT },
    );
  }
}
