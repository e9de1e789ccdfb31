import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { StockAlertRaised } from '../contracts/inventory-events';
import { TellStaffOfStockAlert } from '../jobs/tell-staff-of-stock-alert';

/** Asks the worker of stock alerts to tell the staff. */
@Reaction({ name: 'inventory.tell-staff-when-stock-alert-raised', on: StockAlertRaised })
export class TellStaffWhenStockAlertRaised implements Reacts<StockAlertRaised> {
  async react({ payload }: StoredEvent<StockAlertRaised>, tx: Transaction): Promise<void> {
    const { levelId: _, ...notice } = payload;
    tx.job(TellStaffOfStockAlert, notice);
  }
}
