import { Job, type RunningJob, type Runs } from '../../../kernel/messaging/reaction';
import { Realtime } from '../../../kernel/realtime/realtime';

/** What a stock alert tells. */
export interface StockAlertNotice {
  alertId: string;
  kind: 'low_stock';
  sku: string;
  locationId: string;
  locationName: string;
  available: number;
  reorderLevel: number;
}

/** Tells the shop's staff of an alert over their sockets; the mail is notifications' matter. */
@Job({ name: 'inventory.tell-staff-of-stock-alert', queue: 'stock-alerts' })
export class TellStaffOfStockAlert implements Runs<StockAlertNotice> {
  constructor(private readonly realtime: Realtime) {}

  async run(notice: StockAlertNotice, job: RunningJob): Promise<void> {
    this.realtime.toStaff(job.tenantId, 'stock.alert', notice);
  }
}
