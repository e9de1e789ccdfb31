import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** State of one level after a change; `version` grows with each change of the level, older ones are to be ignored. */
export interface LevelState {
  levelId: string;
  sku: string;
  locationId: string;
  onHand: number;
  reserved: number;
  available: number;
  version: number;
}

/** Stock was received, held, given back, shipped or counted. One event per operation; aggregate: its document. */
export class StockChanged extends DomainEvent<{
  cause: 'receipt' | 'hold' | 'release' | 'lapse' | 'shipment' | 'count';
  levels: LevelState[];
}> {
  static override readonly type = 'inventory.stock-changed.v1';
}

/** The available quantity of a level fell to its reorder level or below; said once per crossing. Aggregate: the level. */
export class StockAlertRaised extends DomainEvent<{
  alertId: string;
  kind: 'low_stock';
  levelId: string;
  sku: string;
  locationId: string;
  locationName: string;
  available: number;
  reorderLevel: number;
}> {
  static override readonly type = 'inventory.stock-alert-raised.v1';
}
