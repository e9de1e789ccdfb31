import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext, maybeContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RevokeSessionsCommand } from '../contracts/revoke-sessions';
import { SessionRepository } from '../data/session.repository';
import { sessionWithoutUser } from '../domain/identity.errors';
import { sessionNotFound } from '../domain/session.errors';

@CommandHandler(RevokeSessionsCommand)
export class RevokeSessionsHandler implements ICommandHandler<RevokeSessionsCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionRepository,
  ) {}

  async execute({ request }: RevokeSessionsCommand): Promise<{ revoked: number }> {
    const { reason, ...which } = request;
    const context = maybeContext();
    return this.uow.run(
      async (tx) => {
        const sessions = await this.sessions.lockLive(tx, which);
        for (const session of sessions) await this.sessions.revoke(tx, session, reason);
        return { revoked: sessions.length };
      },
      { tenantId: context?.transaction?.tenantId ?? context?.tenantId ?? PLATFORM_TENANT },
    );
  }
}

/**
 * Ends sessions of the caller: one of them, or all but the one that asks.
 * @throws AppError not-found for a session that is not the caller's, or has ended
 */
export class EndOwnSessionsCommand extends Command<{ revoked: number }> {
  constructor(
    /** All others when absent. */
    readonly sessionId?: string,
  ) {
    super();
  }
}

@CommandHandler(EndOwnSessionsCommand)
export class EndOwnSessionsHandler implements ICommandHandler<EndOwnSessionsCommand> {
  constructor(private readonly commands: CommandBus) {}

  async execute({ sessionId }: EndOwnSessionsCommand): Promise<{ revoked: number }> {
    const { userId, sessionId: own } = currentContext().principal;
    if (!userId || !own) throw sessionWithoutUser();
    const which = sessionId === undefined ? { exceptSessionId: own } : { sessionId };
    const reason = sessionId === undefined ? 'logout-all' : 'revoked';
    const done = await this.commands.execute(new RevokeSessionsCommand({ userId, reason, ...which }));
    if (sessionId !== undefined && done.revoked === 0) throw sessionNotFound();
    return done;
  }
}
