import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SessionRepository } from '../data/session.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { passwordRefused, sessionEnded, sessionWithoutUser } from '../domain/identity.errors';
import { User } from '../domain/user';
import { NewPassword, samePassword } from './new-password';
import { ProveAgain } from './prove-again';

/** Changes the caller's password, which is proven again first. Other sessions end, unless they are to stay. */
export class ChangePasswordCommand extends Command<void> {
  constructor(readonly form: { currentPassword: string; newPassword: string; endOtherSessions?: boolean }) {
    super();
  }
}

@CommandHandler(ChangePasswordCommand)
export class ChangePasswordHandler implements ICommandHandler<ChangePasswordCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly again: ProveAgain,
    private readonly sessions: SessionRepository,
    private readonly throttles: ThrottleRepository,
    private readonly passwords: NewPassword,
  ) {}

  async execute({ form }: ChangePasswordCommand): Promise<void> {
    const { userId, sessionId, tenantId } = currentContext().principal;
    if (!userId || !sessionId) throw sessionWithoutUser();
    const { account, reservation } = await this.again.password(userId, form.currentPassword);
    if (samePassword(form.currentPassword, form.newPassword)) {
      await this.throttles.giveBack(reservation);
      throw passwordRefused({ reason: 'unchanged', detail: 'This is the password that you have.' }, '/newPassword');
    }
    const secret = await this.again.keeping(reservation, () =>
      this.passwords.prepare(account, form.newPassword, '/newPassword'),
    );
    await this.uow.run(
      async (tx) => {
        const user = await tx.store.load(User, userId);
        if (user?.status !== 'active') throw sessionEnded();
        await this.passwords.set(tx, user, secret);
        if (form.endOtherSessions !== false) await this.sessions.revokeAll(tx, userId, 'password-changed', sessionId);
        this.throttles.succeed(tx, reservation);
      },
      { tenantId: tenantId ?? PLATFORM_TENANT },
    );
  }
}
