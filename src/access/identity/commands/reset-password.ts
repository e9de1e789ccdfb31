import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { clock } from '../../../kernel/clock/clock';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { AccountRepository } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { Challenge } from '../domain/challenge';
import { linkInvalid, linkSpent } from '../domain/identity.errors';
import { User } from '../domain/user';
import { actingAs } from './acting-as';
import { Joining } from './joining';
import { NewPassword } from './new-password';

/**
 * Sets the password that was chosen behind the link of a mail. The link proves the address; it ends all sessions,
 * forgets failed tries and opens an account that its owner had closed. A second factor is still asked for at sign-in.
 */
export class ResetPasswordCommand extends Command<void> {
  constructor(readonly form: { token: string; password: string }) {
    super();
  }
}

@CommandHandler(ResetPasswordCommand)
export class ResetPasswordHandler implements ICommandHandler<ResetPasswordCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly sessions: SessionRepository,
    private readonly throttles: ThrottleRepository,
    private readonly passwords: NewPassword,
    private readonly joining: Joining,
  ) {}

  async execute({ form }: ResetPasswordCommand): Promise<void> {
    const link = await this.accounts.openLink(sha256(form.token), 'reset-password');
    if (!link) throw linkInvalid();
    if (!link.open) throw linkSpent();
    const account = await this.accounts.byId(link.userId);
    if (!account) throw linkInvalid();
    noteAudit({ target: { userId: account.id }, subjectId: account.id });
    // A password that is refused uses nothing up: the person tries another one.
    const secret = await this.passwords.prepare(account, form.password);
    await actingAs(account.id, () =>
      this.uow.run(
        async (tx) => {
          const user = await tx.store.load(User, link.userId);
          const challenge = await tx.store.load(Challenge, link.id);
          if (!user || !challenge || (user.status !== 'active' && user.closedReason !== 'self')) throw linkInvalid();
          if (!challenge.isOpen(clock.now())) throw linkSpent();
          const { join } = challenge.consume('reset-password', clock.now());
          await tx.store.save(challenge);
          user.verifyEmail(clock.now());
          user.open();
          await tx.store.save(user);
          await this.passwords.set(tx, user, secret);
          await this.sessions.revokeAll(tx, user.id, 'password-changed');
          await this.joining.settle(tx, user, join);
          await this.throttles.reopen(tx, user.emailNormalized);
        },
        { tenantId: link.data.join?.organizationId ?? PLATFORM_TENANT },
      ),
    );
  }
}
