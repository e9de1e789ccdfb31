import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ThrottleRepository } from '../data/throttle.repository';
import { normalizeEmail } from '../domain/email.policy';
import { MAIL_LANE } from '../domain/login-throttle.policy';
import { MailLink } from '../reactions/mail-link';

/**
 * Asks for a link by mail: for a new password, or to verify the address. Whether there is an account, and what becomes
 * of the wish, is decided later by the worker: the request writes one row whatever the address, and so says nothing.
 */
export class AskForLinkCommand extends Command<void> {
  constructor(readonly wish: { kind: 'reset-password' | 'verify-email'; email: string }) {
    super();
  }
}

@CommandHandler(AskForLinkCommand)
export class AskForLinkHandler implements ICommandHandler<AskForLinkCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly throttles: ThrottleRepository,
  ) {}

  async execute({ wish }: AskForLinkCommand): Promise<void> {
    const email = normalizeEmail(wish.email);
    if (!email) return;
    const { allowed } = await this.throttles.reserve([{ lane: MAIL_LANE, value: email }]);
    if (!allowed) return;
    await this.uow.run(
      (tx) => {
        tx.timer(MailLink, { kind: wish.kind, email }, clock.now());
        return Promise.resolve();
      },
      { tenantId: PLATFORM_TENANT },
    );
  }
}
