import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AuthVersions } from '../../../kernel/auth/versions';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SessionRepository } from '../data/session.repository';
import { sessionWithoutUser } from '../domain/identity.errors';

/** Ends every session of the caller, on all devices and the one that asks. */
export class LogOutEverywhereCommand extends Command<void> {}

@CommandHandler(LogOutEverywhereCommand)
export class LogOutEverywhereHandler implements ICommandHandler<LogOutEverywhereCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionRepository,
    private readonly versions: AuthVersions,
  ) {}

  async execute(): Promise<void> {
    const { userId, tenantId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    await this.uow.run(
      async (tx) => {
        await this.sessions.revokeAll(tx, userId, 'logout-all');
        // Sign-ins to the operators' pages are no sessions; they end with the version of the user.
        await this.versions.bump(tx, userId);
      },
      { tenantId: tenantId ?? PLATFORM_TENANT },
    );
  }
}
