import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { Realtime } from '../../../kernel/realtime/realtime';
import { LookPlan } from '../commands/look-plan';
import { StockWatch } from '../commands/stock-watch';
import { StockChanged } from '../contracts/inventory-events';

/**
 * Shows changed levels to the shop's staff, where they are looking (each carries its version, older ones are ignored),
 * and lets the watch look at them. One delivery for both: stock changes with every order.
 */
@Reaction({ name: 'inventory.push-when-stock-changed', on: StockChanged })
export class PushWhenStockChanged implements Reacts<StockChanged> {
  constructor(
    private readonly realtime: Realtime,
    private readonly watch: StockWatch,
    private readonly plan: LookPlan,
  ) {}

  async react({ tenantId, payload }: StoredEvent<StockChanged>, tx: Transaction): Promise<void> {
    const { cause, levels } = payload;
    const shown = levels.map(({ was: _, ...level }) => level);
    tx.afterCommit(() => this.realtime.toStaff(tenantId, 'stock.changed', { cause, levels: shown }));
    await this.watch.look(levels);
    await this.plan.begin();
  }
}
