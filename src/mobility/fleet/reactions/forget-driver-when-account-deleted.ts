import { AccountDeleted } from '../../../access/identity/contracts/identity-events';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { ForgetDrivingPerson } from '../jobs/forget-driving-person';

/** Whoever deleted their account drives for nobody any more: each organization forgets who it was. */
@Reaction({ name: 'fleet.forget-driver-when-account-deleted', on: AccountDeleted })
export class ForgetDriverWhenAccountDeleted implements Reacts<AccountDeleted> {
  async react({ payload }: StoredEvent<AccountDeleted>, tx: Transaction): Promise<void> {
    tx.job(ForgetDrivingPerson, { userId: payload.userId });
  }
}
