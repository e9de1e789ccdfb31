import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { CustomerGroupRemoved } from '../../customers/contracts/customer-groups';

/** Prices for a group that is no more are for nobody; the lists stay to be read, and to be given to another group. */
@Reaction({ name: 'catalog.close-lists-when-group-removed', on: CustomerGroupRemoved })
export class CloseListsWhenGroupRemoved implements Reacts<CustomerGroupRemoved> {
  async react({ payload }: StoredEvent<CustomerGroupRemoved>, tx: Transaction): Promise<void> {
    await tx.execute(
      `update catalog.price_lists set active = false, version = version + 1, updated_at = $3
       where tenant_id = $1 and customer_group_id = $2 and active`,
      [tx.tenantId, payload.groupId, clock.now()],
    );
  }
}
