import { AccountDeleted } from '../../../access/identity/contracts/identity-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';

/** Whoever deleted their account is forgotten: what they wanted, what they were told, and where it went. */
@Reaction({ name: 'notifications.forget-person-when-account-deleted', on: AccountDeleted })
export class ForgetPersonWhenAccountDeleted implements Reacts<AccountDeleted> {
  async react({ payload }: StoredEvent<AccountDeleted>, tx: Transaction): Promise<void> {
    await tx.query('select notifications.forget_person($1)', [payload.userId]);
  }
}
