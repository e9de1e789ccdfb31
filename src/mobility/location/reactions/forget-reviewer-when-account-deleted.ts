import { AccountDeleted } from '../../../access/identity/contracts/identity-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';

/** Reviews of whoever deleted their account keep their stars, as nobody's, and lose their words. */
@Reaction({ name: 'location.forget-reviewer-when-account-deleted', on: AccountDeleted })
export class ForgetReviewerWhenAccountDeleted implements Reacts<AccountDeleted> {
  async react({ payload }: StoredEvent<AccountDeleted>, tx: Transaction): Promise<void> {
    await tx.query('select location.forget_reviewer($1)', [payload.userId]);
  }
}
