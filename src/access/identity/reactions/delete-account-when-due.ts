import type { Transaction } from '../../../kernel/database/transaction';
import { Timer, type Fires } from '../../../kernel/messaging/reaction';
import { isDue } from '../commands/delete-account';
import { User } from '../domain/user';
import { DeleteAccount } from '../jobs/delete-account';

/** Has an account deleted at the end of its grace period, unless its owner kept it (or asked anew later). */
@Timer({ name: 'identity.delete-account-when-due' })
export class DeleteAccountWhenDue implements Fires<{ userId: string }> {
  async fire({ userId }: { userId: string }, tx: Transaction, now: Date): Promise<void> {
    const user = await tx.store.load(User, userId);
    if (isDue(user, now)) tx.job(DeleteAccount, { userId, dueAt: user.deletionDueAt!.toISOString() });
  }
}
