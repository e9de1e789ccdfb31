import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SessionRepository } from '../data/session.repository';
import { sessionEnded } from '../domain/identity.errors';

/**
 * Ends the caller's session: that of its access token, or that of a refresh token when the access token has expired.
 * Ending it twice is no error.
 */
export class LogOutCommand extends Command<void> {
  constructor(readonly form: { refreshToken?: string; assertSession?: (sessionId: string) => void } = {}) {
    super();
  }
}

@CommandHandler(LogOutCommand)
export class LogOutHandler implements ICommandHandler<LogOutCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly sessions: SessionRepository,
  ) {}

  async execute({ form }: LogOutCommand): Promise<void> {
    const { sessionId, tenantId } = currentContext().principal;
    const place = form.refreshToken ? await this.sessions.placeOf(sha256(form.refreshToken)) : null;
    const target = sessionId ?? place?.sessionId;
    if (!sessionId && place) form.assertSession?.(place.sessionId);
    if (!target) throw sessionEnded();
    await this.uow.run(
      async (tx) => {
        const session = await this.sessions.lock(tx, target);
        if (session) await this.sessions.revoke(tx, session, 'logout');
      },
      { tenantId: tenantId ?? place?.organizationId ?? PLATFORM_TENANT },
    );
  }
}
