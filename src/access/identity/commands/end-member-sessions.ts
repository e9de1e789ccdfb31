import { Command, CommandBus, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { MembershipsOfUserQuery } from '../../organizations/contracts/memberships-of-user';
import { RevokeSessionsCommand } from '../contracts/revoke-sessions';
import { userNotFound } from '../domain/identity.errors';
import { sessionNotFound } from '../domain/session.errors';

/**
 * Ends a member's sessions in the context's organization, or one of them; what the user does elsewhere goes on.
 * @throws AppError not-found for no member, and for a session that does not work here
 */
export class EndMemberSessionsCommand extends Command<{ revoked: number }> {
  constructor(
    readonly userId: string,
    readonly sessionId?: string,
  ) {
    super();
  }
}

@CommandHandler(EndMemberSessionsCommand)
export class EndMemberSessionsHandler implements ICommandHandler<EndMemberSessionsCommand> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async execute({ userId, sessionId }: EndMemberSessionsCommand): Promise<{ revoked: number }> {
    const { tenantId } = currentContext();
    const memberships = await this.queries.execute(new MembershipsOfUserQuery(userId));
    if (!tenantId || !memberships.some(({ organization }) => organization.id === tenantId)) throw userNotFound();
    const which = { userId, organizationId: tenantId, ...(sessionId === undefined ? {} : { sessionId }) };
    const done = await this.commands.execute(
      new RevokeSessionsCommand({ ...which, reason: 'revoked-by-administrator' }),
    );
    if (sessionId !== undefined && done.revoked === 0) throw sessionNotFound();
    return done;
  }
}
