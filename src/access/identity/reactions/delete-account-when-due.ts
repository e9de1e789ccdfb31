import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { AccountMail } from '../commands/account-mail';
import { AccountRepository } from '../data/account.repository';
import { SessionRepository } from '../data/session.repository';
import { User } from '../domain/user';

/** Deletes an account at the end of its grace period, unless its owner kept it (or asked anew later). */
@Timer({ name: 'identity.delete-account-when-due' })
export class DeleteAccountWhenDue implements Fires<{ userId: string }> {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly sessions: SessionRepository,
    private readonly mail: AccountMail,
  ) {}

  async fire({ userId }: { userId: string }, tx: Transaction): Promise<void> {
    const user = await tx.store.load(User, userId);
    if (user?.closedReason !== 'deletion' || clock.now() < user.deletionDueAt!) return;
    await this.mail.tell(user.email, user, 'account-deleted');
    await this.sessions.revokeAll(tx, userId, 'user-disabled');
    await this.accounts.forget(tx, userId);
    user.bury();
    await tx.store.save(user);
  }
}
