import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AccountRepository } from '../data/account.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { normalizeEmail } from '../domain/email.policy';
import { MAIL_LANE } from '../domain/login-throttle.policy';
import { VerificationMail } from './verification-mail';

/** Mails a new link for the latest registration of an unproven address; says nothing about whether there is one. */
export class ResendVerificationCommand extends Command<void> {
  constructor(readonly form: { email: string }) {
    super();
  }
}

@CommandHandler(ResendVerificationCommand)
export class ResendVerificationHandler implements ICommandHandler<ResendVerificationCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly throttles: ThrottleRepository,
    private readonly mail: VerificationMail,
  ) {}

  async execute({ form }: ResendVerificationCommand): Promise<void> {
    const email = normalizeEmail(form.email);
    if (!email) return;
    const { allowed } = await this.throttles.reserve([{ lane: MAIL_LANE, value: email }]);
    if (!allowed) return;
    await this.uow.run(
      async (tx) => {
        const user = await this.accounts.lockByEmail(tx, email);
        if (!user || user.isVerified || user.status !== 'active') return;
        const registration = await this.accounts.latestRegistration(tx, user.id);
        await this.mail.send(tx, user, registration ?? {}, clock.now());
      },
      { tenantId: PLATFORM_TENANT },
    );
  }
}
