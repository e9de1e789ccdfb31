import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { AccountMail } from '../commands/account-mail';
import { VerificationMail } from '../commands/verification-mail';
import { AccountRepository } from '../data/account.repository';
import type { User } from '../domain/user';

interface Wish {
  kind: 'reset-password' | 'verify-email';
  /** Normalized. */
  email: string;
}

/** Mails the link that was asked for, when there is an account that it opens. */
@Timer({ name: 'identity.mail-link' })
export class MailLink implements Fires<Wish> {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly mail: AccountMail,
    private readonly verification: VerificationMail,
  ) {}

  async fire({ kind, email }: Wish, tx: Transaction): Promise<void> {
    const user = await this.accounts.lockByEmail(tx, email);
    if (!user) return;
    if (kind === 'reset-password') await this.mailReset(tx, user);
    else if (!user.isVerified && user.status === 'active') {
      const registration = await this.accounts.latestRegistration(tx, user.id);
      await this.verification.send(tx, user, registration ?? {}, clock.now());
    }
  }

  private async mailReset(tx: Transaction, user: User): Promise<void> {
    switch (user.closedReason) {
      case null:
      case 'self':
        return this.mail.resetLink(tx, user);
      case 'deletion':
        // Who wants a new password wants to keep the account: the link for that may be lost.
        return this.mail.link(tx, user.email, user, {
          purpose: 'keep-account',
          carries: {},
          template: 'account-deletion',
          data: { at: user.deletionDueAt!.toISOString() },
        });
      case 'operator':
      case 'deleted':
        return;
    }
  }
}
