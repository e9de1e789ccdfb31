import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ServerPush } from '../../../kernel/realtime/socket-events';
import type { StockCause } from '../contracts/inventory-events';

const CAUSES: StockCause[] = [
  'receipt',
  'hold',
  'release',
  'lapse',
  'shipment',
  'return',
  'count',
  'adjustment',
  'expiry',
  'transfer',
  'allocation',
  'state',
];

export class StockLevelPush {
  levelId: string;
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  /** @example 12 */
  @ApiProperty({ type: 'integer' })
  onHand: number;
  /** @example 2 */
  @ApiProperty({ type: 'integer' })
  reserved: number;
  /** @example 10 */
  @ApiProperty({ type: 'integer' })
  available: number;
  /** Grows with each change of the level; an older one is ignored. @example 7 */
  @ApiProperty({ type: 'integer' })
  version: number;
}

/** Stock was received, held, given back, shipped or counted: the levels as they are now. */
@ServerPush('stock.changed', { to: 'Staff of the shop.' })
export class StockChangedPush {
  @ApiProperty({ enum: CAUSES, example: 'receipt' })
  cause: StockCause;
  levels: StockLevelPush[];
}

/** Something runs low, is sold out, expires soon or lies there in excess. */
@ServerPush('stock.alert', { to: 'Staff of the shop.' })
export class StockAlertPush {
  alertId: string;
  @ApiProperty({ enum: ['low_stock', 'out_of_stock', 'expiring', 'overstock'], example: 'low_stock' })
  kind: string;
  /** @example "TEA-100" */
  sku: string;
  locationId: string;
  /** @example "Main warehouse" */
  locationName: string;
  /** What can be sold there. @example 3 */
  @ApiProperty({ type: 'integer' })
  available: number;
  /** @example 5 */
  @ApiProperty({ type: 'integer' })
  reorderLevel: number;
  /** What lies there; of the lot alone where it is `expiring`. @example 4 */
  @ApiPropertyOptional({ type: 'integer' })
  onHand?: number;
  /** @example 500 */
  @ApiPropertyOptional({ type: 'integer', nullable: true })
  overstockLevel?: number | null;
  /** The lot that is `expiring`. */
  lotId?: string | null;
  /** @example "L-2026-03" */
  lotNumber?: string | null;
  /** Day by which it has to leave the shelf. @example "2026-03-31" */
  removeAt?: string | null;
}

/** Somebody looks after an alert. */
@ServerPush('stock.alert-acknowledged', { to: 'Staff of the shop.' })
export class StockAlertAcknowledgedPush {
  alertId: string;
  /** @example "2026-03-01T12:00:00.000Z" */
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
}
