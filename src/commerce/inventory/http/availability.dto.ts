import { ApiProperty } from '@nestjs/swagger';

export class ApartView {
  /** @example 1 */
  damaged: number;
  /** @example 0 */
  quarantine: number;
  /**
   * In quality control.
   * @example 0
   */
  quality_control: number;
  /**
   * Safety stock.
   * @example 0
   */
  safety: number;
}

/** onHand + backordered = available + reserved + expired + all that is apart. Incoming pieces stay outside. */
export class AvailableHereView {
  /** @example 12 */
  onHand: number;
  /**
   * Can be promised. Below zero: so many more are waited for.
   * @example 8
   */
  available: number;
  /**
   * Promised to carts and orders, with what they wait for.
   * @example 3
   */
  reserved: number;
  /**
   * The part of `reserved` that is not here yet.
   * @example 0
   */
  backordered: number;
  /**
   * Neither promised nor apart, and past its day.
   * @example 0
   */
  expired: number;
  /** Lies there and cannot be sold. */
  @ApiProperty({ type: ApartView })
  apart: ApartView;
  /**
   * On its way.
   * @example 40
   */
  incoming: number;
}

export class ArrivalView {
  /** @example 40 */
  quantity: number;
  @ApiProperty({ enum: ['purchase_order', 'transfer', 'announced'], example: 'purchase_order' })
  source: 'purchase_order' | 'transfer' | 'announced';
  /** The purchase order or transfer; null for what an import announced. */
  @ApiProperty({ type: String, nullable: true, example: '019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c' })
  documentId: string | null;
  /** Null where nobody said. */
  @ApiProperty({ type: String, nullable: true, example: '2026-03-08T00:00:00.000Z' })
  expectedAt: string | null;
}

export class AvailableAtView extends AvailableHereView {
  locationId: string;
  /** @example "Main location" */
  locationName: string;
  /** First to come first. */
  @ApiProperty({ type: [ArrivalView] })
  arrivals: ArrivalView[];
}

export class AvailabilityView extends AvailableHereView {
  /** @example "TEA-100" */
  sku: string;
  /** When pieces beyond the stock are promised; null where nobody said. */
  @ApiProperty({ type: String, nullable: true, example: null })
  promisedAt: string | null;
  /** The default location first. */
  @ApiProperty({ type: [AvailableAtView] })
  locations: AvailableAtView[];
}
