import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { currentContext, PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { sha256 } from '../../../kernel/crypto/hashing';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SendMessageCommand } from '../../../engagement/notifications/contracts/send-message';
import { AccountRepository } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { ThrottleRepository } from '../data/throttle.repository';
import { Challenge, type LinkData } from '../domain/challenge';
import { normalizeEmail } from '../domain/email.policy';
import {
  emailInvalid,
  emailTaken,
  emailUnchanged,
  linkInvalid,
  linkSpent,
  sessionWithoutUser,
} from '../domain/identity.errors';
import { MAIL_LANE } from '../domain/login-throttle.policy';
import { User } from '../domain/user';
import { AccountMail } from './account-mail';
import { actingAs } from './acting-as';
import { ProveAgain } from './prove-again';

/** Asks that another address take the place of the caller's; it does once its link is opened. */
export class AskEmailChangeCommand extends Command<void> {
  constructor(readonly form: { email: string; password: string }) {
    super();
  }
}

@CommandHandler(AskEmailChangeCommand)
export class AskEmailChangeHandler implements ICommandHandler<AskEmailChangeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly throttles: ThrottleRepository,
    private readonly again: ProveAgain,
    private readonly mail: AccountMail,
    private readonly commands: CommandBus,
  ) {}

  async execute({ form }: AskEmailChangeCommand): Promise<void> {
    const { userId, tenantId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    const emailNormalized = normalizeEmail(form.email);
    if (!emailNormalized) throw emailInvalid();
    const { account, reservation } = await this.again.password(userId, form.password);
    await this.again.keeping(reservation, async () => {
      if (emailNormalized === normalizeEmail(account.email)) throw emailUnchanged();
      const { allowed } = await this.throttles.reserve([{ lane: MAIL_LANE, value: emailNormalized }]);
      const other = await this.accounts.byEmail(emailNormalized);
      await this.uow.run(
        async (tx) => {
          this.throttles.succeed(tx, reservation);
          if (!allowed) return;
          // Whether the address is taken is told to whoever reads its mail, and to nobody else.
          if (other) return this.tellOwner(other);
          await this.accounts.voidLinks(tx, userId, ['change-email']);
          const email = form.email.trim();
          await this.mail.link(tx, email, account, {
            purpose: 'change-email',
            carries: { email, emailNormalized },
            template: 'confirm-new-email',
            data: { email },
          });
        },
        { tenantId: tenantId ?? PLATFORM_TENANT },
      );
    });
  }

  private async tellOwner({ id, name, email }: { id: string; name: string; email: string }): Promise<void> {
    const dedupeKey = `already-registered:${id}:${clock.now().toISOString().slice(0, 13)}`;
    await this.commands.execute(
      new SendMessageCommand({ to: email, template: 'already-registered', data: { name }, dedupeKey }),
    );
  }
}

/** Opens the link at the new address: it is the account's from now on. The former one is told, with a way back. */
export class ConfirmEmailChangeCommand extends Command<{ email: string }> {
  constructor(readonly token: string) {
    super();
  }
}

/** Opens the link at the former address: it is the account's again, and nobody else comes back with what they knew. */
export class UndoEmailChangeCommand extends Command<{ email: string }> {
  constructor(readonly token: string) {
    super();
  }
}

@CommandHandler(ConfirmEmailChangeCommand)
export class ConfirmEmailChangeHandler implements ICommandHandler<ConfirmEmailChangeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly mail: AccountMail,
  ) {}

  execute({ token }: ConfirmEmailChangeCommand): Promise<{ email: string }> {
    return openAddressLink(this.uow, this.accounts, token, 'change-email', async (tx, user, address) => {
      const former = { email: user.email, emailNormalized: user.emailNormalized };
      user.changeEmail(address, clock.now());
      await takeAddress(tx, user);
      await this.accounts.voidLinks(tx, user.id, ['change-email', 'reset-password']);
      await this.mail.link(tx, former.email, user, {
        purpose: 'undo-email-change',
        carries: former,
        template: 'email-changed',
        data: { email: user.email, at: clock.now().toISOString() },
      });
    });
  }
}

@CommandHandler(UndoEmailChangeCommand)
export class UndoEmailChangeHandler implements ICommandHandler<UndoEmailChangeCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly accounts: AccountRepository,
    private readonly sessions: SessionRepository,
    private readonly mail: AccountMail,
  ) {}

  execute({ token }: UndoEmailChangeCommand): Promise<{ email: string }> {
    return openAddressLink(this.uow, this.accounts, token, 'undo-email-change', async (tx, user, address) => {
      user.changeEmail(address, clock.now());
      await takeAddress(tx, user);
      await this.accounts.voidLinks(tx, user.id, ['change-email', 'undo-email-change', 'reset-password']);
      await this.accounts.revokePassword(tx, user.id);
      await this.sessions.revokeAll(tx, user.id, 'password-changed');
      await this.mail.resetLink(tx, user, 'undo');
    });
  }
}

async function openAddressLink(
  uow: UnitOfWork,
  accounts: AccountRepository,
  token: string,
  purpose: 'change-email' | 'undo-email-change',
  work: (tx: Transaction, user: User, address: LinkData['change-email']) => Promise<void>,
): Promise<{ email: string }> {
  const link = await accounts.openLink(sha256(token), purpose);
  if (!link) throw linkInvalid();
  return actingAs(link.userId, () =>
    uow.run(
      async (tx) => {
        const user = await tx.store.load(User, link.userId);
        const challenge = await tx.store.load(Challenge, link.id);
        if (!user || !challenge || user.status !== 'active') throw linkInvalid();
        if (!challenge.isOpen(clock.now())) throw linkSpent();
        const address = challenge.consume(purpose, clock.now());
        await tx.store.save(challenge);
        await work(tx, user, address);
        return { email: user.email };
      },
      { tenantId: PLATFORM_TENANT },
    ),
  );
}

/** @throws AppError conflict when another account took the address meanwhile */
async function takeAddress(tx: Transaction, user: User): Promise<void> {
  try {
    await tx.savepoint(() => tx.store.save(user));
  } catch (error) {
    if ((error as { constraint?: string }).constraint === 'users_address') throw emailTaken();
    throw error;
  }
}
