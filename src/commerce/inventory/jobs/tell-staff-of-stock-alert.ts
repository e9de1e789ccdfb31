import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { Job, type RunningJob, type Runs } from '../../../kernel/messaging/reaction';
import { Realtime } from '../../../kernel/realtime/realtime';
import { StockWatch } from '../commands/stock-watch';
import type { StockAlertRaised } from '../contracts/inventory-events';

/** What a stock alert tells. */
export type StockAlertNotice = Omit<StockAlertRaised['payload'], 'levelId'>;

/** Tells the shop's staff of an alert over their sockets, once however often it runs; the mail is notifications' matter. */
@Job({ name: 'inventory.tell-staff-of-stock-alert', queue: 'stock-alerts' })
export class TellStaffOfStockAlert implements Runs<StockAlertNotice> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly watch: StockWatch,
    private readonly realtime: Realtime,
  ) {}

  async run(notice: StockAlertNotice, job: RunningJob): Promise<void> {
    await this.uow.run(async (tx) => {
      if (!(await this.watch.claim(notice.alertId))) return;
      tx.afterCommit(() => this.realtime.toStaff(job.tenantId, 'stock.alert', notice));
    });
  }
}
