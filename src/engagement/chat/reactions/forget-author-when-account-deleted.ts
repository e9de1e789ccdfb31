import { AccountDeleted } from '../../../access/identity/contracts/identity-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { ForgetAuthor } from '../jobs/forget-author';

/** Whoever deleted the account says nothing any more, and told moderators nothing. */
@Reaction({ name: 'chat.forget-author-when-account-deleted', on: AccountDeleted })
export class ForgetAuthorWhenAccountDeleted implements Reacts<AccountDeleted> {
  async react({ payload: { userId } }: StoredEvent<AccountDeleted>, tx: Transaction): Promise<void> {
    tx.job(ForgetAuthor, { userId });
  }
}
