import type { Transaction } from '../../../kernel/database/transaction';
import type { StoredEvent } from '../../../kernel/messaging/domain-event';
import { Reaction, type Reacts } from '../../../kernel/messaging/reaction';
import { Realtime } from '../../../kernel/realtime/realtime';
import { StockChanged } from '../contracts/inventory-events';

/** Shows changed levels to the shop's staff, where they are looking; each carries its version, older ones are ignored. */
@Reaction({ name: 'inventory.push-when-stock-changed', on: StockChanged })
export class PushWhenStockChanged implements Reacts<StockChanged> {
  constructor(private readonly realtime: Realtime) {}

  async react({ tenantId, payload }: StoredEvent<StockChanged>, tx: Transaction): Promise<void> {
    const { cause, levels } = payload;
    tx.afterCommit(() => this.realtime.toStaff(tenantId, 'stock.changed', { cause, levels }));
  }
}
