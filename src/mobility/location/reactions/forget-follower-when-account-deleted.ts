import { AccountDeleted } from '../../../access/identity/contracts/identity-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';

/** Whoever deleted their account follows no geofence of any organization any more. */
@Reaction({ name: 'location.forget-follower-when-account-deleted', on: AccountDeleted })
export class ForgetFollowerWhenAccountDeleted implements Reacts<AccountDeleted> {
  async react({ payload }: StoredEvent<AccountDeleted>, tx: Transaction): Promise<void> {
    await tx.query('select location.forget_follower($1)', [payload.userId]);
  }
}
